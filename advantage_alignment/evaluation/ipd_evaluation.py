"""Evaluates an agent of the iterated prisoner's dilemma: a table exactly, a network by play."""

import jax
import jax.numpy as jnp
from jax import Array

from advantage_alignment.agents import sampling_player
from advantage_alignment.config import TrainingConfig
from advantage_alignment.evaluation import matches
from advantage_alignment.games.ipd import (
    SCRIPTS,
    STATES,
    make_agent,
    make_game,
    state_index,
    with_exploration,
)
from advantage_alignment.networks import Params
from advantage_alignment.rollout import Player, Trajectory
from common import ipd, ipd_values

Metrics = dict[str, Array]

_PROBING = 0.2  # uniform play of the other, while cooperation of a GRU is sampled


def evaluate(config: TrainingConfig, params: Params, key: Array) -> Metrics:
    """Evaluates an agent; consumes the key. A table needs no key: it is evaluated exactly."""
    if config.network == "tabular":
        cooperation = jax.nn.softmax(params["actor"])[:, ipd.COOPERATE]
        return exact_metrics(cooperation, config)
    return sampled_metrics(config, params, key)


def exact_metrics(policy: Array, config: TrainingConfig) -> Metrics:
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


def sampled_metrics(config: TrainingConfig, params: Params, key: Array) -> Metrics:
    """Evaluates a policy of any memory in the iterated game by playing it.

    Cooperation by state is the mean probability of cooperating over the visits to the state,
    against an opponent that plays uniformly with probability .2 so that every state is visited.
    Metrics are those of `exact_metrics` without the best response.
    """
    agent, game = make_agent(config), make_game(config)
    learner = sampling_player(agent)

    def play(other: Player, key: Array) -> Trajectory:
        sizes = (config.num_eval_episodes, config.num_steps)
        return matches.play_many(game, (learner, params), (other, params), key, *sizes)

    probe_key, self_key, cooperate_key, defect_key = jax.random.split(key, 4)
    played = {
        "self_play": play(learner, self_key),
        "vs_always_cooperate": play(SCRIPTS["always_cooperate"], cooperate_key),
        "vs_always_defect": play(SCRIPTS["always_defect"], defect_key),
    }
    probed = play(with_exploration(learner, _PROBING), probe_key).observations[:, :, 0]

    def cooperation_along(seen: Array) -> Array:
        cooperates = jnp.zeros(len(seen) - 1, jnp.int32)
        return jnp.exp(agent.evaluate(params, seen, cooperates).log_probs)

    cooperation = jax.vmap(cooperation_along)(probed)  # [B, T]
    visits = jax.nn.one_hot(state_index(probed[:, :-1]), len(STATES))  # [B, T, S]
    num_visits = jnp.maximum(jnp.sum(visits, (0, 1)), 1.0)
    policy = jnp.sum(visits * cooperation[..., None], (0, 1)) / num_visits
    rewards = {name: jnp.mean(each.rewards[..., 0]) for name, each in played.items()}
    return {**_cooperation(policy), **rewards}


def _cooperation(policy: Array) -> Metrics:
    cooperation = {f"cooperation_{state}": policy[i] for i, state in enumerate(STATES)}
    return {**cooperation, "is_tit_for_tat": is_tit_for_tat(policy).astype(float)}
