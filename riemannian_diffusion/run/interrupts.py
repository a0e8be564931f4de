"""Ctrl-C and SIGTERM during a run: finish what is under way, save, stop, say how to go on."""

import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from common.logger.errors import DivergedError, InterruptedRunError
from riemannian_diffusion.run.command_line import shown_path, warn


class SignalWatch:
    """Context manager that notes SIGINT and SIGTERM; a second one acts at once, as usual."""

    def __init__(self) -> None:
        """Nothing is noted yet."""
        self._noted: int | None = None
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> "SignalWatch":
        """Takes over the two signals; one that this process ignores stays ignored."""
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Gives them back."""
        self._release()

    def stop_if_noted(self) -> None:
        """Raises `InterruptedRunError` if a signal came since the beginning."""
        if self._noted is not None:
            raise InterruptedRunError(self._noted)

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        self._noted = number
        self._release()

    def _release(self) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)


def exit_code(run: Callable[[], None], resume: str) -> int:
    """Runs to the end (0), or says how to go on after a signal (128 + n) or divergence (1).

    Args:
      run: raises `InterruptedRunError` or `DivergedError` if it does not come to its end.
      resume: the command that goes on.
    """
    try:
        run()
    except InterruptedRunError as interrupted:
        warn(f"riemannian_diffusion: stopped by {interrupted}; the run is saved. Go on with")
        warn(f"    {resume}")
        return 128 + interrupted.signal_number
    except KeyboardInterrupt:
        warn(
            "riemannian_diffusion: stopped at once; the run is saved up to its last checkpoint. "
            "Go on with"
        )
        warn(f"    {resume}")
        return 128 + signal.SIGINT
    except DivergedError as error:
        warn(f"riemannian_diffusion: {error}")
        return 1
    return 0


def command(words: Sequence[str], *added: str, without: str) -> str:
    """Returns a command of this program as one can type it here.

    Args:
      words: of the command that was given, without `python -m riemannian_diffusion`.
      *added: words to add.
      without: an option to leave out, with its value.
    """
    kept: list[str] = []
    is_value = False
    for word in words:
        is_doubled = word == "--resume" and word in added
        if not (is_value or is_doubled or word.partition("=")[0] == without):
            kept.append(word)
        is_value = word == without
    return shlex.join(
        [shown_path(Path(sys.executable)), "-m", "riemannian_diffusion", *kept, *added]
    )
