"""Tests of the figures: each is drawn from its committed record, and can be read."""

import subprocess
import sys

import pytest

from common.tests.figure_checks import check_figure, drawn, name_of, records_of
from meta_value.experiments import EXPERIMENTS, PAPER, logistic_comparison, tournament_table
from meta_value.experiments import table_tournament_chicken as chicken
from meta_value.experiments import table_tournament_imp as pennies
from meta_value.experiments import table_tournament_ipd as ipd
from meta_value.tests import commands

RECORDS = records_of(PAPER)


@pytest.mark.parametrize("path", RECORDS, ids=name_of)
def test_a_figure_can_be_read(path):
    check_figure(drawn(PAPER, path))


def paper_marks(path):
    """Values at which lines labelled as the paper's stand, and places of its stars."""
    lines = [line for axes in drawn(PAPER, path).axes for line in axes.lines]
    return [
        float(line.get_ydata()[0])
        for line in lines
        if "paper" in str(line.get_label()) or line.get_marker() == "*"
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("figure_ablations", [-1.03, -1.43, -2.0]),
        ("figure_gamma_sweep", [-2.0, -0.6, -2.0, -1.02, 0.92]),
        ("figure_zd_extortion", [-0.5] * 4),
    ],
)
def test_the_papers_values_are_marked(name, expected):
    assert paper_marks(PAPER.folder / "results" / "quick" / f"{name}.json") == pytest.approx(
        expected
    )


def test_published_tables_of_figures_agree_with_the_claims():
    shown = {}
    for module, name in ((ipd, "ipd"), (chicken, "chicken"), (pennies, "imp")):
        names = list(tournament_table.NAMES)
        for row, values in zip(names, module.PAPER_TABLE, strict=True):
            for column, value in zip(names, values, strict=True):
                shown[f"table_tournament_{name}", f"{row}_vs_{column}"] = value
    for _, rule, _, shares in logistic_comparison.PANELS:
        for level, share in shares.items():
            shown["figure_logistic_basins", f"{rule}_{level:g}_share_to_B"] = share
    claimed = {
        (name, claim.metric): claim.paper_value
        for name, experiment in EXPERIMENTS.items()
        for claim in experiment.claims
    }
    both = shown.keys() & claimed.keys()
    assert len(both) > 20
    assert {key: shown[key] for key in both} == {key: claimed[key] for key in both}


def test_every_experiment_has_a_figure_among_them():
    assert {path.stem for path in RECORDS} == set(EXPERIMENTS)


def test_panels_of_the_gamma_sweep_reach_from_0_to_1_and_those_not_run_say_so():
    figure = drawn(PAPER, PAPER.folder / "results" / "quick" / "figure_gamma_sweep.json")
    panels = figure.axes
    assert len(panels) == 9
    assert {tuple(axes.get_xlim()) for axes in panels} == {(-5.0, 105.0)}
    is_run = [bool(axes.lines) for axes in panels]
    says_so = [[text.get_text() for text in axes.texts] for axes in panels]
    assert says_so == [[] if run else ["not run at this size"] for run in is_run]
    assert 0 < sum(is_run) < 9
    for axes in panels:
        for line in axes.lines:
            if line.get_marker() != "*":  # the paper's value at one gamma
                assert (min(line.get_xdata()), max(line.get_xdata())) == (0, 99)


def test_figures_are_drawn_without_jax():
    code = (
        "import json, sys; sys.modules['jax'] = None\n"
        "from common.logger import curves\n"
        "from meta_value.experiments import EXPERIMENTS, PAPER\n"
        "for name, each in EXPERIMENTS.items():\n"
        "    path = PAPER.folder / 'results' / 'quick' / f'{name}.json'\n"
        "    rows = curves.read_curves(path.with_suffix('.csv'))\n"
        "    each.draw(json.loads(path.read_text()), rows)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=commands.ROOT, check=True)


def test_experiments_are_listed_without_jax_or_matplotlib():
    code = (
        "import sys, meta_value.experiments\n"
        "print(sorted({'jax', 'numpy', 'matplotlib', 'flax'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    finished = subprocess.run(
        command, cwd=commands.ROOT, capture_output=True, text=True, check=True
    )
    assert finished.stdout == "[]\n"
