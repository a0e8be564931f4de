"""Tests of every figure, drawn from its committed record: it can be read, and holds its data."""

import numpy as np
import pytest

from common.logger import curves, results
from common.tests.figure_checks import check_figure
from vineppo.experiments import EXPERIMENTS, PAPER

RECORDS = [
    path
    for preset in ("quick", "day", "paper")
    for path in sorted((PAPER.folder / "results" / preset).glob("*.json"))
    if path.stem in EXPERIMENTS
]


def data_of(axes):
    """All points of lines, bars and bands, in the coordinates of the data. Shape [points, 2]."""
    drawn = [line for line in axes.lines if line.get_transform() == axes.transData]
    lines = [np.column_stack(line.get_data()) for line in drawn if len(line.get_xdata())]
    bars = [bar.get_bbox().get_points() for bar in axes.patches]
    bands = [path.vertices for band in axes.collections for path in band.get_paths()]
    return np.concatenate([*lines, *bars, *bands])


def check_limits_hold_data(axes):
    """Asserts that bars and bands too lie within the axes, and that something is drawn."""
    points = data_of(axes)
    points = points[np.all(np.isfinite(points), axis=1)]
    assert len(points) > 1
    for values, limits in zip(points.T, (axes.get_xlim(), axes.get_ylim()), strict=True):
        low, high = sorted(limits)
        slack = 1e-9 * max(abs(low), abs(high))
        assert low - slack <= np.min(values) <= np.max(values) <= high + slack


def stars_of(figure):
    """The paper's values that a figure marks."""
    lines = [line for axes in figure.axes for line in axes.lines if line.get_marker() == "*"]
    return {float(value) for line in lines for value in line.get_xdata()}


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_figure_can_be_read_and_marks_the_papers_values(path):
    record = results.read_record(path)
    rows = curves.read_curves(path.with_suffix(".csv"))
    figure = EXPERIMENTS[path.stem].draw(record, rows)
    check_figure(figure)
    for axes in figure.axes:
        check_limits_hold_data(axes)
    values = {claim["paper_value"] for claim in record["claims"]} - {None}
    assert values <= stars_of(figure)
    figure.clear()  # never registered with pyplot: nothing else is to close
