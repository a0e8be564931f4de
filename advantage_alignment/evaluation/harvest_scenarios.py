"""Scenarios of Commons Harvest: a trained agent in the first seats, scripted bots in the last.

Scenario 0 has bots that also zap, scenario 1 pacifists; both eat without restraint. The score is
the mean return of the trained agents. Bots differ from Melting Pot's, which are TensorFlow models,
so that its normalisation of scores does not hold here.
"""

import jax
import jax.numpy as jnp
from jax import Array

from advantage_alignment.agents import greedy_player
from advantage_alignment.config import TrainingConfig
from advantage_alignment.evaluation import harvest_evaluation
from advantage_alignment.games import commons_harvest
from advantage_alignment.networks import Params
from advantage_alignment.rollout import Team

Metrics = dict[str, Array]


def num_bots(config: TrainingConfig) -> int:
    """Seats of the bots: two of seven, one on smaller maps."""
    return 2 if config.num_players == 7 else 1


def play(config: TrainingConfig, params: Params, key: Array) -> Metrics:
    """Plays both scenarios with an agent's likeliest actions, as published.

    Args:
      config: settings of the run.
      params: of the agent.
      key: consumed.

    Returns:
      scenario_0 and scenario_1: apples per trained agent and episode.
    """
    rules, bots = commons_harvest.rules_of(config), num_bots(config)
    focal = greedy_player(commons_harvest.make_agent(config))

    def score(zaps: bool, key: Array) -> Array:
        teams = [
            Team(focal, params, config.num_players - bots),
            Team(commons_harvest.bot(rules, zaps=zaps), {}, bots),
        ]
        keys = jax.random.split(key, config.num_eval_episodes)
        played = jax.vmap(lambda key: harvest_evaluation.play(config, teams, key))(keys)
        return jnp.mean(jnp.sum(played.rewards, axis=1)[:, :-bots])

    first_key, second_key = jax.random.split(key)
    return {"scenario_0": score(True, first_key), "scenario_1": score(False, second_key)}


def play_random(config: TrainingConfig, key: Array) -> Metrics:
    """Metrics of whole episodes of random players in all seats; consumes the key."""
    team = Team(commons_harvest.random_player(), {}, config.num_players)
    keys = jax.random.split(key, config.num_eval_episodes)
    played = jax.vmap(lambda key: harvest_evaluation.play(config, [team], key))(keys)
    return harvest_evaluation.summary(config, played)
