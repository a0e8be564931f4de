"""Confidence intervals of a mean over seeds."""

import math
import statistics
from collections.abc import Sequence
from typing import Any

NUM_RESAMPLES = 10_000
MIN_SEEDS = 3
METHOD = f"percentile bootstrap over seeds, {NUM_RESAMPLES} resamples"


def bootstrap_interval(
    per_seed: Sequence[float], confidence: float = 0.95
) -> tuple[float, float] | None:
    """Returns a bootstrap confidence interval of the mean over seeds.

    The percentile method, with a fixed random stream, so that the same values always give the
    same interval. With few seeds it is too narrow: it lacks the factor sqrt(n / (n - 1)) and
    Student's tails. On normal data a nominal 95 % covers the mean in about 75 % of cases at three
    seeds (where it is just smallest to largest), 84 % at five, 89 % at ten, 94 % at thirty.

    Args:
      per_seed: one value per seed.
      confidence: probability between 0 and 1.

    Returns:
      Lower and upper end; None with fewer than three seeds or a value that is not finite.
    """
    if len(per_seed) < MIN_SEEDS or not all(map(math.isfinite, per_seed)):
        return None
    if min(per_seed) == max(per_seed):
        return float(per_seed[0]), float(per_seed[0])

    import numpy as np
    from scipy import stats

    interval = stats.bootstrap(
        (np.asarray(per_seed, dtype=float),),
        np.mean,
        n_resamples=NUM_RESAMPLES,
        confidence_level=confidence,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return float(interval.low), float(interval.high)


def summarise(per_seed: Sequence[float]) -> dict[str, Any]:
    """Returns {"mean", "ci95", "per_seed"} as JSON holds them.

    Values that are not finite become None, and then so do mean and interval.
    """
    values = [float(value) for value in per_seed]
    if not values:
        raise ValueError("a metric needs the value of one seed at least; there is none")
    interval = bootstrap_interval(values)
    is_finite = all(map(math.isfinite, values))
    return {
        "mean": statistics.fmean(values) if is_finite else None,
        "ci95": None if interval is None else list(interval),
        "per_seed": [value if math.isfinite(value) else None for value in values],
    }
