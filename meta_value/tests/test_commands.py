"""Tests of MeVa's own commands: one clear line for nonsense, settings from the experiment."""

import json
import shutil
from dataclasses import fields, replace
from pathlib import Path

import jax
import pytest

from common.logger import checkpoints
from meta_value.config import MetaValueConfig
from meta_value.experiments import EXPERIMENTS
from meta_value.run import cli
from meta_value.run.cli import main
from meta_value.tests import commands
from meta_value.tests.commands import contents, the_line

TRAIN = ("train", commands.TRAINED)

# What is refused before JAX is imported, and what the line must say.
REFUSED = [
    (["trian"], "unknown command 'trian'; did you mean train?"),
    (["frobnicate"], "valid: list, reproduce, train, evaluate, report, bench, show"),
    (["train"], "Missing from python -m meta_value train"),
    (["train", "figure_logistic_basin"], "did you mean figure_logistic_basins or"),
    ([*TRAIN, "--preset", "quik"], "unknown preset 'quik'; did you mean quick?"),
    ([*TRAIN, "--preset", "day"], f"{commands.TRAINED} has no preset day; it has smoke, quick,"),
    ([*TRAIN, "--num-update", "4"], "did you mean --num-updates?"),
    ([*TRAIN, "--opponent", "self"], "invalid choice 'self' for argument '--opponent'"),
    ([*TRAIN, "--num-updates", "1k"], "--num-updates: invalid literal for int()"),
    ([*TRAIN, "--trace-decay", "1.5"], "trace_decay must be between 0 and 1, got 1.5"),
    ([*TRAIN, "--batch-size", "0"], "batch_size must be at least 1, got 0"),
    (
        [*TRAIN, "--num-updates", "10", "--eval-every-updates", "4"],
        "num_updates 10 must be a multiple of eval_every_updates 4; try num_updates 12",
    ),
    ([*TRAIN, "--seed", "-1"], "seeds must lie between 0 and 2147483647, got -1 to -1"),
    (["reproduce", "--experiment", "table"], "unknown experiment 'table'; "),
    (["reproduce", "--preset", "full"], "unknown preset 'full'; valid: smoke, quick, day, paper"),
    (["evaluate", "gone"], "gone is not a run folder: it holds no run.json"),
    (["bench", "--repeats", "0"], "--repeats must be at least 1, got 0"),
    (["bench", "--output", "."], "--output must be a file"),
    (["show"], "Missing from python -m meta_value show"),
    (["show", "ipd"], "unknown page 'ipd'; valid: logistic"),
    (["show", "logistic", "--output", "page.png"], "--output must end in .html, got page.png"),
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
    words = ("train", "figure_zd_extortion", "--preset", "smoke", "--help")
    finished = commands.run({**environment, "COLUMNS": "1000"}, commands.ROOT, *words)
    assert finished.returncode == 0
    text = " ".join(finished.stdout.split())
    config = EXPERIMENTS["figure_zd_extortion"].configs["smoke"].meva
    assert config.opponent == "naive"
    for entry in fields(MetaValueConfig):
        assert f"{entry.metadata['help']} (default: {getattr(config, entry.name)})" in text


def test_settings_are_those_of_the_experiment_that_is_meant():
    words = [commands.TRAINED, "--run-dir", "mine", "--seed", "3", "--batch-size", "4"]
    parsed = cli.parse_train([*words, "--preset", "paper"])
    published = EXPERIMENTS[commands.TRAINED].configs["paper"].concave
    assert parsed.config == replace(published, batch_size=4)
    assert (parsed.run_dir, parsed.seed) == (Path("mine"), 3)


def test_a_run_of_other_settings_is_not_resumed(refuses, finished_run, tmp_path):
    shutil.copytree(finished_run, tmp_path / "run")
    before = contents(tmp_path / "run")
    words = ("--run-dir", "run", "--resume", "--trace-decay", "0.5", "--seed", "7")
    assert refuses(*commands.TRAIN, *words) == (
        "meta_value: run is of another configuration: "
        "trace_decay: 0.9, not 0.5; seeds: [100], not [7]"
    )
    assert contents(tmp_path / "run") == before


def test_a_chosen_checkpoint_is_evaluated(finished_run, environment):
    """The metrics printed are those that the run logged at that update."""
    older, _ = checkpoints.list_checkpoints(finished_run)
    words = ("evaluate", str(finished_run), "--checkpoint", str(older))
    finished = commands.run(environment, finished_run.parent, *words)
    assert (finished.returncode, finished.stderr) == (0, "")
    *_, step = finished.stdout.split("after ")
    logged = {
        line["step"]: line
        for line in map(json.loads, (finished_run / "metrics.jsonl").read_text().splitlines())
    }
    at_step = logged[int(step.removesuffix(" updates\n"))]
    for name in sorted(at_step.keys() - {"step", "loss", "short_td_error"}):
        assert f"{name:<28}{at_step[name][0]:>9.3f}\n" in finished.stdout
