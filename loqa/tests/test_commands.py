"""Tests of LOQA's own commands: one clear line for nonsense, settings from the experiment."""

import shutil
from dataclasses import fields, replace
from pathlib import Path

import jax
import pytest

from loqa.config import IpdConfig
from loqa.experiments import PAPER
from loqa.run import cli
from loqa.run.cli import main
from loqa.tests import commands
from loqa.tests.commands import contents, the_line

TRAIN = ("train", "figure_1_ipd")

# What is refused before JAX is imported, and what the line must say.
REFUSED = [
    (["train"], "Missing from python -m loqa train"),
    (
        [*TRAIN[:1], "figure_1_ipdd"],
        "'figure_1_ipdd'; did you mean figure_1_ipd or figure_1_ipd_as",
    ),
    (["train", "beyond_ipd_estimator_bias"], "use reproduce --experiment beyond_ipd_estimator"),
    ([*TRAIN, "--preset", "quik"], "unknown preset 'quik'; did you mean quick?"),
    ([*TRAIN, "--preset", "day"], "figure_1_ipd has no preset day; it has smoke, quick, paper"),
    ([*TRAIN, "--num-update", "4"], "--num-update, 4; did you mean --num-updates?"),
    ([*TRAIN, "--batchsize=4"], "did you mean --batch-size?"),
    (["evaluate", "runs", "--chekpoint", "x"], "did you mean --checkpoint?"),
    ([*TRAIN, "--actor", "lstm"], "invalid choice 'lstm' for argument '--actor'. Expected one of"),
    ([*TRAIN, "--num-updates", "1k"], "--num-updates: invalid literal for int()"),
    ([*TRAIN, "--discount", "1.5"], "discount must be between 0 and 1, got 1.5"),
    ([*TRAIN, "--batch-size", "0"], "batch_size must be at least 1, got 0"),
    ([*TRAIN, "--batch-size", "9" * 12], "batch_size must be a int of 32 bits, got 999999999999"),
    ([*TRAIN, "--shaping-weight", "inf"], "shaping_weight must be a float of 32 bits, got inf"),
    (
        [*TRAIN, "--num-updates", "10", "--eval-every-updates", "4"],
        "num_updates 10 must be a multiple of eval_every_updates 4; try num_updates 12",
    ),
    ([*TRAIN, "--seed", "-1"], "seeds must lie between 0 and 2147483647, got -1 to -1"),
    ([*TRAIN, "--num-seeds", "0"], "--num-seeds must be at least 1, got 0"),
    (["bench", "--repeats", "0"], "--repeats must be at least 1, got 0"),
    (["bench", "--output", "."], "--output must be a file"),
]


@pytest.fixture
def refuses(tmp_path, monkeypatch, capsys):
    """Runs a command of which only the error is of interest, from the folder `tmp_path`."""
    monkeypatch.chdir(tmp_path)
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
    words = ("train", "ablation_ipd_naive", "--preset", "smoke", "--help")
    finished = commands.run({**environment, "COLUMNS": "1000"}, commands.ROOT, *words)
    assert finished.returncode == 0
    text = " ".join(finished.stdout.split())
    config = PAPER.experiments["ablation_ipd_naive"].configs["smoke"]
    for entry in fields(IpdConfig):
        assert f"{entry.metadata['help']} (default: {getattr(config, entry.name)})" in text


def test_settings_are_those_of_the_experiment_that_is_meant():
    words = ["figure_1_ipd", "--run-dir", "mine", "--seed", "3", "--batch-size", "4"]
    parsed = cli.parse_train([*words, "--preset", "paper"])
    published = PAPER.experiments["figure_1_ipd"].configs["paper"]
    assert parsed.config == replace(published, batch_size=4)
    assert (parsed.run_dir, parsed.seed) == (Path("mine"), 3)


def test_a_run_of_other_settings_is_not_resumed(refuses, finished_run, tmp_path):
    shutil.copytree(finished_run, tmp_path / "run")
    before = contents(tmp_path / "run")
    words = ("--run-dir", "run", "--resume", "--discount", "0.5", "--seed", "7")
    assert refuses(*commands.TRAIN, *words) == (
        "loqa: run is of another configuration: discount: 0.96, not 0.5; seeds: [42], not [7]"
    )
    assert contents(tmp_path / "run") == before


@pytest.mark.slow
def test_a_finished_run_is_lengthened_and_has_the_bits_of_a_long_one(
    environment, finished_run, tmp_path
):
    words = [*commands.TRAIN[:-4], "--checkpoint-seconds", "0", "--num-updates"]
    for number in ("8", str(2 * commands.NUM_LOG_POINTS)):
        finished = commands.run(environment, tmp_path, *words, number, "--resume")
        assert finished.returncode == 0
    *_, long = sorted((tmp_path / "runs" / "loqa").iterdir())
    for name in ("metrics.jsonl", "checkpoint_00000120.ckpt"):
        assert (long / name).read_bytes() == (finished_run / name).read_bytes()
