"""Rows of a benchmark."""

import statistics
from typing import Any

Row = dict[str, Any]


def row(what: str, unit: str, values: list[float]) -> Row:
    """Row of a benchmark: what is measured, and median and range of it."""
    spread = [min(values), max(values)]
    return {"what": what, "unit": unit, "median": statistics.median(values), "range": spread}
