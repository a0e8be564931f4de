"""Tests of whole runs of the made-up paper: found, lengthened, stopped, killed, damaged, diverged.

However a run was stopped, it ends with the bits of one that was not.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from common.logger import checkpoints
from common.tests.made_up_paper import NAME

ROOT = Path(__file__).resolve().parents[2]
TRAIN = ["train", "table_1_walk", "--quiet"]
RUN = [*TRAIN, "--run-dir", "run"]
WALK = ["reproduce", "--experiment", "table_1_walk", "--quiet"]
# A test that runs in the background ignores SIGINT, and would hand that down.
LISTENING = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


def runs():
    return sorted(Path("runs").glob("*/run.json"))


def assert_same_run(run, other):
    """Newest checkpoint and metrics have the same bytes."""
    newest, expected = (checkpoints.list_checkpoints(each)[-1] for each in (run, other))
    assert newest.name == expected.name
    assert newest.read_bytes() == expected.read_bytes()
    assert (run / "metrics.jsonl").read_bytes() == (other / "metrics.jsonl").read_bytes()


@pytest.fixture
def waiting(walks_here):
    """Starts a training in a process of its own that waits for a line after some updates."""
    processes = []

    def start(words, step):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "WAIT_AT": str(step)}
        process = subprocess.Popen(
            [sys.executable, "-c", LISTENING, sys.executable, "-m", NAME, *words],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        assert process.stdout.readline() == "waiting\n", process.communicate()
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_run_stopped_by_a_signal_and_then_killed_ends_with_the_bits_of_one_that_was_not(
    waiting, does
):
    """SIGTERM comes between two log points, and the update that is under way is finished.

    A second process in the folder is refused meanwhile. The run goes on as printed and is killed
    after update 9: the log has 4 and 8, the only checkpoint is of 3.
    """
    process = waiting(RUN, 3)
    refused = f"{NAME}: run is in use by process {process.pid}\n"
    assert does([*RUN, "--resume"], code=2).err == refused
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate("\n", timeout=60)
    assert (process.returncode, out) == (143, "")
    told, how, command = err.splitlines()
    assert (told, how) == (f"{NAME}: stopped by SIGTERM; the run is saved", "go on with")
    python, *words = shlex.split(command)
    assert os.path.samefile(python, sys.executable)
    assert words == ["-m", NAME, *RUN, "--resume"]
    process = waiting(words[2:], 9)
    process.kill()
    process.wait()
    kept = [path.name for path in checkpoints.list_checkpoints(Path("run"))]
    assert kept == [checkpoints.file_name(3)]
    assert len(Path("run/metrics.jsonl").read_text().splitlines()) == 2
    does(words[2:])
    does([*TRAIN, "--run-dir", "whole"])
    assert_same_run(Path("run"), Path("whole"))


def test_training_is_found_on_disk_whichever_experiment_made_it(does):
    does([*TRAIN, "--num-seeds", "3"])
    (run,) = runs()
    out, err = does([*WALK[:-1]])
    assert err.startswith(f"{NAME}: found finished, not trained again: {run.parent}\n")
    assert f"table_1_walk: {run.parent}" in out
    assert runs() == [run]
    does([*WALK, "--retrain"])
    assert len(runs()) == 2


def test_finished_run_is_lengthened_and_has_the_bits_of_a_long_one(does):
    """The shorter run stays as it is."""
    does([*TRAIN, "--num-updates", "8"])
    (short,) = runs()
    before = {path.name: path.read_bytes() for path in short.parent.iterdir()}
    does([*TRAIN, "--resume"])
    does([*RUN])
    assert {path.name: path.read_bytes() for path in short.parent.iterdir()} == before
    (long,) = (run.parent for run in runs() if run != short)
    assert_same_run(long, Path("run"))


def test_damaged_checkpoint_is_passed_over_and_the_bits_are_the_same(does):
    does([*RUN, "--checkpoint-seconds", "0"])
    shutil.copytree("run", "whole")
    newest = checkpoints.list_checkpoints(Path("run"))[-1]
    newest.write_bytes(newest.read_bytes()[:-1])
    _, err = does([*RUN, "--resume"])
    assert err.startswith(f"{NAME}: {newest} is damaged: truncated")
    assert err.endswith("; trying the one before\n")
    assert_same_run(Path("run"), Path("whole"))


def test_resume_of_what_is_not_there_says_so_and_begins(does):
    _, err = does([*TRAIN, "--resume"])
    assert err == (
        f"{NAME}: no run to resume in runs with these settings and seeds; starting one\n"
    )
    assert len(runs()) == 1


def test_run_that_diverges_ends_with_exit_code_1_and_one_line(does):
    words = [*RUN, "--diverges-at", "7", "--checkpoint-seconds", "0"]
    out, err = does(words, code=1)
    good = Path("run") / checkpoints.file_name(7)
    assert (out, err) == (
        "",
        f"{NAME}: step_size is not finite at update 7 of seed 7; last good checkpoint: {good}\n",
    )
