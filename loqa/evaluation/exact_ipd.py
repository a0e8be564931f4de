"""Exact evaluation of a trained policy: cooperation by state, values against fixed opponents.

Tables and MLPs see the last joint action only, so their values follow from linear algebra and the
best response to them from a decision problem of five states. A GRU remembers more; it is judged by
sampled play (`sampled_evaluation`), without a best response.
"""

import jax
import jax.numpy as jnp
from jax import Array

from common import ipd, ipd_values
from loqa import agents
from loqa.config import IpdConfig
from loqa.networks import NUM_ACTIONS, NUM_STATES, STATE_OBSERVATIONS, Agent, Params, state_index
from loqa.rollout import Trajectory, rollout

STATES = ("start", "cc", "cd", "dc", "dd")  # the player's own action first
Metrics = dict[str, Array]

_NUM_EPISODES = 1024  # of sampled evaluation
_PROBING = 0.2  # exploration of both players while cooperation by state is sampled


def evaluate(config: IpdConfig, agent: Agent, params: Params, key: Array) -> Metrics:
    """Evaluates a policy without exploration noise.

    Args:
      config: settings of the run.
      agent: its networks.
      params: its parameters.
      key: consumed by policies that are evaluated by sampling.

    Returns:
      Scalars: cooperation_STATE for the five states, is_tit_for_tat (0 or 1), and rewards per step
      (undiscounted mean of the agent over T steps): self_play_value, value_vs_always_cooperate,
      value_vs_always_defect; with memory one also value_vs_best_response (normalised discounted
      value of the agent against the exact best response of the infinite game) and
      best_response_value (that of the best response).
    """
    if config.actor == "gru":
        return sampled_evaluation(config.episode_length, agent, params, key)
    return exact_evaluation(config, cooperation_probs(agent, params))


def cooperation_probs(agent: Agent, params: Params) -> Array:
    """Probability of cooperating in START, CC, CD, DC, DD of a memory-one policy. Shape [5]."""

    def probs(observation: Array) -> Array:
        return agent.act(params, agent.start(params), observation)[1]

    return jax.vmap(probs)(jnp.array(STATE_OBSERVATIONS))[:, ipd.COOPERATE]


def exact_evaluation(config: IpdConfig, policy: Array) -> Metrics:
    """Evaluates a memory-one policy exactly.

    Args:
      config: episode length and discount.
      policy: probability of cooperating in each state. Shape [5].

    Returns:
      See `evaluate`.
    """
    num_steps, discount = config.episode_length, config.discount

    def value_against(opponent: Array) -> Array:
        pair = jnp.stack([policy, opponent])
        return ipd_values.finite_horizon_value(pair, num_steps=num_steps)[0] / num_steps

    best = ipd_values.best_response_value(policy, discount=discount)
    per_step = 1 / ipd_values.effective_num_steps(discount)
    return {
        **_cooperation_metrics(policy),
        "self_play_value": value_against(policy),
        "value_vs_always_cooperate": value_against(jnp.array(ipd.ALWAYS_COOPERATE)),
        "value_vs_always_defect": value_against(jnp.array(ipd.ALWAYS_DEFECT)),
        "value_vs_best_response": best.agent_value * per_step,
        "best_response_value": best.responder_value * per_step,
    }


def sampled_evaluation(episode_length: int, agent: Agent, params: Params, key: Array) -> Metrics:
    """Evaluates a policy of any memory by playing 1024 episodes per opponent.

    Cooperation by state is the mean probability of cooperating over the visits to the state, in
    self-play with exploration so that every state is visited.

    Args:
      episode_length: steps (T).
      agent: its networks.
      params: its parameters.
      key: consumed.

    Returns:
      See `evaluate`; nothing about best responses.
    """
    game = ipd.MatrixGame(episode_length=episode_length)

    def play(key: Array, opponent: Agent, exploration: float = 0.0) -> Trajectory:
        keys = jax.random.split(key, _NUM_EPISODES)
        return jax.vmap(
            lambda key: rollout(
                game, (agent, opponent), (params, params), key, exploration=exploration
            )
        )(keys)

    probe_key, self_key, cooperate_key, defect_key = jax.random.split(key, 4)
    played = {
        "self_play_value": play(self_key, agent),
        "value_vs_always_cooperate": play(cooperate_key, _constant_player(ipd.COOPERATE)),
        "value_vs_always_defect": play(defect_key, _constant_player(ipd.DEFECT)),
    }
    probed = play(probe_key, agent, _PROBING).observations[:, :, 0]  # [B, T + 1, E]

    def cooperation_along(seen: Array) -> Array:
        evaluation = agent.evaluate(params, seen)
        return jnp.exp(evaluation.log_policy[evaluation.inputs, ipd.COOPERATE])

    cooperation = jax.vmap(cooperation_along)(probed)  # [B, T + 1]
    visits = jax.nn.one_hot(state_index(probed), NUM_STATES)  # [B, T + 1, S]
    policy = jnp.sum(visits * cooperation[..., None], (0, 1)) / jnp.sum(visits, (0, 1))
    return {
        **_cooperation_metrics(policy),
        **{name: jnp.mean(trajectory.rewards[..., 0]) for name, trajectory in played.items()},
    }


def _constant_player(action: int) -> Agent:
    agent = agents.ipd_agent(IpdConfig())
    probs = jax.nn.one_hot(action, NUM_ACTIONS)
    return agent._replace(start=lambda params: (), act=lambda params, memory, seen: (memory, probs))


def is_tit_for_tat(policy: Array) -> Array:
    """Whether a policy is tit-for-tat-like, the criterion of Figure 1's claim.

    It cooperates at the start and after mutual cooperation with probability above .8, and after it
    defected alone (DC) more often, by at least .5, than after the other defected (CD and DD).

    Args:
      policy: probability of cooperating in START, CC, CD, DC, DD. Shape [5].

    Returns:
      Boolean scalar.
    """
    start, cc, cd, dc, dd = policy
    return (start > 0.8) & (cc > 0.8) & (dc - jnp.maximum(cd, dd) >= 0.5)


def _cooperation_metrics(policy: Array) -> Metrics:
    cooperation = {f"cooperation_{state}": policy[i] for i, state in enumerate(STATES)}
    return {**cooperation, "is_tit_for_tat": is_tit_for_tat(policy).astype(float)}
