"""Learning curves: one row per update and seed, one column per metric; as CSV, and side by side."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from common.logger import atomic


def write_curves(path: Path | str, rows: Sequence[Mapping[str, float]]) -> None:
    """Writes learning curves as CSV, so that reading gives back the same floats.

    Args:
      path: the file to write.
      rows: {"update": ..., "seed": ..., metric: ...} each, the same keys in every row. NaN means
        not measured.

    Raises:
      ValueError: there is no row, or the keys are not as above.
    """
    columns = list(rows[0]) if rows else []
    if columns[:2] != ["update", "seed"]:
        raise ValueError(f"curves need rows that start with update and seed; got {columns}")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        if list(row) != columns:
            raise ValueError(f"every row of a curve needs the keys {columns}; got {list(row)}")
        counts = [int(row["update"]), int(row["seed"])]
        writer.writerow([*counts, *(repr(float(row[column])) for column in columns[2:])])
    atomic.write_text(path, text.getvalue())


def read_curves(path: Path | str) -> list[dict[str, float]]:
    """Reads what `write_curves` wrote; update and seed are integers.

    Raises:
      DamagedFileError: a row does not fit the header or holds something else than numbers.
    """
    with open(path, newline="", encoding="utf-8") as file:
        columns, *lines = list(csv.reader(file)) or [[]]
    try:
        values = [[int(line[0]), int(line[1]), *map(float, line[2:])] for line in lines]
        return [dict(zip(columns, row, strict=True)) for row in values]
    except (ValueError, IndexError) as error:
        raise atomic.DamagedFileError(f"{path} is not a table of curves: {error}") from error


def curve_rows(log: Sequence[Mapping[str, Any]], seeds: Sequence[int]) -> list[dict[str, float]]:
    """Turns lines of metrics with lists over seeds into rows of a curve, one per line and seed."""
    return [
        {
            "update": line["step"],
            "seed": seed,
            **{name: values[i] for name, values in line.items() if name != "step"},
        }
        for line in log
        for i, seed in enumerate(seeds)
    ]


def side_by_side(runs_rows: Mapping[str, Sequence[Mapping[str, float]]]) -> list[dict[str, float]]:
    """Joins the curves of several runs by update and seed; NaN where a run has no such update.

    A metric's name gets the run's in front.
    """
    columns = {
        f"{run}_{name}": math.nan
        for run, rows in runs_rows.items()
        for name in rows[0]
        if name not in ("update", "seed")
    }
    joined: dict[tuple[float, float], dict[str, float]] = {}
    for run, rows in runs_rows.items():
        for row in rows:
            place = {"update": row["update"], "seed": row["seed"]}
            entry = joined.setdefault((row["update"], row["seed"]), {**place, **columns})
            entry |= {f"{run}_{name}": value for name, value in row.items() if name not in place}
    return [joined[where] for where in sorted(joined)]
