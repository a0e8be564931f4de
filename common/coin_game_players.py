"""Scripted players of the Coin Game, as in LOQA's league, and the draw of their moves.

A scripted player maps the game, its state and its seat to the probability of each move. Shapes: A
actions, P players.
"""

from collections.abc import Callable

import chex
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from common.coin_game import CoinGame, CoinGameState

ScriptedPlayer = Callable[[CoinGame, CoinGameState, int | Array], Array]


def always_cooperate(game: CoinGame, state: CoinGameState, player: int | Array) -> Array:
    """Goes for its own coin and away from another's, as in LOQA's league.

    All moves that bring it as near as possible to its own coin, or as far as possible from
    another's, are equally likely.

    Args:
      game: parameters of the game, with a single coin.
      state: current state.
      player: index of the scripted player.

    Returns:
      Probability of each move. Shape [A].
    """
    distances = _coin_distances(game, state, player)
    is_own = state.coin_owners[0] == player
    return _uniform_over_smallest(jnp.where(is_own, distances, -distances))


def always_defect(game: CoinGame, state: CoinGameState, player: int | Array) -> Array:
    """Goes for every coin, as in LOQA's league; equally good moves are equally likely.

    Args:
      game: parameters of the game, with a single coin.
      state: current state.
      player: index of the scripted player.

    Returns:
      Probability of each move. Shape [A].
    """
    return _uniform_over_smallest(_coin_distances(game, state, player))


def random_player(game: CoinGame, state: CoinGameState, player: int | Array) -> Array:
    """Chooses every move with the same probability.

    Args:
      game: parameters of the game.
      state: ignored.
      player: ignored.

    Returns:
      Probability of each move. Shape [A].
    """
    del state, player
    return jnp.full(game.num_actions, 1 / game.num_actions, dtype=jnp.float32)


def sample_move(probabilities: Array, key: Array) -> Array:
    """Draws an action; ties of a scripted player are broken anew at every call.

    Args:
      probabilities: of each move, summing to one. Shape [A].
      key: consumed.

    Returns:
      Index of the action. Shape [], int32.
    """
    chex.assert_rank(probabilities, 1)
    uniform = jax.random.uniform(key, dtype=probabilities.dtype)
    return jnp.sum(jnp.cumsum(probabilities)[:-1] <= uniform).astype(jnp.int32)


def _coin_distances(game: CoinGame, state: CoinGameState, player: int | Array) -> Array:
    """Walking distance to the coin after each move. Shape [A]."""
    if game.coins != "single_alternating":
        raise ValueError(
            f"scripted players know games with a single coin only, got coins={game.coins!r}; "
            "use random_player or coins='single_alternating'"
        )
    grid = np.array([[game.height, game.width]])
    offset = state.player_cells[player] - state.coin_cells[0]  # [2]
    apart = (offset[None] + game.move_steps) % grid  # [A, 2]
    return jnp.sum(jnp.minimum(apart, grid - apart), axis=1)


def _uniform_over_smallest(scores: Array) -> Array:
    is_smallest = (scores == jnp.min(scores)).astype(jnp.float32)
    return is_smallest / jnp.sum(is_smallest)
