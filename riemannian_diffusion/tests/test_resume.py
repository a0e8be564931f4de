"""Tests that a run which was stopped, in whatever way, ends with the bits of one that was not."""

import random
import shlex
import signal
import subprocess
import sys
import time

import pytest

from common.logger import checkpoints
from riemannian_diffusion.tests import commands

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


def test_a_run_killed_and_stopped_by_signals_ends_with_the_same_bits(
    start, environment, tmp_path, finished_run
):
    """SIGKILL in the middle of training, then SIGTERM, then the command that is printed."""
    words = [sys.executable, "-m", "riemannian_diffusion", *TRAIN, "--resume"]
    run, moments = tmp_path / "run", random.Random(1)
    log = run / "metrics.jsonl"
    num_wanted = moments.randint(1, 10)
    process = start(words)
    wait_until(lambda: num_lines(log) >= num_wanted, process)
    time.sleep(moments.uniform(0, 0.03))
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert num_lines(log) < commands.NUM_LOG_POINTS
    num_wanted = num_lines(log) + 3
    process = start(words)
    wait_until(lambda: num_lines(log) >= num_wanted, process)
    process.send_signal(signal.SIGTERM)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (143, "")
    told, how, command = stderr.splitlines()
    assert told == "riemannian_diffusion: stopped by SIGTERM; the run is saved"
    assert how == "go on with"
    assert num_lines(log) < commands.NUM_LOG_POINTS
    finished = subprocess.run(
        shlex.split(command), cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    assert_same_run(run, finished_run, finished.stdout)
