"""Tests of what an episode contributes: against the released formulas, and where gradients go."""

import functools
from dataclasses import replace
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax import Array, lax

from common import ipd
from loqa import agents, objectives
from loqa.config import IpdConfig
from loqa.networks import Agent, Params
from loqa.rollout import Trajectory
from loqa.tests.random_parameters import random_parameters

ACTIONS = jnp.array([[0, 1], [1, 0], [0, 0], [1, 1], [0, 1]])  # [T, P]
NUM_STEPS = len(ACTIONS)
TIMES = np.arange(NUM_STEPS)
CONFIG = IpdConfig(
    episode_length=NUM_STEPS, shaping_weight=2.0, entropy_weight=0.3, softmax_temperature=0.7
)


def episode() -> Trajectory:
    game = ipd.MatrixGame(episode_length=NUM_STEPS)
    state = ipd.reset(game)
    observations, rewards = [ipd.observe(game, state)], []
    for actions in ACTIONS:
        state, reward = ipd.step(game, state, actions)
        observations.append(ipd.observe(game, state))
        rewards.append(reward)
    return Trajectory(jnp.stack(observations), ACTIONS, jnp.stack(rewards))


EPISODE = episode()


@functools.cache
def make(config: IpdConfig) -> tuple[Agent, Params, Params]:
    """The agent, its parameters, and other parameters of the opponent or the slow copy."""
    agent = agents.ipd_agent(config)
    return agent, random_parameters(agent, seed=1), random_parameters(agent, seed=2)


def evaluated(agent: Agent, params: Params, seat: int) -> tuple[Array, Array, Array]:
    """Log-policy [T + 1, A], action values [T + 1, A] and values [T + 1] in time order."""
    evaluation = agent.evaluate(params, EPISODE.observations[:, seat])
    log_policy = evaluation.log_policy[evaluation.inputs]
    q_values = evaluation.q_values[evaluation.inputs]
    return log_policy, q_values, jnp.sum(jnp.exp(log_policy) * q_values, axis=1)


def released_actor_loss(
    agent: Agent, params: Params, opponent_params: Params, config: IpdConfig
) -> Array:
    """The loss of the released code written out, with magic boxes and a replaced entry."""

    def box(x: Array) -> Array:
        return jnp.exp(x - lax.stop_gradient(x))

    log_policy, _, values = evaluated(agent, params, 0)
    _, opponent_q, opponent_values = lax.stop_gradient(evaluated(agent, opponent_params, 1))
    log_probs = log_policy[TIMES, ACTIONS[:, 0]]
    advantages = EPISODE.rewards[:, 0] + config.discount * values[1:] - values[:-1]
    if config.stop_grad_advantage:
        advantages = lax.stop_gradient(advantages)
    returns, differentiable = [jnp.zeros(())], [jnp.zeros(())]  # from the last step backwards
    later = jnp.zeros(())
    for t in reversed(range(NUM_STEPS)):
        returns.append(EPISODE.rewards[t, 1] + config.discount * returns[-1])
        dice = box(jnp.sum(log_probs[: t + 1])) - box(jnp.sum(log_probs[:t]))
        later = (
            returns[-1] - opponent_values[t]
        ) * dice + config.discount * config.dice_discount * later
        differentiable.append(returns[-1] + later)
    taken = EPISODE.rewards[:, 1] + config.discount * jnp.stack(differentiable[-2::-1])
    if config.taken_value == "critic":
        taken = opponent_q[TIMES, ACTIONS[:, 1]] + taken - lax.stop_gradient(taken)
    logits = opponent_q[:-1].at[TIMES, ACTIONS[:, 1]].set(taken) / config.softmax_temperature
    opponent_log_probs = jax.nn.log_softmax(logits)[TIMES, ACTIONS[:, 1]]
    negative_entropy = jnp.sum(jnp.exp(log_policy[:-1]) * log_policy[:-1], axis=1)
    return (
        -jnp.mean(log_probs * advantages)
        + config.entropy_weight * jnp.mean(negative_entropy)
        - config.shaping_weight * jnp.mean(opponent_log_probs * advantages)
    )


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"stop_grad_advantage": True},
        {"taken_value": "critic"},
        {"actor": "mlp", "shaping_weight": 1.0, "entropy_weight": 0.0},
    ],
)
def test_actor_loss_and_its_gradient_are_those_of_the_released_formulas(options: dict) -> None:
    config = replace(CONFIG, **options)
    agent, params, opponent_params = make(config)

    @jax.jit
    @jax.value_and_grad
    def ours(params: Params) -> Array:
        return objectives.actor_loss(agent, params, (opponent_params,), EPISODE, config)[0]

    @jax.jit
    @jax.value_and_grad
    def released(params: Params) -> Array:
        return released_actor_loss(agent, params, opponent_params, config)

    (loss, gradient), (expected, expected_gradient) = ours(params), released(params)
    assert loss == pytest.approx(float(expected), rel=1e-5)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5),
        gradient,
        expected_gradient,
    )
    assert optax.tree.norm(gradient["actor"]) > 0.1


def gradients_of_actor_loss(config: IpdConfig) -> tuple[Params, Params]:
    """In the agent's and in the opponent's parameters."""
    agent, params, opponent_params = make(config)

    def loss(params: Params, opponent_params: Params) -> Array:
        return objectives.actor_loss(agent, params, (opponent_params,), EPISODE, config)[0]

    return jax.jit(jax.grad(loss, argnums=(0, 1)))(params, opponent_params)


@pytest.mark.parametrize("is_stopped", [False, True])
def test_only_a_leaking_advantage_moves_the_critic(is_stopped: bool) -> None:
    gradient, _ = gradients_of_actor_loss(replace(CONFIG, stop_grad_advantage=is_stopped))
    assert (optax.tree.norm(gradient["critic"]) == 0) == is_stopped
    assert optax.tree.norm(gradient["actor"]) > 0.1


@pytest.mark.parametrize("taken_value", ["return", "critic"])
def test_opponent_is_a_constant(taken_value: Literal["return", "critic"]) -> None:
    of_agent, of_opponent = gradients_of_actor_loss(replace(CONFIG, taken_value=taken_value))
    assert optax.tree.norm(of_agent) > 0.1
    assert optax.tree.norm(of_opponent) == 0


def test_naive_learner_ignores_the_opponent() -> None:
    config = IpdConfig(episode_length=NUM_STEPS, shaping_weight=0.0)
    agent, params, other_params = make(config)
    loss_against = jax.jit(
        lambda opponent: objectives.actor_loss(agent, params, (opponent,), EPISODE, config)
    )
    (loss, parts), (other_loss, _) = loss_against(params), loss_against(other_params)
    assert loss == other_loss == parts["policy_loss"]
    assert parts["shaping_loss"] != 0


@pytest.mark.parametrize("critic_targets", ["sarsa", "returns"])
def test_critic_loss_fits_its_targets_and_moves_the_critic_only(
    critic_targets: Literal["sarsa", "returns"],
) -> None:
    config = replace(CONFIG, critic_targets=critic_targets)
    agent, params, slow_params = make(config)

    def critic_loss(params: Params, slow_params: Params) -> Array:
        return objectives.critic_loss(agent, params, slow_params, EPISODE, config)

    value_and_gradients = jax.jit(jax.value_and_grad(critic_loss, argnums=(0, 1)))
    loss, (gradient, slow_gradient) = value_and_gradients(params, slow_params)
    taken = EPISODE.actions[:, 0]
    rewards = np.asarray(EPISODE.rewards[:, 0])
    if critic_targets == "returns":
        targets = np.array([0.96 ** np.arange(NUM_STEPS - t) @ rewards[t:] for t in TIMES])
    else:
        _, slow_q, slow_values = evaluated(agent, slow_params, 0)
        bootstraps = np.append(slow_q[TIMES, taken][1:], slow_values[-1])
        targets = rewards + 0.96 * bootstraps
    errors = np.abs(evaluated(agent, params, 0)[1][TIMES, taken] - targets)
    huber = np.where(errors < 1, errors**2 / 2, errors - 0.5)
    assert loss == pytest.approx(np.mean(huber), rel=1e-5)
    assert optax.tree.norm(gradient["critic"]) > 0.1
    assert optax.tree.norm((gradient["actor"], slow_gradient)) == 0
