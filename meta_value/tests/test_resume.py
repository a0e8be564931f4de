"""A run that was killed and stopped, or lengthened, ends with the bits of one that was not."""

import shlex
import signal
import subprocess
import sys
import time

import pytest

from common.logger import checkpoints
from meta_value.tests import commands

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


def assert_same_run(run, finished_run):
    """Parameters, optimisers, keys and metrics: every byte is that of the other run."""
    newest = checkpoints.list_checkpoints(finished_run)[-1].name
    for name in ("metrics.jsonl", newest):
        assert (run / name).read_bytes() == (finished_run / name).read_bytes(), name


def test_a_run_killed_and_a_run_stopped_go_on_and_end_with_the_same_bits(
    start, environment, tmp_path, finished_run
):
    """SIGKILL in the middle; then SIGTERM, and on as it says."""
    log = tmp_path / "run" / "metrics.jsonl"
    words = [sys.executable, "-m", "meta_value", *TRAIN, "--resume"]
    process = start(words)
    wait_until(lambda: num_lines(log) >= 2, process)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    num_wanted = num_lines(log) + 3
    process = start(words)
    wait_until(lambda: num_lines(log) >= num_wanted, process)
    process.send_signal(signal.SIGTERM)
    stdout, stderr = process.communicate(timeout=120)
    assert (process.returncode, stdout) == (143, "")
    told, how, command = stderr.splitlines()
    assert (told, how) == ("meta_value: stopped by SIGTERM; the run is saved", "go on with")
    assert num_lines(log) < commands.NUM_LOG_POINTS
    finished = subprocess.run(
        shlex.split(command), cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    assert_same_run(tmp_path / "run", finished_run)
    assert finished.stdout == (finished_run.parent / "stdout").read_text()


@pytest.mark.slow
def test_a_finished_run_is_lengthened_and_has_the_bits_of_a_long_one(
    environment, finished_run, tmp_path
):
    for number in ("4", str(2 * commands.NUM_LOG_POINTS)):
        words = (*commands.TRAIN, "--num-updates", number, "--resume")
        finished = commands.run(environment, tmp_path, *words)
        assert finished.returncode == 0, finished.stderr
    *_, longer = sorted((tmp_path / "runs" / "meta_value").iterdir())
    assert_same_run(longer, finished_run)
