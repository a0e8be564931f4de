"""Iterated 2x2 matrix games such as the prisoner's dilemma: rules and sampled play.

The game (`reset`, `step`, `observe`) follows LOQA (Aghajohari et al. 2024, arXiv 2405.01035): a
player sees its own and the other's previous action and nothing else. The exact values of two
memory-one policies are in `ipd_values.py`.

Conventions: action 0 is cooperate (C), 1 is defect (D). A joint action is indexed
2 * first + second, that is CC, CD, DC, DD. A memory-one policy is an array of five probabilities
of cooperating, in the states START, CC, CD, DC, DD, always from the player's own view: the first
letter is what it did itself. P = 2 players; `vmap` lifts everything to many games.
"""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import chex
import jax.numpy as jnp
import numpy as np
from jax import Array

COOPERATE, DEFECT = 0, 1
START, CC, CD, DC, DD = range(5)

Payoffs = tuple[tuple[float, float], ...]  # [4, P], rows CC, CD, DC, DD
PRISONERS_DILEMMA: Payoffs = ((-1.0, -1.0), (-3.0, 0.0), (0.0, -3.0), (-2.0, -2.0))
MATCHING_PENNIES: Payoffs = ((1.0, -1.0), (-1.0, 1.0), (-1.0, 1.0), (1.0, -1.0))
CHICKEN: Payoffs = ((0.0, 0.0), (-1.0, 1.0), (1.0, -1.0), (-100.0, -100.0))

MemoryOnePolicy = tuple[float, float, float, float, float]  # [5], START, CC, CD, DC, DD
ALWAYS_COOPERATE: MemoryOnePolicy = (1.0, 1.0, 1.0, 1.0, 1.0)
ALWAYS_DEFECT: MemoryOnePolicy = (0.0, 0.0, 0.0, 0.0, 0.0)
TIT_FOR_TAT: MemoryOnePolicy = (1.0, 1.0, 0.0, 1.0, 0.0)
GRIM: MemoryOnePolicy = (1.0, 1.0, 0.0, 0.0, 0.0)
PAVLOV: MemoryOnePolicy = (1.0, 1.0, 0.0, 0.0, 1.0)  # win-stay, lose-shift


@dataclass(frozen=True)
class MatrixGame:
    """Parameters of the sampled game: payoffs and number of steps of an episode.

    Attributes:
      payoffs: reward of both players after CC, CD, DC, DD. Shape [4, P].
      episode_length: number of steps; the game itself never ends earlier.
    """

    num_players: ClassVar[int] = 2
    num_actions: ClassVar[int] = 2
    observation_shape: ClassVar[tuple[int, ...]] = (4,)  # of one player

    payoffs: Payoffs = PRISONERS_DILEMMA
    episode_length: int = 50

    def __post_init__(self) -> None:
        """Refuses payoffs of the wrong shape and empty episodes."""
        if np.shape(self.payoffs) != (4, 2):
            raise ValueError(
                "payoffs must hold 4 rows (CC, CD, DC, DD) of 2 rewards, got shape "
                f"{np.shape(self.payoffs)}; see PRISONERS_DILEMMA for an example"
            )
        if self.episode_length < 1:
            raise ValueError(f"episode_length must be positive, got {self.episode_length}; try 50")


class MatrixGameState(NamedTuple):
    """What was played last, and when."""

    last_actions: Array  # [P] int32, -1 before the first step
    time: Array  # [] int32, number of steps played


def reset(game: MatrixGame, key: Array | None = None) -> MatrixGameState:
    """Starts an episode.

    Args:
      game: parameters of the game.
      key: ignored; accepted so that a rollout can treat this game and the Coin Game alike.

    Returns:
      The state before the first step.
    """
    del game, key
    return MatrixGameState(last_actions=jnp.full(2, -1, jnp.int32), time=jnp.array(0, jnp.int32))


def step(
    game: MatrixGame, state: MatrixGameState, actions: Array, key: Array | None = None
) -> tuple[MatrixGameState, Array]:
    """Plays one simultaneous move.

    Args:
      game: parameters of the game.
      state: state before the move.
      actions: 0 cooperates, 1 defects. Shape [P], integer.
      key: ignored, as in `reset`.

    Returns:
      The next state and the rewards, shape [P].
    """
    del key
    chex.assert_shape(actions, (2,))
    actions = actions.astype(jnp.int32)
    rewards = jnp.asarray(game.payoffs, dtype=float)[2 * actions[0] + actions[1]]
    return MatrixGameState(last_actions=actions, time=state.time + 1), rewards


def observe(game: MatrixGame, state: MatrixGameState) -> Array:
    """Shows each player [I cooperated, I defected, other cooperated, other defected] (LOQA).

    Args:
      game: parameters of the game.
      state: current state.

    Returns:
      Ones and zeros, all zero before the first step. Shape [P, 4], float.
    """
    own, other = state.last_actions, state.last_actions[::-1]
    flags = [own == COOPERATE, own == DEFECT, other == COOPERATE, other == DEFECT]
    return jnp.stack(flags, axis=1).astype(jnp.float32)


def memory_one_states(state: MatrixGameState) -> Array:
    """Names the state as a memory-one policy indexes it, START to DD, from each player's own view.

    Args:
      state: current state.

    Returns:
      Index into a memory-one policy for each player. Shape [P], int32.
    """
    own, other = state.last_actions, state.last_actions[::-1]
    return jnp.where(own < 0, START, CC + 2 * own + other)
