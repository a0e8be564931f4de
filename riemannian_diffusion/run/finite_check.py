"""Stops a training run in which something is no longer finite, and says what, where and when."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from common.logger.errors import DivergedError


def check_finite(
    training: Any,
    evaluation: Any,
    params: Any,
    *,
    step: int,
    seeds: Sequence[int],
    kept: list[Path],
) -> None:
    """Checks metrics and parameters of S seeds after some updates.

    Args:
      training: metrics of the updates after `step`, [S, updates].
      evaluation: metrics after the last of them, [S].
      params: after the last of them, a tree of [S, ...].
      step: updates done before.
      seeds: for the message.
      kept: checkpoints so far, oldest first, for the message.

    Raises:
      DivergedError: the first update, the metric, the seed, and the last good checkpoint.
    """
    bad = [
        (step + 1 + int(update), name, int(seed))
        for name, values in jax.device_get(training).items()
        for seed, update in np.argwhere(~np.isfinite(values))
    ]
    last = step + next(iter(training.values())).shape[1]
    state = [*evaluation.items(), *(("a parameter", leaf) for leaf in jax.tree.leaves(params))]
    for name, values in jax.device_get(state):
        bad += [(last, name, int(index[0])) for index in np.argwhere(~np.isfinite(values))]
    if bad:
        update, name, seed = min(bad)
        good = f"last good checkpoint: {kept[-1]}" if kept else "there is no checkpoint before it"
        raise DivergedError(
            f"{name} is not finite at update {update} of seed {seeds[seed]}; {good}"
        )
