"""Scenarios of Commons Harvest: trained agents in the first seats, two scripted bots in the last.

Scenario 0 has bots that also zap, scenario 1 pacifists; both eat without restraint. The score is
the mean return of the trained agents. Bots differ from Melting Pot's, which are TensorFlow models;
its normalisation holds for its own bots, map and players only.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import Array

from advantage_alignment import harvest_evaluation, methods, policies, programs, scripts
from advantage_alignment.commons_harvest import NUM_ACTIONS
from advantage_alignment.networks import Params
from advantage_alignment.rollout import Glimpse, Player, Team
from advantage_alignment.training_configs import TrainingConfig

# Least and largest mean return among Melting Pot's published runs, by scenario.
NORMALISATION = {"scenario_0": (1.813636, 11.553763), "scenario_1": (1.867021, 12.904321)}


def num_bots(config: TrainingConfig) -> int:
    """Seats of the bots: two of seven, one on smaller maps."""
    return 2 if config.num_players == 7 else 1


def play(config: TrainingConfig, params: Params, seeds: Sequence[int]) -> dict[str, list[float]]:
    """Plays both scenarios with the agents of S seeds, likeliest actions, as published.

    Args:
      config: settings of the run.
      params: of the agents, [S, ...].
      seeds: S of them.

    Returns:
      scenario_0 and scenario_1: apples per trained agent and episode, a value per seed.
    """
    rules, bots = methods.harvest_rules(config), num_bots(config)
    focal = methods.greedy(methods.make_agent(config))

    def scores(of_seed: tuple[Params, Array]) -> dict[str, Array]:
        params, seed = of_seed

        def score(zaps: bool, key: Array) -> Array:
            teams = [
                Team(focal, params, config.num_players - bots),
                Team(scripts.harvester(rules, zaps=zaps), {}, bots),
            ]
            keys = jax.random.split(key, config.num_eval_episodes)
            played = jax.vmap(lambda key: harvest_evaluation.play(config, teams, key))(keys)
            return jnp.mean(jnp.sum(played.rewards, axis=1)[:, :-bots])

        first_key, second_key = jax.random.split(jax.random.key(seed))
        return {"scenario_0": score(True, first_key), "scenario_1": score(False, second_key)}

    all_seeds = (params, jnp.asarray(seeds, jnp.int32))
    scored = programs.over_seeds(scores, all_seeds)(all_seeds)
    return {name: values.tolist() for name, values in scored.items()}


def play_random(config: TrainingConfig, seeds: Sequence[int]) -> dict[str, list[float]]:
    """Metrics of whole episodes of random players in all seats, a value per seed."""

    def act(params: Params, memory: tuple, glimpse: Glimpse, noise: Array) -> tuple:
        del params, glimpse
        return memory, (noise * NUM_ACTIONS).astype(jnp.int32), jnp.zeros(())

    team = Team(Player(lambda params: (), policies.uniform_noise, act), {}, config.num_players)

    def measure(seed: Array) -> dict[str, Array]:
        keys = jax.random.split(jax.random.key(seed), config.num_eval_episodes)
        played = jax.vmap(lambda key: harvest_evaluation.play(config, [team], key))(keys)
        return harvest_evaluation.summary(config, played)

    all_seeds = jnp.asarray(seeds, jnp.int32)
    return {
        name: values.tolist()
        for name, values in programs.over_seeds(measure, all_seeds)(all_seeds).items()
    }
