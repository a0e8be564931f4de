"""Timing of compiled functions, and the rows of a benchmark that it gives."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import jax

Row = dict[str, Any]


def compile_for(function: Any, argument: Any) -> tuple[Callable[[Any], Any], float]:
    """Compiles for an argument; the seconds cover tracing and, if not cached, compilation."""
    started = time.perf_counter()
    return function.lower(argument).compile(), time.perf_counter() - started


def timed(function: Callable[[Any], Any], argument: Any, repeats: int) -> list[float]:
    """Seconds of every repeat after one that is not counted."""
    jax.block_until_ready(function(argument))
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        jax.block_until_ready(function(argument))
        seconds.append(time.perf_counter() - started)
    return seconds


def row(what: str, unit: str, values: list[float]) -> Row:
    """Row of a benchmark: what is measured, and median and range of it."""
    spread = [min(values), max(values)]
    return {"what": what, "unit": unit, "median": statistics.median(values), "range": spread}
