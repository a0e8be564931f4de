"""Tests of the watch for signals, in processes of their own: where it answers, and how."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
# A test that runs in the background ignores SIGINT, and would hand that down.
BEGIN = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
from common.logger.errors import InterruptedRunError
from common.logger.interrupts import SignalWatch
watch = SignalWatch()
watch.install()
watch.how_to_go_on = ("go on with", "    this")

def wait():
    print("waiting", flush=True)
    sys.stdin.readline()
"""


class Waiting:
    """A process that runs some code after `BEGIN`, which waits for lines."""

    def __init__(self, code, *options, begin=BEGIN, **environment):
        self.process = subprocess.Popen(
            [sys.executable, *options, "-c", begin + code],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def until_it_waits(self):
        assert self.process.stdout.readline() == "waiting\n", self.process.communicate()
        return self

    def gets(self, number):
        self.process.send_signal(number)
        return self

    def goes_on(self):
        """Lets it go on to its end; returns exit code, output and what it told."""
        out, err = self.process.communicate("\n", timeout=60)
        return self.process.returncode, out, err

    def goes_on_until_it_waits(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.until_it_waits()


@pytest.fixture(params=CODES)
def number(request):
    return request.param


def told_at_once(number):
    return f"stopped at once by {number.name}\ngo on with\n    this\n"


def test_signal_before_anything_is_under_way_ends_the_process_at_once_with_a_line(number):
    process = Waiting("print('kept'); wait()\nprint('lost')", "-S")
    assert process.process.stdout.readline() == "kept\n"
    assert process.until_it_waits().gets(number).goes_on() == (
        CODES[number],
        "",
        told_at_once(number),
    )


def test_signal_is_not_lost_in_an_import_that_catches_everything(number, tmp_path):
    """Of a package in the place of JAX, as some of what JAX imports does."""
    (tmp_path / "jax.py").write_text(
        "import sys\n"
        "try:\n    print('waiting', flush=True)\n    sys.stdin.readline()\n"
        "except BaseException:\n    pass\n"
    )
    paths = os.pathsep.join([str(tmp_path), str(ROOT)])
    code = "from common.logger.commands import prepare_jax; prepare_jax(); print('lost')"
    process = Waiting(code, PYTHONPATH=paths).until_it_waits()
    assert process.gets(number).goes_on() == (CODES[number], "", told_at_once(number))


def test_signal_during_a_training_is_answered_at_the_next_look(number):
    code = """
watch.stop_if_asked()
wait()
print("update finished", flush=True)
try:
    watch.stop_if_asked()
except InterruptedRunError as interrupted:
    sys.exit(f"asked to stop by {interrupted}, {interrupted.signal_number}")
"""
    process = Waiting(code, "-S").until_it_waits().gets(number)
    assert process.goes_on() == (
        1,
        "update finished\n",
        f"asked to stop by {number.name}, {number:d}\n",
    )


def test_second_signal_during_a_training_ends_it_at_once(number):
    process = Waiting("watch.stop_if_asked(); wait(); wait(); print('lost')", "-S")
    process.until_it_waits().gets(signal.SIGTERM).goes_on_until_it_waits()
    assert process.gets(number).goes_on() == (CODES[number], "", told_at_once(number))


def test_signal_after_a_training_ends_the_process_at_once_again(number):
    code = "watch.stop_if_asked(); watch.training_ended(); wait(); print('lost')"
    process = Waiting(code, "-S").until_it_waits().gets(number)
    assert process.goes_on() == (CODES[number], "", told_at_once(number))


def test_signal_during_the_last_update_is_answered_when_the_training_has_ended(number):
    code = """
watch.stop_if_asked()
wait()
try:
    watch.training_ended()
except InterruptedRunError as interrupted:
    sys.exit(f"asked to stop by {interrupted}")
"""
    process = Waiting(code, "-S").until_it_waits().gets(number)
    assert process.goes_on() == (1, "", f"asked to stop by {number.name}\n")


def test_signal_that_the_process_ignores_stays_ignored(number):
    ignoring = BEGIN.replace("SIG_DFL", "SIG_IGN").replace("SIGINT", number.name)
    process = Waiting("wait(); print('not stopped')", "-S", begin=ignoring)
    assert process.until_it_waits().gets(number).goes_on() == (0, "not stopped\n", "")


def test_signal_is_answered_though_nobody_reads_what_is_told(number):
    process = Waiting("wait()\nprint('lost')", "-S").until_it_waits()
    process.process.stdout.close()
    process.process.stderr.close()
    process.gets(number)
    assert process.process.wait(timeout=60) == CODES[number]
