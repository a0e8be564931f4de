"""Timing of functions, and the rows of a benchmark that it gives."""

import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax

Row = dict[str, Any]


class Times(NamedTuple):
    """Of every repeat, by the clock and as the sum over all cores that worked on it."""

    seconds: list[float]
    core_seconds: list[float]  # on a busy machine the one that means something


def compile_for(function: Any, argument: Any) -> tuple[Callable[[Any], Any], float]:
    """Compiles for an argument; the seconds cover tracing and, if not cached, compilation."""
    started = time.perf_counter()
    return function.lower(argument).compile(), time.perf_counter() - started


def timed(function: Callable[..., Any], *arguments: Any, repeats: int) -> Times:
    """Times every repeat after one that is not counted, each to the end of its computation."""
    jax.block_until_ready(function(*arguments))
    times = Times([], [])
    for _ in range(repeats):
        started, worked = time.perf_counter(), time.process_time()
        jax.block_until_ready(function(*arguments))
        times.seconds.append(time.perf_counter() - started)
        times.core_seconds.append(time.process_time() - worked)
    return times


def row(what: str, unit: str, values: list[float], target: float | None = None) -> Row:
    """Row of a benchmark: what is measured, its median and range, and what it should reach."""
    spread = [min(values), max(values)]
    found = {"what": what, "unit": unit, "median": statistics.median(values), "range": spread}
    return found | ({} if target is None else {"target": target})
