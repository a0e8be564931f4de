"""Every figure, drawn from its committed record, can be read and marks the paper's values."""

import pytest

from common.logger import results
from common.tests.figure_checks import check_figure, drawn, name_of, records_of
from vineppo.experiments import PAPER


def stars_of(figure):
    """The paper's values that a figure marks."""
    lines = [line for axes in figure.axes for line in axes.lines if line.get_marker() == "*"]
    return {float(value) for line in lines for value in line.get_xdata()}


@pytest.mark.parametrize("path", records_of(PAPER), ids=name_of)
def test_a_figure_can_be_read_and_marks_the_papers_values(path):
    figure = drawn(PAPER, path)
    check_figure(figure)
    values = {claim["paper_value"] for claim in results.read_record(path)["claims"]} - {None}
    assert values <= stars_of(figure)
