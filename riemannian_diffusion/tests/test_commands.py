"""Tests of this paper's own commands: one clear line for nonsense, settings, missing data."""

from dataclasses import fields, replace
from pathlib import Path

import jax
import pytest

from riemannian_diffusion.config import DiffusionConfig
from riemannian_diffusion.experiments import PAPER
from riemannian_diffusion.run import cli
from riemannian_diffusion.run.cli import main
from riemannian_diffusion.tests import commands
from riemannian_diffusion.tests.commands import contents, the_line

TRAIN = ("train", "beyond_exact_targets")

# What is refused before JAX is imported, and what the line must say.
REFUSED = [
    (["frobnicate"], "valid: list, reproduce, train, evaluate, report, bench, show, data"),
    (["train"], "Missing from python -m riemannian_diffusion train"),
    (["train", "beyond_exact_target"], "did you mean beyond_exact_targets or"),
    ([*TRAIN, "--preset", "quik"], "unknown preset 'quik'; did you mean quick?"),
    ([*TRAIN, "--num-update", "4"], "did you mean --num-updates?"),
    (["evaluate", "runs", "--chekpoint", "x"], "did you mean --checkpoint?"),
    ([*TRAIN, "--simulation", "euler"], "invalid choice 'euler' for argument '--simulation'"),
    ([*TRAIN, "--objective", "denoising"], "needs the heat kernel: simulation exact"),
    ([*TRAIN, "--num-updates", "1k"], "--num-updates: invalid literal for int()"),
    ([*TRAIN, "--average-decay", "1.5"], "average_decay must be between 0 and 1, got 1.5"),
    ([*TRAIN, "--batch-size", "9" * 12], "batch_size must be a int of 32 bits, got 999999999999"),
    (
        [*TRAIN, "--num-updates", "50", "--eval-every-updates", "50", "--sampler-every", "50"],
        "schedule cosine needs more updates than warmup_updates 50, got num_updates 50",
    ),
    ([*TRAIN, "--seed", "-1"], "seeds must lie between 0 and 2147483647, got -1 to -1"),
    (["bench", "--repeats", "0"], "--repeats must be at least 1, got 0"),
    (["show"], "Missing from python -m riemannian_diffusion show"),
    (["reproduce", "--experiment", "table_1_flood"], "table_1_flood: flood.csv is in neither"),
    (["train", "table_1_fire"], "fire.csv is in neither data/earth nor data; `python -m"),
]


@pytest.fixture
def refuses(tmp_path, monkeypatch, capsys):
    """Runs a command of which only the error is of interest, from the folder `tmp_path`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("REPRO_DATA_DIR", raising=False)
    jax.devices()  # this process keeps its devices

    def run(*words, code=2):
        assert main(words) == code
        captured = capsys.readouterr()
        assert captured.out == ""
        return the_line(captured.err)

    return run


@pytest.mark.parametrize(("words", "message"), REFUSED)
def test_nonsense_is_answered_by_one_line_and_exit_code_2(words, message, refuses, tmp_path):
    assert message in refuses(*words)
    assert contents(tmp_path) == {}


def test_help_explains_every_setting_with_the_default_of_experiment_and_preset(environment):
    words = ("train", "figure_so3", "--preset", "smoke", "--help")
    finished = commands.run({**environment, "COLUMNS": "1000"}, commands.ROOT, *words)
    assert finished.returncode == 0
    text = " ".join(finished.stdout.split())
    experiment = PAPER.experiments["figure_so3"]
    config = experiment.trained(experiment.configs["smoke"])
    assert config.target == "so3_modes"
    for entry in fields(DiffusionConfig):
        assert f"{entry.metadata['help']} (default: {getattr(config, entry.name)})" in text


def test_settings_are_those_of_the_experiment_that_is_meant():
    words = [*TRAIN[1:], "--run-dir", "mine", "--seed", "3", "--batch-size", "4"]
    parsed = cli.parse_train([*words, "--preset", "paper"])
    experiment = PAPER.experiments[TRAIN[1]]
    published = experiment.trained(experiment.configs["paper"])
    assert parsed.config == replace(published, batch_size=4)
    assert (parsed.run_dir, parsed.seed) == (Path("mine"), 3)


def test_the_default_run_leaves_out_what_has_no_data(tmp_path):
    parsed = cli.Reproduce(data_dir=tmp_path)
    without_data = [*parsed.names(PAPER), *parsed.left_out(PAPER)]
    assert "beyond_exact_targets" in parsed.names(PAPER)
    assert parsed.left_out(PAPER) == [
        *("table_1_flood", "table_1_fire", "figure_earth_density", "table_2_rna")
    ]
    default = {name for name, each in PAPER.experiments.items() if not each.not_by_default}
    assert set(without_data) == default
