"""What can stop a command, and how the process exits then."""

import signal


class UserError(ValueError):
    """Something the user gave makes no sense or does not fit; one clear line, exit code 2."""


class DivergedError(RuntimeError):
    """A loss or a parameter is not finite; exit code 1."""


class InterruptedRunError(Exception):
    """A run stopped on a signal after it had saved; exit code 128 plus the signal's number."""

    def __init__(self, signal_number: int) -> None:
        """Remembers the signal."""
        super().__init__(signal.Signals(signal_number).name)
        self.signal_number = signal_number
