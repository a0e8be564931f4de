"""Tests of the figures: each is drawn from its committed record, and can be read."""

import pytest

from common.logger.results import read_record
from common.tests.figure_checks import check_figure, drawn, name_of, records_of
from riemannian_diffusion.data import coastline
from riemannian_diffusion.experiments import PAPER, drawing

RECORDS = records_of(PAPER)


@pytest.mark.parametrize("path", RECORDS, ids=name_of)
def test_a_figure_can_be_read(path):
    figure = drawn(PAPER, path)
    check_figure(figure)
    assert path.stem in figure.get_suptitle()
    for axes in figure.axes:
        if axes.axison and axes.get_label() != "<colorbar>":
            assert axes.get_xlabel() or axes.get_xticklabels(), axes.get_title()
            assert axes.get_ylabel() or axes.get_subplotspec().colspan.start, axes.get_title()


@pytest.mark.parametrize("path", RECORDS, ids=name_of)
def test_the_paper_has_a_mark_where_it_has_a_value(path):
    values = [claim["paper_value"] for claim in read_record(path)["claims"]]
    values = [value for value in values if value is not None]
    marks = [
        line.get_ydata()[0]
        for axes in drawn(PAPER, path).axes
        for line in axes.get_lines()
        if str(line.get_label()).startswith("the paper")
    ]
    assert marks == values


def test_every_training_has_a_look():
    figures = {"figure_earth_density", "figure_hyperbolic", "figure_ramachandran", "figure_so3"}
    for name, experiment in PAPER.experiments.items():
        for config in experiment.configs.values():
            for training, _ in config.trainings():
                words = training.removesuffix("_simulated").removesuffix("_exact")
                assert words in drawing.LOOKS or name in figures, (name, training)


def test_the_coast_lies_on_the_map():
    lines = coastline.lines()
    assert len(lines) > 50
    for line in lines:
        assert line.shape[1] == 2
        assert abs(line[:, 0]).max() <= 180
        assert abs(line[:, 1]).max() <= 90


def test_every_default_experiment_has_a_committed_figure():
    """What is committed at quick is the whole default run."""
    default = {name for name, each in PAPER.experiments.items() if not each.not_by_default}
    assert default <= {path.stem for path in RECORDS if path.parent.name == "quick"}
