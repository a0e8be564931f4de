"""Tests that a run which was stopped, in whatever way, ends with the bits of one that was not."""

import shlex
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from common.logger import checkpoints
from common.logger.errors import InterruptedRunError
from common.logger.run_folder import RunOptions
from vineppo.experiments import presets
from vineppo.run.trainer import Trainer
from vineppo.tests import commands

TRAIN = (*commands.TRAIN, "--run-dir", "run")


@pytest.fixture
def start(environment, tmp_path):
    """Starts a command in the folder `tmp_path`; what is still running at the end is killed."""
    processes = []

    def start_one(words):
        process = subprocess.Popen(
            words,
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start_one
    for process in processes:
        process.kill()
        process.communicate()


def num_lines(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_until(is_reached, process):
    """Waits for something that a process does before it ends."""
    while not is_reached():
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)


def assert_same_run(run, other):
    """Parameters, optimisers, keys, metrics and evaluation: every byte is that of the other run."""
    for part in ("policy", next(p.name for p in other.glob("sft*"))):
        kept = checkpoints.list_checkpoints(other / part)
        for name in ("metrics.jsonl", kept[-1].name):
            assert (run / part / name).read_bytes() == (other / part / name).read_bytes(), name


def test_a_run_killed_then_stopped_by_a_signal_goes_on_as_printed_to_the_same_bits(
    start, environment, tmp_path, finished_run
):
    log = tmp_path / "run" / "policy" / "metrics.jsonl"
    process = start([sys.executable, "-m", "vineppo", *TRAIN])
    wait_until(lambda: num_lines(log) >= 2, process)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert num_lines(log) < commands.NUM_LOG_POINTS
    process = start([sys.executable, "-m", "vineppo", *TRAIN, "--resume"])
    before = num_lines(log)
    wait_until(lambda: num_lines(log) >= before + 1, process)
    process.send_signal(signal.SIGTERM)
    stdout, stderr = process.communicate(timeout=120)
    assert (process.returncode, stdout) == (143, "")
    told, how, command = stderr.splitlines()
    assert (told, how) == ("vineppo: stopped by SIGTERM; the run is saved", "go on with")
    assert num_lines(log) < commands.NUM_LOG_POINTS
    finished = subprocess.run(
        shlex.split(command), cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    assert_same_run(tmp_path / "run", finished_run)
    assert finished.stdout == (finished_run.parent / "stdout").read_text()


class Stop:
    """Asks a run to stop when it looks at signals for the n-th time."""

    def __init__(self, number):
        self.left = number

    def __call__(self):
        self.left -= 1
        if self.left <= 0:
            raise InterruptedRunError(signal.SIGTERM)


def train(folder, stop=lambda: None):
    """Two seeds, four updates, evaluated after every second; the initial policy before."""
    initial = presets.sft("smoke", num_updates=2, eval_every_updates=2)
    config = presets.rl("smoke", "rloo", initial, num_updates=4, eval_every_updates=2)
    options = RunOptions(resume=True, quiet=True, stop_if_asked=stop)
    Trainer(folder, (0, 1), options, "test", run_dir=folder).train(config, "policy")


def test_a_run_that_stops_wherever_it_looks_at_signals_ends_with_the_same_bits(tmp_path):
    """Between updates, amid evaluations, after both: one step further every time."""
    train(tmp_path / "whole")
    stops = []
    while True:
        try:
            train(tmp_path / "stopped", Stop(len(stops) + 1))
            break
        except InterruptedRunError:
            kept = checkpoints.list_checkpoints(tmp_path / "stopped" / "policy")
            stops.append([path.name for path in kept][-1:])
    assert len(stops) > 5
    assert {tuple(kept) for kept in stops} >= {(), ("checkpoint_00000002.ckpt",)}
    assert_same_run(tmp_path / "stopped", tmp_path / "whole")


def test_an_evaluation_that_a_signal_ended_is_done_first_when_the_run_goes_on(tmp_path):
    train(tmp_path / "whole")
    looks = 0

    def count():
        nonlocal looks
        looks += 1

    train(tmp_path / "counted", count)
    for number in range(looks - 1, 0, -1):  # the last look that is amid an evaluation
        folder = tmp_path / str(number)
        with pytest.raises(InterruptedRunError):
            train(folder, Stop(number))
        saved = checkpoints.list_checkpoints(folder / "policy")
        if (
            saved
            and saved[-1].name == checkpoints.file_name(4)
            and (num_lines(folder / "policy" / "metrics.jsonl") == 1)
        ):
            break
    else:
        pytest.fail("no evaluation was stopped")
    train(folder)
    assert_same_run(folder, tmp_path / "whole")


def test_a_longer_run_of_rounds_begins_where_a_shorter_one_ended(tmp_path):
    """Rounds of RestEM do not depend on their number: two and then a third, or three at once."""

    def run(folder, num_updates):
        initial = presets.sft("smoke", num_updates=0)
        config = replace(presets.restem("smoke", initial), num_updates=num_updates)
        options = RunOptions(resume=True, quiet=True)
        return Trainer(folder, (0,), options, "test").train(config, "restem")

    run(tmp_path / "two", 1)
    longer, whole = run(tmp_path / "two", 2), run(tmp_path / "whole", 2)
    assert longer.log == whole.log
    assert len(list((tmp_path / "two").glob("RestEmConfig-*"))) == 2
