"""What an experiment shows, and the curves of its runs as rows."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Metrics = dict[str, list[float]]  # metric -> a value per seed
Rows = list[dict[str, float]]  # of curves


class Findings(NamedTuple):
    """What an experiment shows."""

    metrics: Metrics
    curves: Rows


def curve_rows(log: Sequence[Mapping[str, Any]], seeds: Sequence[int]) -> Rows:
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


def side_by_side(runs_rows: Mapping[str, Rows]) -> Rows:
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
