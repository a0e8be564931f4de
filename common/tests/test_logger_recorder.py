"""Tests of what a training writes while it runs, and of whose folder it is meanwhile."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest

from common.logger import checkpoints
from common.logger.errors import DivergedError, InterruptedRunError, UserError
from common.logger.recorder import Recorder
from common.logger.run_folder import RunFolder, RunOptions

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {"seeds": [7, 8], "num_updates": 6, "eval_every_updates": 2}
TEMPLATE = {"weight": jax.ShapeDtypeStruct((2,), np.float32)}
OPTIONS = RunOptions(quiet=True, warn=pytest.fail)
HOLDS_THE_LOCK = (
    "import sys; from pathlib import Path; from common.logger.run_folder import RunFolder\n"
    "with RunFolder(Path(sys.argv[1]), {}, {}).locked(): print('held', flush=True); input()"
)


@pytest.fixture
def folder(tmp_path):
    return RunFolder.create(tmp_path / "run", SETTINGS, {})


def recorder_of(folder, options=OPTIONS, **more):
    return Recorder(folder, options, num_updates=6, description="demo", **more)


def record(recorder, step, loss=1.0, summarise=None):
    """Two updates of two seeds."""
    training = {"loss": np.array([[loss, 3.0], [5.0, 7.0]])}
    params = {"weight": np.full(2, step)}
    recorder.record(step, training, {"value": np.array([0.5, 0.25])}, params, summarise)


def state_at(step):
    return lambda: {"weight": np.full(2, step, np.float32)}


def saved_steps(folder):
    return [int(path.stem[-8:]) for path in checkpoints.list_checkpoints(folder.path)]


def run_all(folder, options=OPTIONS, stops_at=None):
    """A training of six updates; a signal comes during `stops_at`."""
    asked: list[int] = []

    def stop_if_asked():
        if asked:
            raise InterruptedRunError(signal.SIGTERM)

    with recorder_of(folder, replace(options, stop_if_asked=stop_if_asked)) as recorder:
        _, step = recorder.saved_state(TEMPLATE)
        for done in range(step + 1, 7):
            asked += [done] if done == stops_at else []
            record(recorder, done) if done % 2 == 0 else recorder.advance(done)
            recorder.save_if_due(done, state_at(done))


def test_log_point_gives_a_line_of_means_over_updates_and_of_the_evaluation(folder):
    with recorder_of(folder) as recorder:
        assert recorder.saved_state(TEMPLATE) == (None, 0)
        record(recorder, 2)
        record(recorder, 4, summarise=lambda training: {"last": training["loss"][:, -1]})
    assert folder.metrics.read() == [
        {"step": 2, "loss": [2.0, 6.0], "value": [0.5, 0.25]},
        {"step": 4, "last": [3.0, 7.0], "value": [0.5, 0.25]},
    ]


def test_checkpoint_is_written_at_the_end_and_not_before_its_time(folder):
    run_all(folder)
    assert saved_steps(folder) == [6]


def test_checkpoints_are_written_when_seconds_have_passed(folder):
    run_all(folder, replace(OPTIONS, checkpoint_seconds=0))
    assert saved_steps(folder) == [5, 6]


@pytest.mark.parametrize("step", [3, 4])
def test_signal_saves_at_the_next_look_and_the_run_goes_on_from_there(folder, step):
    """Also between two log points."""
    with pytest.raises(InterruptedRunError, match="SIGTERM"):
        run_all(folder, stops_at=step)
    assert saved_steps(folder) == [step]
    with recorder_of(folder) as recorder:
        state, found = recorder.saved_state(TEMPLATE)
        assert (found, state["weight"].tolist()) == (step, [step, step])
    run_all(folder)
    assert [line["step"] for line in folder.metrics.read()] == [2, 4, 6]
    assert saved_steps(folder) == [step, 6]


def test_signal_before_the_first_update_stops_before_anything_is_read(folder):
    def stop():
        raise InterruptedRunError(signal.SIGINT)

    options = replace(OPTIONS, stop_if_asked=stop)
    with pytest.raises(InterruptedRunError), recorder_of(folder, options) as recorder:
        recorder.saved_state(TEMPLATE)
    assert saved_steps(folder) == []


def test_state_is_not_written_twice_nor_made_when_it_is_not_due(folder):
    with recorder_of(folder, replace(OPTIONS, checkpoint_seconds=0)) as recorder:
        recorder.begin_at(4)
        recorder.save_if_due(4, pytest.fail)  # it was read from there
    with recorder_of(folder) as recorder:
        recorder.begin_at(0)
        recorder.save_if_due(4, pytest.fail)  # minutes have not passed


def test_run_that_diverges_stops_before_it_logs_or_saves_anything(folder):
    with recorder_of(folder, replace(OPTIONS, checkpoint_seconds=0)) as recorder:
        recorder.begin_at(0)
        recorder.save_if_due(2, state_at(2))
        with pytest.raises(DivergedError, match=r"loss is .* update 3 of seed 7; .*00002\.ckpt$"):
            record(recorder, 4, loss=float("inf"))
    assert saved_steps(folder) == [2]
    assert not folder.metrics.path.exists()


def test_a_paper_may_save_in_its_own_way(folder):
    saved = []
    with recorder_of(folder, save=lambda *what: saved.append(what)) as recorder:
        recorder.begin_at(0)
        recorder.save_if_due(6, lambda: "state")
    assert saved == [(folder.path, "state", 6, folder.config)]


def test_end_of_the_training_is_told_however_it_ends(folder):
    told = []
    options = replace(OPTIONS, training_ended=lambda: told.append("ended"))
    with recorder_of(folder, options):
        pass
    with pytest.raises(DivergedError), recorder_of(folder, options):
        raise DivergedError
    assert told == ["ended"] * 2


def test_progress_shows_means_over_seeds_under_short_names(folder, capsys):
    options = replace(OPTIONS, quiet=False)
    with recorder_of(folder, options, shown={"value": "v", "gone": "g"}) as recorder:
        recorder.begin_at(0)
        record(recorder, 2)
    first, second = capsys.readouterr().err.splitlines()
    assert first == "demo: compiling"
    assert second.startswith("demo: 2/6")
    assert second.endswith(", v 0.375")


def test_trackers_get_every_line(folder):
    options = replace(OPTIONS, tensorboard=True)
    with recorder_of(folder, options) as recorder:
        recorder.begin_at(0)
        record(recorder, 2)
    (events,) = (folder.path / "tensorboard").iterdir()
    assert b"value/1" in events.read_bytes()


@pytest.fixture
def holder(folder):
    """Another process that works in the folder."""
    command = [sys.executable, "-S", "-c", HOLDS_THE_LOCK, str(folder.path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_second_process_in_a_folder_is_refused_and_a_killed_one_lets_go(folder, holder):
    before = (folder.path / "run.json").read_bytes()
    message = f"^{folder.path} is in use by process {holder.pid}$"
    with pytest.raises(UserError, match=message), recorder_of(folder):
        pytest.fail("two processes in one folder")
    assert (folder.path / "run.json").read_bytes() == before
    holder.kill()
    holder.wait()
    run_all(folder)
    assert saved_steps(folder) == [6]
    assert (folder.path / "lock").read_text() == str(os.getpid())


def test_folder_is_free_again_when_a_training_has_ended(folder):
    for _ in range(2):
        run_all(folder)
