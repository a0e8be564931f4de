"""Learning curves as CSV: one row per update and seed, one column per metric."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

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
