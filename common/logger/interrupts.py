"""Ctrl-C and SIGTERM: a training finishes its update, saves and stops; all else stops at once."""

import contextlib
import os
import signal
import sys
from types import FrameType

from common.logger.errors import InterruptedRunError


class SignalWatch:
    """Answers the two signals of this process, from before JAX is imported to the end.

    Attributes:
      how_to_go_on: lines to print when the process stops, such as the command that resumes.
    """

    def __init__(self) -> None:
        """Nothing has come, and nothing is under way that could be saved."""
        self.how_to_go_on: tuple[str, ...] = ()
        self._came: int | None = None
        self._is_training = False

    def install(self) -> None:
        """Takes over the two signals; one that this process ignores stays ignored."""
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._answer)

    def stop_if_asked(self) -> None:
        """Raises `InterruptedRunError` if a signal came; from the first call on one waits for it.

        A training calls it when it has begun, and between updates.
        """
        self._is_training = True
        if self._came is not None:
            raise InterruptedRunError(self._came)

    def training_ended(self) -> None:
        """From now on a signal stops the process at once; raises for one that has come."""
        self._is_training = False
        if self._came is not None:
            raise InterruptedRunError(self._came)

    def _answer(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self._is_training and self._came is None:
            self._came = number
            return
        lines = [f"stopped at once by {signal.Signals(number).name}", *self.how_to_go_on, ""]
        with contextlib.suppress(OSError, RuntimeError):  # it may come in the middle of a write
            sys.stdout.flush()
        with contextlib.suppress(OSError):
            os.write(2, "\n".join(lines).encode())
        os._exit(128 + number)  # an exception can get lost inside an import
