"""What an experiment shows, and how functions of one seed give it for all seeds."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from riemannian_diffusion import programs

Metrics = dict[str, list[float]]  # metric -> a value per seed
Rows = list[dict[str, float]]  # of curves


class Findings(NamedTuple):
    """What an experiment shows."""

    metrics: Metrics
    curves: Rows


def per_seed(
    function: Callable[[Any, Array], dict[str, Array]], params: Any, seeds: Sequence[int]
) -> dict[str, np.ndarray]:
    """Applies a function of one seed's parameters and key to all seeds; arrays of [S, ...].

    Args:
      function: parameters and key, which it consumes, to named arrays.
      params: leading axis: seeds.
      seeds: S of them; the keys are independent of those of training.
    """

    def of_seed(of_one: tuple[Any, Array]) -> dict[str, Array]:
        params, seed = of_one
        return function(params, jax.random.fold_in(jax.random.key(seed), 0))

    argument = (jax.device_get(params), jnp.asarray(seeds, jnp.int32))
    found: dict[str, np.ndarray] = jax.device_get(programs.over_seeds(of_seed, argument)(argument))
    return found


def as_metrics(found: Mapping[str, np.ndarray]) -> Metrics:
    """Named arrays [S] as lists."""
    return {name: np.asarray(values, float).tolist() for name, values in found.items()}


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
