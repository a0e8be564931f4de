"""Thresholds of the paper's scaling figure: when a training in the Coin Game is good enough.

Rewards per step shrink on larger grids, where coins are farther apart; they are multiplied by the
largest distance on the torus before they are compared.
"""

from collections.abc import Mapping, Sequence
from typing import Any

# Level -> normalised reward in self-play, and against always-defect, that must both be exceeded.
THRESHOLDS = {"weak": (0.05, -1.2), "medium": (0.1, -0.5), "strong": (0.2, -0.2)}


def largest_distance(grid_size: int) -> int:
    """Walking distance between the farthest cells of a square torus."""
    return 2 * (grid_size // 2)


def passed(log: Sequence[Mapping[str, Any]], grid_size: int) -> dict[str, list[int | None]]:
    """First evaluation at which each threshold is passed, not smoothed.

    Args:
      log: lines with "step", and "self_play" and "vs_always_defect" as lists over seeds.
      grid_size: of the game.

    Returns:
      Updates done by level, a number per seed; None if the seed never passes it.
    """
    scale = largest_distance(grid_size)
    num_seeds = len(log[0]["self_play"])

    def first(seed: int, self_play: float, vs_defect: float) -> int | None:
        return next(
            (
                line["step"]
                for line in log
                if scale * line["self_play"][seed] > self_play
                and scale * line["vs_always_defect"][seed] > vs_defect
            ),
            None,
        )

    return {
        level: [first(seed, *limits) for seed in range(num_seeds)]
        for level, limits in THRESHOLDS.items()
    }
