"""Tests of the watch for signals, of exit codes, and of the commands that go on."""

import os
import shlex
import signal
import sys

import pytest

from common.logger.errors import DivergedError, InterruptedRunError
from meta_value.run.cli import _resume_command
from meta_value.run.interrupts import SignalWatch, command, exit_code


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM])
def number(request):
    """A signal, whose handler is put back afterwards."""
    previous = signal.getsignal(request.param)
    yield request.param
    signal.signal(request.param, previous)


def test_a_signal_is_noted_and_the_next_acts_as_before(number):
    received = []
    signal.signal(number, lambda number, frame: received.append(number))
    with SignalWatch() as watch:
        watch.stop_if_noted()
        os.kill(os.getpid(), number)
        assert received == []
        with pytest.raises(InterruptedRunError, match=number.name):
            watch.stop_if_noted()
        os.kill(os.getpid(), number)
        assert received == [number]
    os.kill(os.getpid(), number)
    assert received == [number, number]


def test_a_signal_that_the_process_ignores_stays_ignored(number):
    signal.signal(number, signal.SIG_IGN)
    with SignalWatch() as watch:
        os.kill(os.getpid(), number)
        watch.stop_if_noted()
        assert signal.getsignal(number) is signal.SIG_IGN


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (None, 0, ""),
        (InterruptedRunError(signal.SIGTERM), 143, "stopped by SIGTERM; the run is saved. Go on"),
        (InterruptedRunError(signal.SIGINT), 130, "stopped by SIGINT; the run is saved. Go on"),
        (KeyboardInterrupt(), 130, "stopped at once; the run is saved up to its last checkpoint"),
        (DivergedError("loss is not finite"), 1, "meta_value: loss is not finite\n"),
    ],
)
def test_exit_codes_and_what_is_told(error, code, told, capsys):
    def run():
        if error is not None:
            raise error

    assert exit_code(run, resume="python -m meta_value again") == code
    stderr = capsys.readouterr().err
    assert told in stderr
    assert stderr.endswith("\n    python -m meta_value again\n") == (code > 128)


def test_a_command_keeps_equal_words_and_replaces_an_option_however_it_is_written():
    given = ["train", "--batch-size", "4", "--run-dir", "a", "--num-updates", "4", "--resume"]
    words = shlex.split(command(given, "--run-dir", "b c", "--resume", without="--run-dir"))
    assert words[1:] == [
        *("-m", "meta_value", "train", "--batch-size", "4", "--num-updates", "4"),
        *("--run-dir", "b c", "--resume"),
    ]
    assert shlex.split(command(["train", "--run-dir=a"], without="--run-dir"))[1:] == words[1:4]


def test_a_reproduction_resumes_the_experiment_under_way_then_begins_those_to_follow():
    given = ["--experiment", "a,b,c,d", "--seeds", "3"]
    python = shlex.split(command([], without="--"))[0]
    start = f"{python} -m meta_value reproduce --seeds 3 --experiment"
    assert _resume_command(given, "b", ["c", "d"]) == f"{start} b --resume && {start} c,d"
    assert _resume_command(given, "d", []) == f"{start} d --resume"
    assert os.path.samefile(python, sys.executable)
