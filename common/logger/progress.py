"""Progress of a run: a bar in place on a terminal, now and then a line elsewhere."""

import math
import shutil
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

BAR_CHARACTERS = 12
NUM_METRICS = 3
MIN_COLUMNS = 20  # of a terminal that says it has none


class Progress:
    """Context manager that shows steps done, rate, time left and up to three metrics.

    with Progress(7000, "figure_1_ipd") as progress:
        for step in range(100, 7001, 100):
            ...
            progress.advance(step, loss=loss)
    """

    def __init__(
        self,
        total: int,
        description: str,
        *,
        unit: str = "updates",
        initial: int = 0,
        stream: TextIO | None = None,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
        min_interval: float | None = None,
    ) -> None:
        """Starts the clock.

        Args:
          total: steps of the whole run, at least 1.
          description: what is running.
          unit: what a step is, in the plural.
          initial: steps done before this process, by the run that it resumes.
          stream: where to write; standard error if None.
          quiet: whether to write nothing.
          clock: time in seconds.
          min_interval: least seconds between two displays; if None, 0.1 on a terminal, else 10.
        """
        self._total, self._description, self._unit = total, description, unit
        self._stream = sys.stderr if stream is None else stream
        self._is_quiet, self._clock = quiet, clock
        self._is_terminal = self._stream.isatty()
        default_interval = 0.1 if self._is_terminal else 10.0
        self._min_interval = default_interval if min_interval is None else min_interval
        self._start_time = clock()
        self._anchor = (initial, self._start_time)
        self._has_advanced = False
        self._shown_time = -math.inf
        self._pending: str | None = None

    def __enter__(self) -> "Progress":
        """Shows nothing yet: the first `advance` does."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Shows the last state, if it was held back, and leaves the cursor on a new line."""
        if self._pending is not None:
            self._show(self._pending)
        if self._is_terminal and self._has_advanced and not self._is_quiet:
            self._stream.write("\n")
            self._stream.flush()

    def note(self, what: str) -> None:
        """Says what goes on while no step gets done, such as compiling."""
        if not self._is_quiet:
            self._show(f"{self._description}: {what}")

    def advance(self, step: int, **metrics: float) -> None:
        """Notes that `step` steps of the whole run are done; shows it if a display is due.

        Args:
          step: steps done in total, those of an earlier process included.
          **metrics: single numbers; the first three are shown.
        """
        if self._is_quiet:
            return
        now = self._clock()
        self._pending = self._line(step, now, metrics)
        if now - self._shown_time >= self._min_interval:
            self._show(self._pending)
            self._shown_time, self._pending = now, None
        if not self._has_advanced:
            # The first stretch includes compilation, so later rates are measured from its end.
            self._anchor, self._has_advanced = (step, now), True

    def _line(self, step: int, now: float, metrics: dict[str, float]) -> str:
        anchor_step, anchor_time = self._anchor
        seconds = now - anchor_time
        rate = (step - anchor_step) / seconds if seconds > 0 else 0.0
        if step >= self._total:
            time_text = f"done in {duration_text(now - self._start_time)}"
        else:
            time_text = f"ETA {duration_text((self._total - step) / rate) if rate > 0 else '?'}"
        shown = list(metrics.items())[:NUM_METRICS]
        parts = [f"{step}/{self._total}", f"{_rate_text(rate)} {self._unit}/s", time_text]
        parts += [f"{name} {float(value):.4g}" for name, value in shown]
        if not self._is_terminal:
            return f"{self._description}: {', '.join(parts)}"
        filled = round(BAR_CHARACTERS * min(step / self._total, 1.0))
        return f"{self._description} [{'#' * filled:.<{BAR_CHARACTERS}}] {'  '.join(parts)}"

    def _show(self, line: str) -> None:
        if self._is_terminal:
            columns = max(shutil.get_terminal_size().columns - 1, MIN_COLUMNS)
            self._stream.write(f"\r{line[:columns]:<{columns}}")
        else:
            self._stream.write(f"{line}\n")
        self._stream.flush()


def duration_text(seconds: float) -> str:
    """Returns a duration to read at a glance, such as 1h02m, 3m20s or 12s."""
    whole_seconds = round(seconds)
    minutes, rest = divmod(whole_seconds, 60)
    hours, rest_minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{rest_minutes:02d}m"
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"


def _rate_text(rate: float) -> str:
    return f"{rate:.3g}" if rate < 1000 else f"{rate:,.0f}"
