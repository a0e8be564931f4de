"""The agents that experiments train with exact gradients in the Coin Game, and their sizes."""

from dataclasses import replace
from typing import Any

from brs.config import ExactCoinConfig

FULL = ExactCoinConfig()
SMALL = replace(FULL, grid_size=2, episode_length=20)
TINY = replace(SMALL, num_updates=2, eval_every_updates=1, episode_length=3)
CHANGES: dict[str, dict[str, Any]] = {
    "brs": {},
    "nosp": {"self_play": False},
    "sp_only": {"learning_rate": 0.0},
    "brs_no_through": {"through_detective": False},
}
NAMES = tuple(CHANGES)


def agents(
    base: ExactCoinConfig, names: tuple[str, ...] = NAMES
) -> tuple[tuple[str, ExactCoinConfig], ...]:
    """Names and settings of some of the agents, at the size of `base`."""
    return tuple((name, replace(base, **CHANGES[name])) for name in names)
