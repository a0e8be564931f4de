"""Matches of two players: rewards per step over many episodes, in any game of two.

Shapes: B episodes, T steps, P = 2 players.
"""

import jax
import jax.numpy as jnp
from jax import Array

from advantage_alignment.agents import sampling_player
from advantage_alignment.config import TrainingConfig
from advantage_alignment.games import by_name
from advantage_alignment.networks import Params
from advantage_alignment.rollout import Game, Player, Team, Trajectory, rollout

Metrics = dict[str, Array]
Seat = tuple[Player, Params]


def play_many(
    game: Game, first: Seat, second: Seat, key: Array, num_episodes: int, num_steps: int
) -> Trajectory:
    """Plays a match of B episodes with stochastic policies, [B, ...]; consumes the key."""
    teams = [Team(*first, 1), Team(*second, 1)]

    def play_one(key: Array) -> Trajectory:
        reset_key, play_key = jax.random.split(key)
        return rollout(game, teams, game.reset(reset_key), play_key, num_steps)[1]

    return jax.vmap(play_one)(jax.random.split(key, num_episodes))


def rewards_per_step(played: Trajectory) -> Array:
    """Mean reward of each player over episodes and steps, undiscounted. Shape [P]."""
    return jnp.mean(played.rewards, axis=(0, 1))


def evaluate(config: TrainingConfig, params: Params, key: Array) -> Metrics:
    """Plays an agent against itself and the scripted players.

    Args:
      config: settings of the run.
      params: of the agent.
      key: consumed.

    Returns:
      Rewards per step: self_play (mean of both seats), vs_SCRIPT of the agent, SCRIPT_vs_agent;
      and cost_of_defecting, self_play less what always-defect gets: negative where that pays.
    """
    game, learner = by_name.make_game(config), sampling_player(by_name.make_agent(config))
    scripts = by_name.GAMES[config.game].SCRIPTS
    self_key, *script_keys = jax.random.split(key, 1 + len(scripts))

    def match(second: Seat, key: Array) -> Array:
        sizes = (config.num_eval_episodes, config.num_steps)
        return rewards_per_step(play_many(game, (learner, params), second, key, *sizes))

    metrics = {"self_play": jnp.mean(match((learner, params), self_key))}
    for (name, script), script_key in zip(scripts.items(), script_keys, strict=True):
        ours, theirs = match((script, {}), script_key)
        metrics |= {f"vs_{name}": ours, f"{name}_vs_agent": theirs}
    metrics["cost_of_defecting"] = metrics["self_play"] - metrics["always_defect_vs_agent"]
    return metrics
