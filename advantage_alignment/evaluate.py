"""Evaluates a trained agent in its game: against itself and against the scripted players."""

import jax
import jax.numpy as jnp
from jax import Array

from advantage_alignment import harvest_evaluation, matches, methods, networks, scripts
from advantage_alignment.networks import Params
from advantage_alignment.rollout import Player, Team, Trajectory, rollout
from advantage_alignment.training_configs import TrainingConfig
from common import ipd, ipd_values

IPD_STATES = ("start", "cc", "cd", "dc", "dd")  # the player's own action first
Metrics = dict[str, Array]

_PROBING = 0.2  # uniform play of the other, while cooperation of a GRU is sampled


def evaluate(config: TrainingConfig, params: Params, key: Array) -> Metrics:
    """Evaluates an agent; consumes the key. Which metrics there are depends on the game."""
    if config.network == "tabular":
        cooperation = jax.nn.softmax(params["actor"])[:, ipd.COOPERATE]
        return ipd_metrics(cooperation, config)
    if config.game == "ipd":
        return sampled_ipd(config, params, key)
    if config.game == "commons_harvest":
        return harvest_evaluation.evaluate(config, params, key)
    return matches.evaluate(config, params, key)


def ipd_metrics(policy: Array, config: TrainingConfig) -> Metrics:
    """Evaluates a memory-one policy exactly.

    Args:
      policy: probability of cooperating in START, CC, CD, DC, DD. Shape [5].
      config: steps per episode and discount.

    Returns:
      Scalars: cooperation_STATE, is_tit_for_tat (0 or 1), and rewards per step over T steps:
      self_play, vs_always_cooperate, vs_always_defect; vs_best_response, the agent's normalised
      discounted value against the exact best response of the infinite game.
    """

    def value_against(other: Array) -> Array:
        pair = jnp.stack([policy, other])
        value = ipd_values.finite_horizon_value(pair, num_steps=config.num_steps)
        return value[0] / config.num_steps

    best = ipd_values.best_response_value(policy, discount=config.discount)
    per_step = 1 / ipd_values.effective_num_steps(config.discount)
    return {
        **_cooperation(policy),
        "self_play": value_against(policy),
        "vs_always_cooperate": value_against(jnp.array(ipd.ALWAYS_COOPERATE)),
        "vs_always_defect": value_against(jnp.array(ipd.ALWAYS_DEFECT)),
        "vs_best_response": best.agent_value * per_step,
    }


def is_tit_for_tat(policy: Array) -> Array:
    """Whether a policy is tit-for-tat-like, the criterion of Figure 1's claim.

    It cooperates at the start and after mutual cooperation with probability above .8, and after the
    other cooperated alone (DC) more often, by at least .5, than after the other defected (CD, DD).

    Args:
      policy: probability of cooperating in START, CC, CD, DC, DD. Shape [5].

    Returns:
      Boolean scalar.
    """
    start, cc, cd, dc, dd = policy
    return (start > 0.8) & (cc > 0.8) & (dc - jnp.maximum(cd, dd) >= 0.5)


def sampled_ipd(config: TrainingConfig, params: Params, key: Array) -> Metrics:
    """Evaluates a policy of any memory in the iterated game by playing it.

    Cooperation by state is the mean probability of cooperating over the visits to the state,
    against an opponent that plays uniformly with probability .2 so that every state is visited.
    Metrics are those of `ipd_metrics` without the best response.
    """
    agent, game = methods.make_agent(config), methods.make_game(config)
    learner = methods.learned(agent)

    def play(other: Player, key: Array) -> Trajectory:
        teams = [Team(learner, params, 1), Team(other, params, 1)]

        def one(key: Array) -> Trajectory:
            reset_key, play_key = jax.random.split(key)
            return rollout(game, teams, game.reset(reset_key), play_key, config.num_steps)[1]

        return jax.vmap(one)(jax.random.split(key, config.num_eval_episodes))

    probe_key, self_key, cooperate_key, defect_key = jax.random.split(key, 4)
    played = {
        "self_play": play(learner, self_key),
        "vs_always_cooperate": play(scripts.constant_player(ipd.COOPERATE), cooperate_key),
        "vs_always_defect": play(scripts.constant_player(ipd.DEFECT), defect_key),
    }
    probed = play(scripts.with_exploration(learner, _PROBING), probe_key).observations[:, :, 0]

    def cooperation_along(seen: Array) -> Array:
        cooperates = jnp.zeros(len(seen) - 1, jnp.int32)
        return jnp.exp(agent.evaluate(params, seen, cooperates).log_probs)

    cooperation = jax.vmap(cooperation_along)(probed)  # [B, T]
    states = networks.ipd_state_index(probed[:, :-1])
    visits = jax.nn.one_hot(states, networks.NUM_IPD_STATES)  # [B, T, S]
    num_visits = jnp.maximum(jnp.sum(visits, (0, 1)), 1.0)
    policy = jnp.sum(visits * cooperation[..., None], (0, 1)) / num_visits
    rewards = {name: jnp.mean(each.rewards[..., 0]) for name, each in played.items()}
    return {**_cooperation(policy), **rewards}


def _cooperation(policy: Array) -> Metrics:
    cooperation = {f"cooperation_{state}": policy[i] for i, state in enumerate(IPD_STATES)}
    return {**cooperation, "is_tit_for_tat": is_tit_for_tat(policy).astype(float)}
