"""Every figure, drawn from its committed record, can be read."""

import pytest

from brs.experiments import PAPER
from common.logger import curves, results
from common.tests.figure_checks import check_figure

RESULTS = PAPER.folder / "results"
RECORDS = [
    path
    for preset in ("quick", "day", "paper")
    for path in sorted((RESULTS / preset).glob("*.json"))
    if path.stem in PAPER.experiments
]


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_figure_can_be_read(path):
    record = results.read_record(path)
    rows = curves.read_curves(path.with_suffix(".csv"))
    figure = PAPER.experiments[path.stem].draw(record, rows)
    check_figure(figure)
    figure.clear()
