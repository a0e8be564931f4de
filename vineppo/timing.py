"""Rows of a benchmark, and repeated timing."""

import statistics
import time
from collections.abc import Callable
from typing import Any

Row = dict[str, Any]


def row(what: str, unit: str, values: list[float], target: float | None = None) -> Row:
    """Row of a benchmark: what is measured, median and range of it, and what it should reach."""
    spread = [min(values), max(values)]
    found = {"what": what, "unit": unit, "median": statistics.median(values), "range": spread}
    return found | ({} if target is None else {"target": target})


def seconds_of(function: Callable[[], Any], repeats: int) -> list[float]:
    """Wall-clock of some calls, after one that is not counted."""
    function()
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - started)
    return seconds
