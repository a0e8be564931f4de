"""Tests of the commands of this paper: what they refuse, in one clear line and exit code 2."""

import jax
import pytest

from advantage_alignment.run.cli import main
from advantage_alignment.tests import commands
from advantage_alignment.tests.commands import contents, the_line

TRAIN = ("train", "figure_1_ipd")

# What is refused before JAX is imported, and what the line must say.
REFUSED = [
    (["trian"], "unknown command 'trian'; did you mean train?"),
    (["train", "figure_1_ipdd"], "'figure_1_ipdd'; did you mean figure_1_ipd"),
    ([*TRAIN, "--preset", "day"], "figure_1_ipd has no preset day; it has smoke, quick, paper"),
    ([*TRAIN, "--num-update", "4"], "did you mean --num-updates?"),
    ([*TRAIN, "--weighting", "men"], "men"),
    ([*TRAIN, "--batch-size", "0"], "batch_size must be at least 1, got 0"),
    (
        [*TRAIN, "--num-updates", "10", "--eval-every-updates", "4"],
        "num_updates 10 must be a multiple of eval_every_updates 4; try num_updates 12",
    ),
    ([*TRAIN, "--num-seeds", "0"], "--num-seeds must be at least 1, got 0"),
    (["bench", "--repeats", "0"], "--repeats must be at least 1, got 0"),
    (["show", "AC", "--output", "episode.mp4"], "--output must end in .gif or .png"),
    (["evaluate", "nowhere"], "nowhere is not a run folder"),
    (["export", "nowhere"], "nowhere is not a run folder"),
    (["show", "nobody"], "unknown player 'nobody'"),
]


@pytest.mark.parametrize(("words", "message"), REFUSED)
def test_nonsense_is_answered_by_one_line_and_exit_code_2(
    words, message, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    jax.devices()  # this process keeps its devices
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in the_line(captured.err)
    assert contents(tmp_path) == {}


def test_a_checkpoint_is_evaluated_as_at_the_end_of_its_training(
    environment, finished_run, tmp_path
):
    finished = commands.run(environment, tmp_path, "evaluate", str(finished_run))
    assert finished.returncode == 0, finished.stderr
    *table, updates = finished.stdout.splitlines()
    assert table == (finished_run.parent / "stdout").read_text().splitlines()[:-1]
    assert updates == f"after {2 * commands.NUM_LOG_POINTS} updates"
