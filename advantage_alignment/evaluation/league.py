"""A league: every trained agent meets itself, the others and the scripts of its game.

An entrant is a way of training; its agents are one per seed. Names of metrics read like the
paper's table, row player first: `alignment_vs_ppo` is the reward per step of Advantage Alignment's
agents when they meet PPO's, `ppo_vs_alignment` what these get in the same episodes. Shapes: S
seeds.
"""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from advantage_alignment.evaluation import matches
from advantage_alignment.networks import Params
from advantage_alignment.rollout import Game, Player


class Entrant(NamedTuple):
    """Agents of one way of training."""

    player: Player
    params: Params  # [S, ...]


class Rules(NamedTuple):
    """What is played: the game and its scripts, steps of an episode and episodes of a pair."""

    game: Game
    scripts: Mapping[str, Player]
    num_steps: int
    num_episodes: int


def play_league(
    rules: Rules, entrants: Mapping[str, Entrant], key: Array
) -> dict[str, list[float]]:
    """Plays every pair of agents; each pair of two entrants once, the earlier in seat 0.

    Args:
      rules: what is played.
      entrants: trained agents by name; all have S seeds.
      key: consumed.

    Returns:
      Rewards per step, a value per seed of the row player: X_self (mean of both seats),
      X_vs_other_seeds and other_seeds_vs_X (mean over the others; if there are any), X_vs_Y and
      Y_vs_X (mean over the seeds of the column player), and the same for scripts Y.
    """
    scripted = {
        name: Entrant(script, {"none": jnp.zeros(1)}) for name, script in rules.scripts.items()
    }
    names, everybody = list(entrants), {**entrants, **scripted}
    pairs = [(row, column) for i, row in enumerate(names) for column in [*names[i:], *scripted]]
    metrics: dict[str, np.ndarray] = {}
    for (row, column), pair_key in zip(pairs, jax.random.split(key, len(pairs)), strict=True):
        rewards = _all_pairs(rules, everybody[row], everybody[column], pair_key)
        if row != column:
            metrics[f"{row}_vs_{column}"] = rewards[..., 0].mean(axis=1)
            axis = 1 if column in scripted else 0  # a script has no seeds: a value per row agent
            metrics[f"{column}_vs_{row}"] = rewards[..., 1].mean(axis=axis)
            continue
        metrics[f"{row}_self"] = np.diagonal(rewards.mean(axis=2))
        if len(rewards) > 1:
            metrics[f"{row}_vs_other_seeds"] = _without_diagonal(rewards[..., 0])
            metrics[f"other_seeds_vs_{row}"] = _without_diagonal(rewards[..., 1])
    return {metric: values.tolist() for metric, values in metrics.items()}


def _all_pairs(rules: Rules, rows: Entrant, columns: Entrant, key: Array) -> np.ndarray:
    """Rewards per step of every row agent in seat 0 against every column agent. [S, S', 2]."""
    num_rows, num_columns = (jax.tree.leaves(each.params)[0].shape[0] for each in (rows, columns))
    row, column = jnp.divmod(jnp.arange(num_rows * num_columns), num_columns)
    sizes = (rules.num_episodes, rules.num_steps)

    @jax.jit
    def play_all(row_params: Params, column_params: Params, keys: Array) -> Array:
        def match(pair: tuple[Array, Array, Array]) -> Array:
            row, column, key = pair
            first = (rows.player, jax.tree.map(lambda leaf: leaf[row], row_params))
            second = (columns.player, jax.tree.map(lambda leaf: leaf[column], column_params))
            episodes = matches.play_many(rules.game, first, second, key, *sizes)
            return matches.rewards_per_step(episodes)

        return jax.lax.map(match, (row, column, keys))

    keys = jax.random.split(key, num_rows * num_columns)
    rewards = play_all(rows.params, columns.params, keys)
    return np.asarray(rewards).reshape(num_rows, num_columns, 2)


def _without_diagonal(values: np.ndarray) -> np.ndarray:
    """Mean of each row [S, S] without its own entry. Shape [S]."""
    return (values.sum(axis=1) - np.diagonal(values)) / (len(values) - 1)
