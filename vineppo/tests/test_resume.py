"""Tests that a run which was stopped, in whatever way, ends with the bits of one that was not."""

import shlex
import shutil
import signal
import subprocess
import sys
import time

import pytest

from vineppo.run import checkpoints
from vineppo.tests import commands
from vineppo.tests.commands import the_line

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
    for part in ("policy", next(p.name for p in finished_run.glob("sft*"))):
        kept = checkpoints.list_checkpoints(finished_run / part)
        names = ["metrics.jsonl", *(path.name for path in kept)]
        assert [p.name for p in checkpoints.list_checkpoints(run / part)] == names[1:]
        for name in names:
            ours, theirs = run / part / name, finished_run / part / name
            assert ours.read_bytes() == theirs.read_bytes(), name
    assert stdout == (finished_run.parent / "stdout").read_text()


def test_a_run_killed_again_and_again_ends_with_the_same_bits(
    start, environment, tmp_path, finished_run
):
    """Killed at the very beginning, amid imitation or soon after, and amid reinforcement."""
    words = [sys.executable, "-m", "vineppo", *TRAIN, "--resume"]
    log = tmp_path / "run" / "policy" / "metrics.jsonl"
    reached = (
        lambda: bool(list((tmp_path / "run").glob("sft*/run.json"))),
        lambda: num_lines(log) >= 3,
    )
    for is_reached in reached:
        process = start(words)
        wait_until(is_reached, process)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        assert num_lines(log) < commands.NUM_LOG_POINTS
    finished = commands.run(environment, tmp_path, *TRAIN, "--resume")
    assert finished.returncode == 0, finished.stderr
    assert_same_run(tmp_path / "run", finished_run, finished.stdout)


def test_a_run_stopped_by_a_signal_goes_on_as_printed_and_ends_with_the_same_bits(
    start, environment, tmp_path, finished_run
):
    log = tmp_path / "run" / "policy" / "metrics.jsonl"
    process = start([sys.executable, "-m", "vineppo", *TRAIN])
    wait_until(lambda: num_lines(log) >= 2, process)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=120)
    assert (process.returncode, stdout) == (130, "")
    told, command = stderr.splitlines()
    assert told == "vineppo: stopped by SIGINT; the run is saved. Go on with"
    assert num_lines(log) < commands.NUM_LOG_POINTS
    finished = subprocess.run(
        shlex.split(command), cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    assert_same_run(tmp_path / "run", finished_run, finished.stdout)


def test_a_damaged_checkpoint_is_passed_over_and_the_bits_are_the_same(
    environment, tmp_path, finished_run
):
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    newest = checkpoints.list_checkpoints(run / "policy")[-1]
    newest.write_bytes(newest.read_bytes()[:-1])
    finished = commands.run(environment, tmp_path, *TRAIN, "--resume")
    assert finished.returncode == 0, finished.stderr
    line = the_line(finished.stderr)
    assert line.startswith("vineppo: run/policy/checkpoint_00000008.ckpt is damaged: truncated")
    assert line.endswith("; trying the one before")
    assert_same_run(run, finished_run, finished.stdout)
