"""Timing of compiled functions, and the rows of a benchmark that it gives."""

import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax

Row = dict[str, Any]


def compile_for(function: Any, argument: Any) -> tuple[Callable[[Any], Any], float]:
    """Compiles for an argument; the seconds cover tracing and, if not cached, compilation."""
    started = time.perf_counter()
    return function.lower(argument).compile(), time.perf_counter() - started


class Times(NamedTuple):
    """Of every repeat, by the clock and as the sum over all cores that worked on it."""

    seconds: list[float]
    core_seconds: list[float]  # on a busy machine the one that means something


def timed(function: Callable[[Any], Any], argument: Any, repeats: int) -> Times:
    """Times every repeat after one that is not counted."""
    jax.block_until_ready(function(argument))
    times = Times([], [])
    for _ in range(repeats):
        started, worked = time.perf_counter(), time.process_time()
        jax.block_until_ready(function(argument))
        times.seconds.append(time.perf_counter() - started)
        times.core_seconds.append(time.process_time() - worked)
    return times


def row(what: str, unit: str, values: list[float]) -> Row:
    """Row of a benchmark: what is measured, and median and range of it."""
    spread = [min(values), max(values)]
    return {"what": what, "unit": unit, "median": statistics.median(values), "range": spread}
