"""Every agent of a league meets every agent; all play one game.

Shapes: S seeds, P = 2 players.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from brs import coin_game_players
from brs.evaluation import league
from brs.evaluation.config import LeagueConfig
from brs.evaluation.league import LeagueAgent
from common import coin_game_policy
from common.coin_game import CoinGame
from common.logger.experiment import Findings, Metrics


def head_to_head(config: LeagueConfig, trainer: Any) -> Findings:
    """Plays every pair, each seed of one with each of the other; itself with the same seed only.

    Metrics: X_vs_Y is the reward per step of X where it meets Y, a value per seed of X; X_over_Y,
    of the earlier of two, by how much X gets more than Y there.
    """
    agents, curves = league.gather(config, trainer)
    game = next(iter(agents.values())).game
    metrics: Metrics = {}
    names, league_key = list(agents), jax.random.key(trainer.seeds[0])
    for i, row in enumerate(names):
        coin_game_policy.check_same_game(game, agents[row].game, row)
        for j, column in enumerate(names[i:], start=i):
            key = jax.random.fold_in(league_key, i * len(names) + j)
            pair = (agents[row], agents[column])
            rewards = _all_pairs(game, pair, len(trainer.seeds), config.num_episodes, key)
            if row == column:
                metrics[f"{row}_vs_{row}"] = np.diagonal(np.mean(rewards, 2)).tolist()
                continue
            first, second = rewards[..., 0], rewards[..., 1]
            metrics[f"{row}_vs_{column}"] = np.mean(first, axis=1).tolist()
            metrics[f"{column}_vs_{row}"] = np.mean(second, axis=0).tolist()
            metrics[f"{row}_over_{column}"] = np.mean(first - second, axis=1).tolist()
    return Findings(metrics, curves)


def _all_pairs(
    game: CoinGame,
    pair: tuple[LeagueAgent, LeagueAgent],
    num_seeds: int,
    num_episodes: int,
    key: Array,
) -> np.ndarray:
    """Rewards per step of every seed of one against every seed of the other. [S, S, P]."""
    rows, columns = jnp.divmod(jnp.arange(num_seeds**2), num_seeds)
    players = [agent.player for agent in pair]

    def match(inputs: tuple[Array, Array, Array]) -> Array:
        row, column, key = inputs
        params = [league.params_of(pair[0], row), league.params_of(pair[1], column)]
        played = coin_game_players.play_many(game, players, params, key, num_episodes)
        return jnp.mean(played.rewards, axis=(0, 1))

    keys = jax.random.split(key, num_seeds**2)
    played = jax.jit(lambda *inputs: jax.lax.map(match, inputs))(rows, columns, keys)
    return np.asarray(played, np.float64).reshape(num_seeds, num_seeds, 2)
