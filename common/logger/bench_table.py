"""The tables of a benchmark, for a README, from its bench.json."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from common.logger import atomic

Row = Mapping[str, Any]  # what, unit, median, range; and target, if it should reach one
Setup = tuple[str, dict[str, Row]]  # its name, and what is measured of it


def markdown_tables(path: Path) -> str:
    """Returns a benchmark as tables, and a line on how it was measured; empty if there is none.

    A row is named `setup: measure`. Neighbouring setups that have the same measures, several of
    them, share a table with a line each; the other rows are listed.

    Args:
      path: bench.json, with rows, repeats, device and versions, and a note if there is one.
    """
    if not path.exists():
        return ""
    bench = atomic.read_json(path)
    versions = bench["versions"]
    machine = f"{bench['device']}, JAX {versions['jax']}, Python {versions['python']}"
    how = f"Median (lowest - highest) of {bench['repeats']} repeats after a warm-up, on {machine}."
    note = " ".join(part for part in (how, bench.get("note")) if part)
    return "\n\n".join([*_tables(bench["rows"]), note])


def with_range(spread: Row, unit: str) -> str:
    """Median (lowest - highest); one number where only one was measured."""
    low, high = spread["range"]
    median = f"{_three_digits(spread['median'])}{unit}"
    return median if low == high else f"{median} ({_three_digits(low)} - {_three_digits(high)})"


def _tables(rows: Sequence[Row]) -> list[str]:
    setups: list[Setup] = [
        (name, {row["what"].rpartition(": ")[2]: row for row in of_setup})
        for name, of_setup in groupby(rows, lambda row: row["what"].rpartition(": ")[0])
    ]
    tables: list[str] = []
    for is_shared, of_kind in groupby(_alike(setups), lambda group: _is_shared(*group)):
        groups = list(of_kind)
        if is_shared:
            tables += [_side_by_side(*group) for group in groups]
        else:
            tables.append(
                _listed([row for group in groups for _, rows in group for row in rows.values()])
            )
    return tables


def _alike(setups: list[Setup]) -> list[list[Setup]]:
    """Neighbours that have the same measures."""
    return [list(group) for _, group in groupby(setups, lambda setup: list(setup[1]))]


def _is_shared(*alike: Setup) -> bool:
    return len(alike) > 1 and len(alike[0][1]) > 1


def _side_by_side(*alike: Setup) -> str:
    """A line for each setup, a column for each measure."""
    titles = [f"{measure}, {row['unit']}" for measure, row in alike[0][1].items()]
    lines = [f"| | {' | '.join(titles)} |", "|---" * (1 + len(titles)) + "|"]
    for name, rows in alike:
        cells = [with_range(row, "") for row in rows.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _listed(rows: list[Row]) -> str:
    """A line for each row; a column for targets if there are any."""
    has_targets = any("target" in row for row in rows)
    lines = ["| | | target |", "|---|---|---|"] if has_targets else ["| | |", "|---|---|"]
    for row in rows:
        cells = [row["what"], with_range(row, f" {row['unit']}")]
        if has_targets:
            cells.append(f"{row['target']:g} or more" if "target" in row else "")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _three_digits(value: float) -> str:
    rounded = f"{value:.3g}"
    return rounded if value < 1000 else f"{float(rounded):,.0f}"
