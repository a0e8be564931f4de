"""Tests of the answers to bad input: one clear line, exit code 2, nothing touched."""

import json
import shutil

import jax
import pytest

from brs.experiments import PAPER
from brs.run import checkpoints
from brs.run.cli import main
from brs.tests import commands
from brs.tests.commands import contents, the_line

TRAIN = ("train", commands.TRAINED)
RESUME = (*commands.TRAIN, "--run-dir", "run", "--resume")

REFUSED = [
    (["trian"], "unknown command 'trian'; did you mean train?"),
    (["list", "all"], "unexpected argument 'all'"),
    (["train"], "required: experiment"),
    (["train", "figure_2_idp"], "did you mean figure_2_ipd"),
    (["reproduce", "--experiment", ","], "--experiment needs a name"),
    ([*TRAIN, "--preset", "quik"], "unknown preset 'quik'; did you mean quick?"),
    ([*TRAIN, "--num-update", "4"], "unknown option '--num-update'; did you mean --num-updates"),
    (
        [*TRAIN, "--self-play", "yes"],
        "self_play must be one of own_step, weighted, none, got 'yes'",
    ),
    ([*TRAIN, "--num-updates", "1k"], "--num-updates: invalid int value: '1k'"),
    ([*TRAIN, "--discount", "1.5"], "discount must be between 0 and 0.999, got 1.5"),
    ([*TRAIN, "--temperature", "nan"], "temperature must be a float, got nan"),
    (
        [*TRAIN, "--num-updates", "10", "--eval-every-updates", "4"],
        "num_updates 10 must be a multiple of eval_every_updates 4; try num_updates 12",
    ),
    ([*TRAIN, "--seed", "-1"], "seeds must lie between 0 and 2147483647, got -1 to -1"),
    (["reproduce", "--seeds", "0"], "--seeds must be at least 1, got 0"),
    (["bench", "--repeats", "0"], "--repeats must be at least 1, got 0"),
    (["evaluate", "gone"], "gone is not a run folder: it holds no run.json"),
]


@pytest.fixture
def refuses(tmp_path, monkeypatch, capsys):
    """Runs a command of which only the error is of interest, from the folder `tmp_path`."""
    monkeypatch.chdir(tmp_path)
    jax.devices()  # this process keeps its devices

    def run(*words):
        assert main(words) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        return the_line(captured.err)

    return run


@pytest.fixture
def run_dir(finished_run, tmp_path):
    """A copy of a finished run; its checkpoints are of updates 22 and 24."""
    shutil.copytree(finished_run, tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.parametrize(("words", "message"), REFUSED)
def test_nonsense_is_answered_by_one_line_and_exit_code_2(words, message, refuses, tmp_path):
    assert message in refuses(*words)
    assert contents(tmp_path) == {}


def test_list_names_every_experiment_and_claim(capsys):
    assert main(["list"]) == 0
    printed = capsys.readouterr().out
    for name, experiment in PAPER.experiments.items():
        assert f"brs {name} ({experiment.source};" in printed
        assert all(f"- {c.id}: {c.statement};" in printed for c in experiment.claims)


def test_a_run_folder_in_use_is_refused_without_resume(refuses, run_dir):
    before = contents(run_dir)
    line = refuses(*commands.TRAIN, "--run-dir", "run")
    assert "run exists and is not empty; resume that run or choose a new folder" in line
    assert contents(run_dir) == before


def test_a_run_of_other_settings_is_not_resumed(refuses, run_dir):
    line = refuses(*RESUME, "--discount", "0.5", "--seed", "7")
    assert line == (
        "brs: run is of another configuration: discount: 0.96, not 0.5; seeds: [100], not [7]"
    )


@pytest.mark.parametrize("keep", [-100, 0])
def test_a_damaged_checkpoint_is_not_evaluated_and_the_older_is_offered(refuses, run_dir, keep):
    newest = checkpoints.list_checkpoints(run_dir)[-1]
    newest.write_bytes(newest.read_bytes()[:keep])
    before = contents(run_dir)
    line = refuses("evaluate", "run")
    assert "checkpoint_00000024.ckpt is damaged" in line
    assert line.endswith("; try --checkpoint run/checkpoint_00000022.ckpt")
    assert contents(run_dir) == before


def test_the_record_of_a_newer_run_is_not_overwritten(refuses, smoke_run, tmp_path):
    path = tmp_path / "results" / "smoke" / f"{commands.TRAINED}.json"
    path.parent.mkdir(parents=True)
    record = json.loads((smoke_run / "results" / "smoke" / path.name).read_text())
    path.write_text(json.dumps({**record, "started_at": "2999-01-01T00:00:00+00:00"}))
    before = contents(tmp_path)
    line = refuses(*commands.SMOKE, "--experiment", commands.TRAINED)
    assert "started at 2999-01-01" in line
    assert "use --force or another results folder" in line
    assert contents(tmp_path) == before
