"""Tests of the figures: each is drawn from its committed record, and its limits hold its data."""

import json

import numpy as np
import pytest

from common.logger.curves import read_curves
from riemannian_diffusion.experiments import PAPER

RESULTS = PAPER.folder / "results"
RECORDS = sorted(path for path in RESULTS.glob("*/*.json"))


def drawn(path):
    record = json.loads(path.read_text())
    rows = read_curves(path.with_suffix(".csv"))
    figure = PAPER.experiments[record["experiment"]].draw(record, rows)
    figure.draw_without_rendering()
    return figure


def points_of(axes):
    """Every finite point that is drawn in data coordinates; x or y alone of a line across."""
    for line in axes.lines:
        x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
        in_data = line.get_transform().contains_branch_seperately(axes.transData)
        yield (x if in_data[0] else x[:0]), (y if in_data[1] else y[:0])
    for collection in axes.collections:
        for points in (path.vertices for path in collection.get_paths()):
            yield points[:, 0], points[:, 1]


def is_within(values, limits):
    low, high = sorted(limits)
    margin = 1e-6 * (high - low)
    finite = values[np.isfinite(values)]
    return bool(np.all((finite >= low - margin) & (finite <= high + margin)))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_limits_hold_what_is_drawn_and_labels_stand_there(path):
    figure = drawn(path)
    num_points = 0
    for axes in figure.axes:
        for x, y in points_of(axes):
            num_points += len(x)
            assert is_within(x, axes.get_xlim()), (path.stem, axes.get_title(), "x")
            assert is_within(y, axes.get_ylim()), (path.stem, axes.get_title(), "y")
        if axes.axison:
            assert axes.get_xlabel() or axes.get_xticklabels()
    assert num_points > 10
    assert path.stem in figure.get_suptitle()


def test_every_default_experiment_has_a_committed_figure():
    """What is committed at quick is the whole default run."""
    default = {name for name, each in PAPER.experiments.items() if not each.not_by_default}
    assert default <= {path.stem for path in RECORDS if path.parent.name == "quick"}
