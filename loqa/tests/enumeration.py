"""Every episode of a short iterated prisoner's dilemma, and how probable it is.

Written from the rules alone, in numpy and float64; it shares no code with what it helps to check.
"""

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

PAYOFFS = np.array([[-1.0, -1.0], [-3.0, 0.0], [0.0, -3.0], [-2.0, -2.0]])  # CC, CD, DC, DD


class Episodes(NamedTuple):
    """All N = 4^T episodes of T steps between P = 2 players."""

    actions: np.ndarray  # [N, T, P]
    states: np.ndarray  # [N, T, P], 0 to 4 for START, CC, CD, DC, DD as each player names it
    rewards: np.ndarray  # [N, T, P]


def all_episodes(num_steps: int) -> Episodes:
    """Lists every sequence of joint actions with the states and rewards that follow from it."""
    joint = np.array(list(itertools.product(range(4), repeat=num_steps)))  # [N, T]
    first, second = np.divmod(joint, 2)
    states_after = np.stack([1 + 2 * first + second, 1 + 2 * second + first], axis=-1)
    start = np.zeros((len(joint), 1, 2), dtype=int)
    states = np.concatenate([start, states_after[:, :-1]], axis=1)
    return Episodes(np.stack([first, second], axis=-1), states, PAYOFFS[joint])


def probabilities(episodes: Episodes, cooperation: np.ndarray) -> np.ndarray:
    """Probability of each episode given P(cooperate) by player, time and state.

    Args:
      episodes: all of them.
      cooperation: each player's own view. Shape [P, T, 5].

    Returns:
      Shape [N].
    """
    times = np.arange(episodes.states.shape[1])[None, :, None]
    cooperates = cooperation[np.arange(2)[None, None], times, episodes.states]  # [N, T, P]
    return np.where(episodes.actions == 0, cooperates, 1 - cooperates).prod(axis=(1, 2))


def returns(rewards: np.ndarray, discount: float) -> np.ndarray:
    """R_t = r_t + gamma R_{t+1} along axis 1. Shape [N, T, ...]."""
    sums = np.array(rewards, dtype=float)
    for time in reversed(range(rewards.shape[1] - 1)):
        sums[:, time] += discount * sums[:, time + 1]
    return sums


def derivative(function: Callable[[np.ndarray], Any], point: np.ndarray) -> np.ndarray:
    """Central differences of a scalar function, with the shape of the point."""
    slopes = np.zeros_like(point)
    for index in np.ndindex(point.shape):
        step = np.zeros_like(point)
        step[index] = 1e-5
        slopes[index] = (function(point + step) - function(point - step)) / 2e-5
    return slopes
