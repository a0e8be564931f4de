"""Tests of every figure, drawn from its committed record: all data lie within the axes."""

import json

import numpy as np
import pytest

from common.logger import curves
from vineppo.experiments import EXPERIMENTS, PAPER

QUICK = PAPER.folder / "results" / "quick"


def data_of(axes):
    """All points of lines, bars and bands, in the coordinates of the data. Shape [points, 2]."""
    drawn = [line for line in axes.lines if line.get_transform() == axes.transData]
    lines = [np.column_stack(line.get_data()) for line in drawn if len(line.get_xdata())]
    bars = [bar.get_bbox().get_points() for bar in axes.patches]
    bands = [path.vertices for band in axes.collections for path in band.get_paths()]
    return np.concatenate([*lines, *bars, *bands])


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_limits_of_every_figure_hold_its_data(name):
    record = json.loads((QUICK / f"{name}.json").read_text())
    rows = curves.read_curves(QUICK / f"{name}.csv")
    figure = EXPERIMENTS[name].draw(record, rows)
    figure.draw_without_rendering()
    for axes in figure.axes:
        points = data_of(axes)
        points = points[np.all(np.isfinite(points), axis=1)]
        assert len(points) > 1
        for values, limits in zip(points.T, (axes.get_xlim(), axes.get_ylim()), strict=True):
            low, high = sorted(limits)
            slack = 1e-9 * max(abs(low), abs(high))
            assert low - slack <= np.min(values) <= np.max(values) <= high + slack
