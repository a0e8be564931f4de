"""The league of the Coin Game: every trained agent meets itself, the others and the scripts.

An entrant is a way of training; its agents are one per seed. Names of metrics read like the
paper's table, row player first: `loqa_vs_naive` is the reward per step of LOQA's agents when they
meet naive ones, `naive_vs_loqa` what the naive ones get in the same episodes. Shapes: S seeds.
"""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from common.coin_game import CoinGame
from loqa.coin_game_rollout import Player
from loqa.evaluation import matches
from loqa.networks import Params


class Entrant(NamedTuple):
    """Agents of one way of training."""

    player: Player
    params: Params  # [S, ...]


def play_league(
    game: CoinGame, entrants: Mapping[str, Entrant], key: Array, num_episodes: int
) -> dict[str, list[float]]:
    """Plays every pair of trained agents; each pair of two entrants once, the earlier in seat 0.

    Args:
      game: parameters of the game, with two players.
      entrants: trained agents by name; all have S seeds.
      key: consumed.
      num_episodes: of every pair of agents.

    Returns:
      Rewards per step, a value per seed of the row player: X_self (mean of both seats),
      X_vs_other_seeds and other_seeds_vs_X (mean over the others; if there are any), X_vs_Y and
      Y_vs_X (mean over the seeds of the column player).
    """
    metrics: dict[str, np.ndarray] = {}
    names = list(entrants)
    pairs = [(row, column) for i, row in enumerate(names) for column in names[i:]]
    for (row, column), pair_key in zip(pairs, jax.random.split(key, len(pairs)), strict=True):
        rewards = _all_pairs(game, entrants[row], entrants[column], pair_key, num_episodes)
        if row != column:
            metrics[f"{row}_vs_{column}"] = rewards[..., 0].mean(axis=1)
            metrics[f"{column}_vs_{row}"] = rewards[..., 1].mean(axis=0)
            continue
        metrics[f"{row}_self"] = np.diagonal(rewards.mean(axis=2))
        if len(rewards) > 1:
            metrics[f"{row}_vs_other_seeds"] = _without_diagonal(rewards[..., 0])
            metrics[f"other_seeds_vs_{row}"] = _without_diagonal(rewards[..., 1])
    return {metric: values.tolist() for metric, values in metrics.items()}


def _all_pairs(
    game: CoinGame, rows: Entrant, columns: Entrant, key: Array, num_episodes: int
) -> np.ndarray:
    """Rewards per step of every row agent in seat 0 against every column agent. [S, S', 2]."""
    num_rows, num_columns = (jax.tree.leaves(each.params)[0].shape[0] for each in (rows, columns))
    row, column = jnp.divmod(jnp.arange(num_rows * num_columns), num_columns)
    players = (rows.player, columns.player)

    @jax.jit
    def play_all(row_params: Params, column_params: Params, keys: Array) -> Array:
        def match(pair: tuple[Array, Array, Array]) -> Array:
            row, column, key = pair
            params = (
                jax.tree.map(lambda leaf: leaf[row], row_params),
                jax.tree.map(lambda leaf: leaf[column], column_params),
            )
            episodes = matches.play_many(game, players, params, key, num_episodes)
            return matches.rewards_per_step(episodes)

        return jax.lax.map(match, (row, column, keys))

    keys = jax.random.split(key, num_rows * num_columns)
    rewards = play_all(rows.params, columns.params, keys)
    return np.asarray(rewards).reshape(num_rows, num_columns, 2)


def _without_diagonal(values: np.ndarray) -> np.ndarray:
    """Mean of each row [S, S] without its own entry. Shape [S]."""
    return (values.sum(axis=1) - np.diagonal(values)) / (len(values) - 1)
