"""Runs the seeds of a training side by side, a thread each: their work is outside of Python."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import jax

from common.logger.errors import UserError

SECONDS_AT_ONCE = 3.0  # of updates, after which signals are looked at


class SeedThreads:
    """Context manager around the threads of a run, one per seed."""

    def __init__(self, num_seeds: int) -> None:
        """Starts no thread yet."""
        self._pool = ThreadPoolExecutor(num_seeds)
        self._compiled: set[str] = set()

    def __enter__(self) -> "SeedThreads":
        """Returns itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Waits for the threads."""
        self._pool.shutdown()

    def map(self, what: str, function: Callable[[Any], Any], seeds: Sequence[Any]) -> list[Any]:
        """Applies a function to all seeds; at the first call for `what` to one, which compiles."""
        number = 0 if what in self._compiled else 1
        first = [function(seed) for seed in seeds[:number]]
        found = first + list(self._pool.map(function, seeds[number:]))
        self._compiled.add(what)
        return found


class Pace:
    """How many updates are done at once, and what one costs."""

    def __init__(self, block: int | None) -> None:
        """Begins with one update, and goes up to `SECONDS_AT_ONCE`; or keeps to a block."""
        self._block, self._at_once = block, block or 1
        self._worked, self._done = 0.0, 0

    def number(self, left: int) -> int:
        """Returns how many of so many updates are to be done next."""
        return min(self._at_once, left)

    @contextmanager
    def measured(self, number: int) -> Iterator[None]:
        """Measures the updates that are done inside."""
        started, worked = time.perf_counter(), time.process_time()
        yield
        self._worked += time.process_time() - worked
        self._done += number
        took = time.perf_counter() - started
        most = min(2 * number, int(number * SECONDS_AT_ONCE / took))
        self._at_once = self._block or max(1, most)

    def seconds_per_update(self, num_seeds: int) -> float | None:
        """Returns processor seconds since the last call, for one seed; None if there was none."""
        worked, done = self._worked, self._done
        self._worked, self._done = 0.0, 0
        return worked / (done * num_seeds) if done else None


@contextmanager
def memory_errors_explained() -> Iterator[None]:
    """Turns JAX's error for lack of memory into a line on what to do about it.

    Raises:
      UserError: the memory of the device does not suffice.
    """
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        reason = str(error).splitlines()[0]
        remedy = "Try less minibatch_size or groups_at_once, rematerialise, or more model_shards"
        raise UserError(f"{reason} {remedy}") from error
