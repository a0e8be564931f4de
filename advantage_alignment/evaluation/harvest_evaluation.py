"""Whole episodes of Commons Harvest: apples per agent, apples left over time, zaps.

Shapes: B episodes, W windows of T steps each, P players, M cells with apples.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from advantage_alignment.agents import sampling_player
from advantage_alignment.config import TrainingConfig
from advantage_alignment.games import commons_harvest
from advantage_alignment.games.harvest_rules import ZAP, HarvestState
from advantage_alignment.networks import Params
from advantage_alignment.rollout import Team, rollout

Metrics = dict[str, Array]
NUM_MARKS = 6  # points in time at which apples are counted


class HarvestEpisode(NamedTuple):
    """What one episode came to, window by window."""

    rewards: Array  # [W, P], apples eaten
    num_alive: Array  # [W], apples at the end of each window
    num_zaps: Array  # [W, P], times that zap was chosen


def play(config: TrainingConfig, teams: Sequence[Team], key: Array) -> HarvestEpisode:
    """Plays one episode of `config.episode_length` steps; memories begin anew in every window.

    Args:
      config: settings of the run whose game it is.
      teams: who plays.
      key: consumed.
    """
    game = commons_harvest.make_game(config)
    reset_key, play_key = jax.random.split(key)

    def window(state: HarvestState, key: Array) -> tuple[HarvestState, HarvestEpisode]:
        state, played, _ = rollout(game, teams, state, key, config.num_steps)
        zaps = jnp.sum(played.actions == ZAP, axis=0)
        return state, HarvestEpisode(jnp.sum(played.rewards, axis=0), jnp.sum(state.apples), zaps)

    num_windows = config.episode_length // config.num_steps
    keys = jax.random.split(play_key, num_windows)
    return lax.scan(window, game.reset(reset_key), keys)[1]


def evaluate(config: TrainingConfig, params: Params, key: Array) -> Metrics:
    """Plays an agent in all seats.

    Args:
      config: settings of the run.
      params: of the agent.
      key: consumed.

    Returns:
      Scalars: apples_per_agent and zaps_per_agent over an episode, alive_K for K = 1..6: share of
      the map's apples alive after K sixths of it.
    """
    team = Team(sampling_player(commons_harvest.make_agent(config)), params, config.num_players)
    keys = jax.random.split(key, config.num_eval_episodes)
    played = jax.vmap(lambda key: play(config, [team], key))(keys)
    return summary(config, played)


def summary(config: TrainingConfig, played: HarvestEpisode) -> Metrics:
    """Metrics of `evaluate` from episodes [B, ...]."""
    num_cells = len(commons_harvest.rules_of(config).map.apple_cells)
    num_windows = played.num_alive.shape[1]
    alive = jnp.mean(played.num_alive, axis=0) / num_cells  # [W]
    marks = {
        f"alive_{mark}": alive[-(-num_windows * mark // NUM_MARKS) - 1]
        for mark in range(1, NUM_MARKS + 1)
    }
    return {
        "apples_per_agent": jnp.mean(jnp.sum(played.rewards, axis=1)),
        "zaps_per_agent": jnp.mean(jnp.sum(played.num_zaps, axis=1).astype(jnp.float32)),
        **marks,
    }
