"""Tests of the progress display, with a clock that the test moves and a stream it reads."""

import io
import os

import pytest

from common.logger.progress import Progress, duration_text


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


class Clock:
    """A clock that stands still until it is told the time."""

    seconds = 0.0

    def __call__(self):
        return self.seconds


def run_steps(stream, schedule, **settings):
    """Advances through (seconds, step) pairs and returns what was written."""
    clock = Clock()
    with Progress(100, "demo", stream=stream, clock=clock, **settings) as progress:
        for clock.seconds, step in schedule:
            progress.advance(step, loss=0.12345, entropy=1.0, returns=-2.0, hidden=4.0)
    return stream.getvalue()


def test_plain_lines_come_first_last_and_every_ten_seconds():
    text = run_steps(io.StringIO(), [(second, 4 * second) for second in range(1, 26)])
    assert text.splitlines() == [
        "demo: 4/100, 4 updates/s, ETA 24s, loss 0.1235, entropy 1, returns -2",
        "demo: 44/100, 4 updates/s, ETA 14s, loss 0.1235, entropy 1, returns -2",
        "demo: 84/100, 4 updates/s, ETA 4s, loss 0.1235, entropy 1, returns -2",
        "demo: 100/100, 4 updates/s, done in 25s, loss 0.1235, entropy 1, returns -2",
    ]


def test_interrupted_run_shows_its_last_state():
    def schedule():
        yield from [(1, 10), (2, 20)]
        raise KeyboardInterrupt

    stream = io.StringIO()
    with pytest.raises(KeyboardInterrupt):
        run_steps(stream, schedule())
    assert [line.split(",")[0] for line in stream.getvalue().splitlines()] == [
        "demo: 10/100",
        "demo: 20/100",
    ]


def test_terminal_shows_a_bar_in_place_within_its_width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    text = run_steps(Terminal(), [(1, 10), (2, 55), (3, 100)], unit="games")
    shown = text.split("\r")
    assert shown[0] == ""
    assert text.endswith("\n")
    assert text.count("\n") == 1
    assert {len(line.rstrip("\n")) for line in shown[1:]} == {59}
    assert shown[2] == "demo [#######.....] 55/100  45 games/s  ETA 1s  loss 0.1235  entropy 1"[:59]


def test_terminal_is_redrawn_at_most_ten_times_a_second():
    schedule = [(0.01 * tick, tick) for tick in range(1, 100)]
    assert run_steps(Terminal(), schedule).count("\r") == pytest.approx(11, abs=1)


def test_rate_leaves_out_compilation_and_the_run_that_was_resumed():
    """Step 80 of 100 was resumed; compiling took 50 s, then one step takes 2 s."""
    text = run_steps(io.StringIO(), [(50, 81), (52, 82), (54, 83)], initial=80, min_interval=0)
    assert [line.split(", ")[1:3] for line in text.splitlines()] == [
        ["0.02 updates/s", "ETA 15m50s"],
        ["0.5 updates/s", "ETA 36s"],
        ["0.5 updates/s", "ETA 34s"],
    ]


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_quiet_writes_nothing(stream):
    assert run_steps(stream, [(1, 10), (20, 100)], quiet=True) == ""


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_run_that_has_nothing_left_to_do_writes_nothing(stream):
    assert run_steps(stream, [], initial=100) == ""


def test_clock_that_stands_still_is_not_divided_by():
    assert "0 updates/s, ETA ?" in run_steps(io.StringIO(), [(0, 10)])


def test_terminal_of_no_columns_is_written_to(monkeypatch):
    """Some pseudo-terminals say that they have none."""
    sizes = os.terminal_size((0, 0))
    monkeypatch.setattr("shutil.get_terminal_size", lambda fallback=(80, 24): sizes)
    assert run_steps(Terminal(), [(1, 10), (2, 100)]).startswith("\rdemo [#")


def test_what_goes_on_before_the_first_step_is_said():
    stream = io.StringIO()
    with Progress(100, "demo", stream=stream, clock=Clock()) as progress:
        progress.note("compiling")
        progress.advance(10)
    assert [line.split(",")[0] for line in stream.getvalue().splitlines()] == [
        "demo: compiling",
        "demo: 10/100",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (12.4, "12s"),
        (59.6, "1m00s"),
        (200, "3m20s"),
        (3599.7, "1h00m"),
        (3720, "1h02m"),
        (360_000, "100h00m"),
    ],
)
def test_durations_read_at_a_glance(seconds, text):
    assert duration_text(seconds) == text
