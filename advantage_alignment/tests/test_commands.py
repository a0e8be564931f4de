"""Tests of the answers to bad input: one clear line, an exit code, nothing touched."""

import json
import shutil

import jax
import pytest

from advantage_alignment.run import checkpoints
from advantage_alignment.run.cli import main
from advantage_alignment.tests import commands
from advantage_alignment.tests.commands import contents, the_line

TRAIN = ("train", "figure_1_ipd")

# What is refused before JAX is imported, and what the line must say.
REFUSED = [
    (["trian"], "unknown command 'trian'; did you mean train?"),
    (["list", "all"], "unexpected argument 'all'"),
    (["report", "--quick"], "unknown option '--quick'"),
    (["train"], "required: experiment"),
    (["train", "figure_1_ipdd"], "'figure_1_ipdd'; did you mean figure_1_ipd"),
    (["reproduce", "--experiment", "figure_99"], "unknown experiment 'figure_99'; "),
    (["reproduce", "--experiment", ","], "--experiment needs a name"),
    ([*TRAIN, "--preset", "quik"], "unknown preset 'quik'; did you mean quick?"),
    ([*TRAIN, "--num-update", "4"], "unknown option '--num-update'; did you mean --num-updates"),
    ([*TRAIN, "--weighting", "men"], "weighting must be one of discounted, outer_discounted"),
    ([*TRAIN, "--num-updates", "1k"], "--num-updates: invalid int value: '1k'"),
    ([*TRAIN, "--discount", "1.5"], "discount must be between 0 and 1, got 1.5"),
    ([*TRAIN, "--batch-size", "0"], "batch_size must be at least 1, got 0"),
    ([*TRAIN, "--batch-size", "9" * 12], "batch_size must be a int of 32 bits, got 999999999999"),
    ([*TRAIN, "--beta", "inf"], "beta must be a float of 32 bits, got inf"),
    ([*TRAIN, "--beta", "nan"], "beta must be a float, got nan"),
    (
        [*TRAIN, "--num-updates", "10", "--eval-every-updates", "4"],
        "num_updates 10 must be a multiple of eval_every_updates 4; try num_updates 12",
    ),
    ([*TRAIN, "--num-players", "3"], "num_players of ipd must be 2, got 3"),
    ([*TRAIN, "--num-learners", "3"], "num_learners 3 must be at most num_players 2"),
    ([*TRAIN, "--network", "feed_forward"], "network feed_forward does not fit the game ipd"),
    ([*TRAIN, "--shaping", "loqa"], "shaping loqa needs a critic of action values"),
    ([*TRAIN, "--critic-sees-time"], "critic_sees_time is of negotiation, not of ipd"),
    (
        ["train", "figure_3_negotiation", "--num-learners", "1"],
        "replayed_share needs self-play: num_learners equal to num_players",
    ),
    ([*TRAIN, "--seed", "-1"], "seeds must lie between 0 and 2147483647, got -1 to -1"),
    ([*TRAIN, "--num-seeds", "0"], "--num-seeds must be at least 1, got 0"),
    (["reproduce", "--seeds", "0"], "--seeds must be at least 1, got 0"),
    (["bench", "--repeats", "0"], "--repeats must be at least 1, got 0"),
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


@pytest.fixture
def run_dir(finished_run, tmp_path):
    """A copy of a finished run."""
    shutil.copytree(finished_run, tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.parametrize(("words", "message"), REFUSED)
def test_nonsense_is_answered_by_one_line_and_exit_code_2(words, message, refuses, tmp_path):
    assert message in refuses(*words)
    assert contents(tmp_path) == {}


def test_an_option_in_a_process_of_its_own_ends_it_with_code_2(environment, tmp_path):
    finished = commands.run(environment, tmp_path, "train", "figure_1_ipd", "--beta", "x")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "invalid float value" in the_line(finished.stderr)


def test_a_folder_in_use_and_another_configuration_are_refused(refuses, run_dir):
    before = contents(run_dir)
    words = (*commands.TRAIN, "--run-dir", "run")
    assert "run" in refuses(*words)
    line = refuses(*words, "--resume", "--beta", "0.25")
    assert line.endswith("is of another configuration: beta: 0.5, not 0.25")
    assert contents(run_dir) == before


@pytest.mark.parametrize("damage", ["truncated", "empty", "flipped"])
def test_a_damaged_checkpoint_is_named_and_the_older_one_offered(refuses, run_dir, damage):
    older, newest = checkpoints.list_checkpoints(run_dir)
    whole = newest.read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 4]) + whole[middle + 1 :]
    newest.write_bytes({"truncated": whole[:-100], "empty": b"", "flipped": flipped}[damage])
    before = contents(run_dir)
    line = refuses("evaluate", "run")
    assert f"{newest.name} is damaged" in line
    assert line.endswith(f"try --checkpoint run/{older.name}")
    assert contents(run_dir) == before


def test_missing_runs_and_settings_of_another_version_are_named(refuses, run_dir):
    assert "nowhere" in refuses("evaluate", "nowhere")
    file = run_dir / "run.json"
    saved = json.loads(file.read_text())
    saved["config"]["temperature"] = 1.0
    file.write_text(json.dumps(saved))
    assert "unknown temperature" in refuses("evaluate", "run")
