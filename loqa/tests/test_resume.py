"""Tests that a run which was stopped, in whatever way, ends with the bits of one that was not."""

import random
import shlex
import shutil
import signal
import subprocess
import sys
import time

import pytest

from common.logger import checkpoints
from loqa.tests import commands
from loqa.tests.commands import the_line

TRAIN = (*commands.TRAIN, "--run-dir", "run")
# A test that runs in the background ignores SIGINT, and would hand that down.
LISTENING = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


@pytest.fixture
def start(environment, tmp_path):
    """Starts a command in the folder `tmp_path`; what is still running at the end is killed."""
    processes = []

    def start_one(words):
        process = subprocess.Popen(
            [sys.executable, "-c", LISTENING, *words],
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


def assert_same_run(run, finished_run, stdout):
    """Parameters, optimisers, keys, metrics and evaluation: every byte is that of the other run."""
    newest = checkpoints.list_checkpoints(finished_run)[-1].name
    assert checkpoints.list_checkpoints(run)[-1].name == newest
    for name in ("metrics.jsonl", newest):
        assert (run / name).read_bytes() == (finished_run / name).read_bytes(), name
    assert stdout == (finished_run.parent / "stdout").read_text()


@pytest.mark.slow
def test_a_run_killed_again_and_again_ends_with_the_same_bits(
    start, environment, tmp_path, finished_run
):
    words = [sys.executable, "-m", "loqa", *TRAIN, "--resume"]
    moments = random.Random(1)
    log = tmp_path / "run" / "metrics.jsonl"
    for more_lines in (0, moments.randint(1, 40)):
        num_wanted = num_lines(log) + more_lines
        process = start(words)
        if more_lines:
            wait_until(lambda: num_lines(log) >= num_wanted, process)  # noqa: B023 (called at once)
        else:  # before the first update
            wait_until((tmp_path / "run" / "run.json").exists, process)
        time.sleep(moments.uniform(0, 0.03))
        process.kill()
        assert process.wait() == -signal.SIGKILL
        assert num_lines(log) < commands.NUM_LOG_POINTS
    finished = commands.run(environment, tmp_path, *TRAIN, "--resume")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert_same_run(tmp_path / "run", finished_run, finished.stdout)


def test_a_run_stopped_by_signals_goes_on_as_printed_and_ends_with_the_same_bits(
    start, environment, tmp_path, finished_run
):
    log = tmp_path / "run" / "metrics.jsonl"
    command = shlex.join([sys.executable, "-m", "loqa", *TRAIN])
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        num_wanted = num_lines(log) + 5
        process = start(shlex.split(command))
        wait_until(lambda: num_lines(log) >= num_wanted, process)  # noqa: B023 (called at once)
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=60)
        assert (process.returncode, stdout) == (code, "")
        told, how, command = stderr.splitlines()
        assert (told, how) == (f"loqa: stopped by {number.name}; the run is saved", "go on with")
        assert num_lines(log) < commands.NUM_LOG_POINTS
    finished = subprocess.run(
        command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    assert_same_run(tmp_path / "run", finished_run, finished.stdout)


@pytest.mark.slow
def test_a_damaged_checkpoint_is_passed_over_and_the_bits_are_the_same(
    environment, tmp_path, finished_run
):
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    newest = checkpoints.list_checkpoints(run)[-1]
    newest.write_bytes(newest.read_bytes()[:-1])
    finished = commands.run(environment, tmp_path, *TRAIN, "--resume")
    assert finished.returncode == 0
    line = the_line(finished.stderr)
    assert line.startswith("loqa: run/checkpoint_00000120.ckpt is damaged: truncated")
    assert line.endswith("; trying the one before")
    assert_same_run(run, finished_run, finished.stdout)
