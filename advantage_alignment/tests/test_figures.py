"""Every figure of the paper, drawn from its committed record: can be read, and holds its data."""

import numpy as np
import pytest

from advantage_alignment.experiments import PAPER
from common.logger import curves, results
from common.tests.figure_checks import check_figure

RECORDS = [
    path
    for preset in ("quick", "day", "paper")
    for path in sorted((PAPER.folder / "results" / preset).glob("*.json"))
    if path.stem in PAPER.experiments
]
each_record = pytest.mark.parametrize(
    "path", RECORDS, ids=lambda path: f"{path.parent.name}-{path.stem}"
)


def drawn(path):
    """The figure of a record; pyplot does not hold it, so that it goes when the test ends."""
    record, rows = results.read_record(path), curves.read_curves(path.with_suffix(".csv"))
    return PAPER.experiments[path.stem].draw(record, rows)


def points_of(axes):
    """All points that are drawn into axes, [N, 2]: lines, bands, bars and their errors."""
    lines = [line.get_xydata() for line in axes.lines if line.get_transform() == axes.transData]
    bands = [
        path.vertices[~np.isnan(path.vertices).any(axis=1)]
        for collection in axes.collections
        for path in collection.get_paths()
    ]
    bars = [[[bar.get_x(), bar.get_y()], bar.get_bbox().max] for bar in axes.patches]
    return np.concatenate([np.reshape(each, (-1, 2)) for each in (*lines, *bands, *bars)])


@each_record
def test_figure_can_be_read(path):
    check_figure(drawn(path))


@each_record
def test_limits_of_a_figure_hold_its_data(path):
    figure = drawn(path)
    figure.draw_without_rendering()
    assert figure.axes
    for axes in figure.axes:
        if axes.images:  # the heat map of a league
            continue
        points = points_of(axes)
        assert len(points)
        for values, limits in zip(points.T, (axes.get_xlim(), axes.get_ylim()), strict=True):
            low, high = sorted(limits)
            assert low <= np.nanmin(values)
            assert np.nanmax(values) <= high, axes.get_title()
