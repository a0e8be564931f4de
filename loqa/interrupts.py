"""Ctrl-C and SIGTERM during a run: finish what is under way, save, then stop."""

import signal
from types import FrameType, TracebackType

from loqa.errors import InterruptedRunError


class SignalWatch:
    """Context manager that notes SIGINT and SIGTERM; a second one acts at once, as usual."""

    def __init__(self) -> None:
        """Nothing is noted yet."""
        self._noted: int | None = None
        self._previous: dict[int, object] = {}

    def __enter__(self) -> "SignalWatch":
        """Takes over the two signals."""
        for number in (signal.SIGINT, signal.SIGTERM):
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
            signal.signal(number, handler)  # type: ignore[arg-type]
