"""The tables of a benchmark, for a README, from its bench.json."""

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from common.logger import atomic

Row = Mapping[str, Any]  # what, unit, median and range


def markdown_tables(path: Path) -> str:
    """Returns a benchmark as tables; empty if there is none.

    A row is named `setup: measure`. Neighbouring setups with the same measures share a table, a
    line each.

    Args:
      path: bench.json, with rows, repeats, device and versions.
    """
    if not path.exists():
        return ""
    bench = atomic.read_json(path)
    setups = [
        (setup, {_measure(row): row for row in rows})
        for setup, rows in groupby(bench["rows"], lambda row: row["what"].rpartition(": ")[0])
    ]
    tables = []
    for _, group in groupby(setups, lambda setup: list(setup[1])):
        alike = list(group)
        tables.append(_side_by_side(alike) if len(alike) > 1 else _listed(*alike[0]))
    versions = bench["versions"]
    machine = f"{bench['device']}, JAX {versions['jax']}, Python {versions['python']}"
    how = f"Median (lowest - highest) of {bench['repeats']} repeats after a warm-up, on {machine}."
    return "\n\n".join([*tables, how])


def with_range(spread: Row, unit: str) -> str:
    """Median (lowest - highest); one number where only one was measured."""
    low, high = spread["range"]
    median = f"{_three_digits(spread['median'])}{unit}"
    return median if low == high else f"{median} ({_three_digits(low)} - {_three_digits(high)})"


def _measure(row: Row) -> str:
    name: str = row["what"].rpartition(": ")[2]
    return name


def _side_by_side(setups: list[tuple[str, dict[str, Row]]]) -> str:
    """A line for each setup, a column for each measure."""
    titles = [f"{name}, {row['unit']}" for name, row in setups[0][1].items()]
    lines = [f"| | {' | '.join(titles)} |", "|---" * (1 + len(titles)) + "|"]
    for setup, rows in setups:
        cells = [with_range(row, "") for row in rows.values()]
        lines.append(f"| {setup} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _listed(setup: str, rows: dict[str, Row]) -> str:
    """A line for each measure of one setup."""
    lines = [f"| {setup} | |", "|---|---|"]
    lines += [f"| {name} | {with_range(row, ' ' + row['unit'])} |" for name, row in rows.items()]
    return "\n".join(lines)


def _three_digits(value: float) -> str:
    rounded = f"{value:.3g}"
    return rounded if value < 1000 else f"{float(rounded):,.0f}"
