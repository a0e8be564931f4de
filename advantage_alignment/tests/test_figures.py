"""Every figure, drawn from its committed record, can be read."""

import pytest

from advantage_alignment.experiments import PAPER
from common.tests.figure_checks import check_figure, drawn, name_of, records_of


@pytest.mark.parametrize("path", records_of(PAPER), ids=name_of)
def test_a_figure_can_be_read(path):
    check_figure(drawn(PAPER, path))
