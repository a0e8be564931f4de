"""The losses of the three steps of BRS on one episode: Eqs. (2), (3) and (6) with their critics.

Each returns the loss and how far the recomputed log-probabilities are from those of the play.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from brs import episodes, losses
from brs.config import BrsConfig
from brs.episodes import Players, Trajectory, at_taken
from brs.question_answering import AGENT, DETECTIVE

Params = Any


def detective_loss(
    config: BrsConfig, players: Players, detective: Params, trajectory: Trajectory
) -> tuple[Array, Array]:
    """Eq. (2): the detective learns to answer well to the agents that it is shown.

    The answers are constants: nothing flows into the agent.
    """
    answers = lax.stop_gradient(trajectory.answers)
    observations = trajectory.observations[:, DETECTIVE]
    replay = episodes.replay_detective(players, detective["actor"], observations, answers)
    log_probs = at_taken(replay.log_policies, trajectory.actions[:, DETECTIVE])
    returns = losses.discounted_returns(trajectory.rewards[:, DETECTIVE], config.discount)
    values = _values(config, players.detective.value, detective["critic"], replay.features)
    loss = losses.policy_loss(log_probs, returns - values, config.discount)
    entropy = losses.mean_entropy(replay.log_policies)
    loss += losses.value_loss(values, returns) - config.detective_entropy_weight * entropy
    return loss, _error(log_probs, trajectory.log_probs[:, DETECTIVE])


def agent_loss(
    config: BrsConfig, players: Players, params: Params, detective: Params, trajectory: Trajectory
) -> tuple[Array, Array]:
    """Eq. (3): the agent learns through its own actions and through what the detective sees of it.

    The second term, log pi_2(b_t | Phi_t(theta_1)), needs the answers as functions of the agent.
    The detective's parameters are constants.
    """
    actor = params["actor"]
    replay = episodes.replay_agent(players, actor, trajectory.observations[:, AGENT])
    log_probs = at_taken(replay.log_policies, trajectory.actions[:, AGENT])
    error = _error(log_probs, trajectory.log_probs[:, AGENT])
    returns = losses.discounted_returns(trajectory.rewards[:, AGENT], config.discount)
    critic = params["critics"]["detective"]
    values = _values(config, players.agent.value, critic, replay.features)
    if config.through_detective:
        shown = replay
        if config.stop_carry_gradient:
            shown = replay._replace(carries=lax.stop_gradient(replay.carries))
        answers = episodes.replay_answers(players, actor, trajectory, shown)
        others = episodes.replay_detective(
            players,
            lax.stop_gradient(detective["actor"]),
            trajectory.observations[:, DETECTIVE],
            answers,
        )
        of_detective = at_taken(others.log_policies, trajectory.actions[:, DETECTIVE])
        error = jnp.maximum(error, _error(of_detective, trajectory.log_probs[:, DETECTIVE]))
        log_probs = log_probs + of_detective
    loss = losses.policy_loss(log_probs, returns - values, config.discount)
    entropy = losses.mean_entropy(replay.log_policies)
    loss += losses.value_loss(values, returns) - config.entropy_weight * entropy
    return loss, error


def self_play_loss(
    config: BrsConfig, players: Players, params: Params, trajectory: Trajectory
) -> tuple[Array, Array]:
    """Eq. (6): both seats are the agent, weighted with the return of the first."""

    def replay_seat(observations: Array) -> episodes.Replay:
        return episodes.replay_agent(players, params["actor"], observations)

    replays = jax.vmap(replay_seat, in_axes=1)(trajectory.observations)  # leading axes P, T
    log_probs = jax.vmap(at_taken)(replays.log_policies, trajectory.actions.T)  # [P, T]
    returns = losses.discounted_returns(trajectory.rewards[:, 0], config.discount)
    critic = params["critics"]["self_play"]
    values = _values(config, players.agent.value, critic, replays.features[0])
    loss = losses.policy_loss(jnp.sum(log_probs, axis=0), returns - values, config.discount)
    entropy = losses.mean_entropy(replays.log_policies[0])
    loss += losses.value_loss(values, returns) - config.self_play_entropy_weight * entropy
    return loss, _error(log_probs.T, trajectory.log_probs)


def _values(config: BrsConfig, value: Any, critic: Params, features: Array) -> Array:
    """V_t = (discounted steps left) times the critic's output. Shape [T]."""
    num_steps = len(features)
    times = jnp.arange(num_steps) / num_steps
    outputs = jax.vmap(lambda seen, time: value(critic, seen, time))(features, times)
    return losses.steps_left(num_steps, config.discount) * outputs


def _error(recomputed: Array, played: Array) -> Array:
    """Largest difference of log-probabilities. Scalar."""
    return jnp.max(jnp.abs(lax.stop_gradient(recomputed) - played))
