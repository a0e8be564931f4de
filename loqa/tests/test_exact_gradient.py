"""Tests of the exact shaping gradient against every short episode, in float64."""

import functools
from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from common import ipd_values
from loqa import objectives
from loqa.config import IpdConfig
from loqa.evaluation import exact_gradient
from loqa.networks import STATE_OBSERVATIONS, Evaluation
from loqa.rollout import Trajectory
from loqa.tests import enumeration

NUM_STEPS = 3
TIMES = np.arange(NUM_STEPS)
EPISODES = enumeration.all_episodes(NUM_STEPS)
ACTIONS, OPPONENT_ACTIONS = np.moveaxis(EPISODES.actions, -1, 0)  # [N, T]
STATES, OPPONENT_STATES = np.moveaxis(EPISODES.states, -1, 0)
NEXT_STATES = 1 + 2 * ACTIONS + OPPONENT_ACTIONS
LOGITS = np.random.default_rng(0).normal(size=(5, 2))


@pytest.fixture(autouse=True)
def _float64() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def softmax(logits: np.ndarray) -> np.ndarray:
    return np.exp(logits) / np.sum(np.exp(logits), axis=-1, keepdims=True)


def make_config(exploration: float = 0.0, dice_discount: float = 0.9) -> IpdConfig:
    return IpdConfig(
        episode_length=NUM_STEPS,
        exploration=exploration,
        dice_discount=dice_discount,
        softmax_temperature=0.7,
        taken_value="critic",
    )


class Enumeration(NamedTuple):
    """What all episodes of self-play say; conditional means stand for perfect critics."""

    probabilities: np.ndarray  # [N]
    returns: np.ndarray  # [N, T, P]
    q_values: np.ndarray  # [T + 1, 5, A], zero at the end and where nobody comes
    advantages: np.ndarray  # [N, T], of our state and the opponent's action


def conditional_mean(values: np.ndarray, weights: np.ndarray, *given: np.ndarray) -> np.ndarray:
    """Mean of values [N] over the episodes that agree in everything given [N]. Shape [N]."""
    groups = np.unique(np.stack(given), axis=1, return_inverse=True)[1]
    return (np.bincount(groups, weights * values) / np.bincount(groups, weights))[groups]


def enumerate_self_play(config: IpdConfig) -> Enumeration:
    cooperation = (1 - config.exploration) * softmax(LOGITS)[:, 0] + config.exploration / 2
    weights = enumeration.probabilities(EPISODES, np.tile(cooperation, (2, NUM_STEPS, 1)))
    returns = enumeration.returns(EPISODES.rewards, config.discount)
    q_values = np.zeros((NUM_STEPS + 1, 5, 2))
    for time in TIMES:
        given = STATES[:, time], ACTIONS[:, time]
        q_values[(time, *given)] = conditional_mean(returns[:, time, 0], weights, *given)
    values = np.sum(softmax(LOGITS) * q_values, axis=-1)  # [T + 1, 5]
    later = config.discount * values[TIMES + 1, NEXT_STATES]
    advantages = EPISODES.rewards[..., 0] + later - values[TIMES, STATES]
    for time in TIMES:  # our own move is averaged out
        advantages[:, time] = conditional_mean(
            advantages[:, time], weights, STATES[:, time], OPPONENT_ACTIONS[:, time]
        )
    return Enumeration(weights, returns, q_values, advantages)


def exact_shaping_gradient(config: IpdConfig) -> Array:
    logits = jnp.asarray(LOGITS)
    play = exact_gradient.self_play(logits, config)
    return jax.jit(
        jax.grad(lambda logits: exact_gradient.exact_shaping_loss(logits, play, config))
    )(logits)


@pytest.mark.parametrize("dice_discount", [1.0, 0.9])
def test_exact_gradient_is_the_finite_difference_of_its_definition(dice_discount: float) -> None:
    """In our policies after t, each faded by lambda, of -1/T E[A_t log softmax(Q~_t / tau)[b_t]].

    Q~_t is the opponent's critic with its value of the action taken, given its state, replaced by
    the mean of its return under our moving policy. No exploration: then scores are derivatives.
    """
    config = make_config(dice_discount=dice_discount)
    known = enumerate_self_play(config)

    def loss_at(time: int, logits_by_time: np.ndarray) -> float:
        ours = softmax(logits_by_time)[..., 0]
        ours[: time + 1] = softmax(LOGITS)[:, 0]  # what is played up to t does not count
        cooperation = np.stack([ours, np.tile(softmax(LOGITS)[:, 0], (NUM_STEPS, 1))])
        weights = enumeration.probabilities(EPISODES, cooperation)
        state, action = OPPONENT_STATES[:, time], OPPONENT_ACTIONS[:, time]
        entries = known.q_values[time, state]  # [N, A]
        taken = conditional_mean(known.returns[:, time, 1], weights, state, action)
        entries[np.arange(len(entries)), action] = taken
        log_pi = np.log(softmax(entries / config.softmax_temperature))
        log_pi_taken = log_pi[np.arange(len(entries)), action]
        return -(known.probabilities * known.advantages[:, time]) @ log_pi_taken / NUM_STEPS

    by_time = np.tile(LOGITS, (NUM_STEPS, 1, 1))
    expected = np.zeros((5, 2))
    for time in TIMES[:-1]:
        slopes = enumeration.derivative(functools.partial(loss_at, time), by_time)[time + 1 :]
        expected += np.tensordot(dice_discount ** np.arange(len(slopes)), slopes, axes=1)
    assert np.all(np.abs(expected[1:]) > 1e-4)
    np.testing.assert_allclose(exact_shaping_gradient(config), expected, atol=1e-9)


@pytest.mark.parametrize("exploration", [0.0, 0.2])
def test_exact_gradient_is_the_expectation_of_the_estimator_with_perfect_critics(
    exploration: float,
) -> None:
    """The estimator's log-probabilities, weighted by the advantage averaged over our own move."""
    config = make_config(exploration)
    known = enumerate_self_play(config)
    log_policy = np.tile(np.log(softmax(LOGITS)), (NUM_STEPS + 1, 1))  # [5 (T + 1), A]
    weights = known.probabilities[:, None] * known.advantages  # [N, T]

    def estimate(log_probs: Array, states: Array, actions: Array, rewards: Array) -> Array:
        opponent = Evaluation(
            jnp.asarray(log_policy),
            jnp.asarray(known.q_values).reshape(-1, 2),
            5 * jnp.arange(NUM_STEPS + 1) + jnp.append(states[:, 1], 0),
        )
        observations = jnp.zeros((NUM_STEPS + 1, 2, len(STATE_OBSERVATIONS[0])))  # not looked at
        episode = Trajectory(observations, actions, rewards)
        return objectives.shaped_log_probs(log_probs, opponent, episode, config)

    @jax.jit
    @jax.grad
    def gradient(logits: Array) -> Array:
        log_probs = jax.nn.log_softmax(logits)[STATES, ACTIONS]
        episodes = jax.tree.map(jnp.asarray, (EPISODES.states, EPISODES.actions, EPISODES.rewards))
        return -jnp.sum(weights * jax.vmap(estimate)(log_probs, *episodes)) / NUM_STEPS

    np.testing.assert_allclose(
        exact_shaping_gradient(config), gradient(jnp.asarray(LOGITS)), atol=1e-12
    )


@pytest.mark.parametrize("exploration", [0.0, 0.2])
def test_critic_and_state_probabilities_equal_enumeration(exploration: float) -> None:
    config = make_config(exploration)
    known = enumerate_self_play(config)
    play = exact_gradient.self_play(jnp.asarray(LOGITS), config)
    q_values = np.asarray(exact_gradient.exact_critic(play))
    is_reached = known.q_values != 0
    np.testing.assert_allclose(q_values[is_reached], known.q_values[is_reached], rtol=1e-12)
    assert is_reached.sum() == 2 + 8 + 8
    expected = [np.bincount(STATES[:, t], known.probabilities, minlength=5) for t in TIMES]
    np.testing.assert_allclose(play.state_probs, expected, atol=1e-14)


@pytest.mark.parametrize("exploration", [0.0, 0.2])
def test_values_of_long_episodes_are_those_of_the_finite_horizon(exploration: float) -> None:
    config = IpdConfig(exploration=exploration)
    play = exact_gradient.self_play(jnp.asarray(LOGITS), config)
    np.testing.assert_allclose(jnp.sum(play.state_probs, axis=1), np.ones(50), rtol=1e-12)
    critic = exact_gradient.exact_critic(play)
    values = jnp.sum(play.own[None] * critic, axis=-1)  # [T + 1, S]
    np.testing.assert_array_equal(values[50], np.zeros(5))
    cooperation = jnp.stack([play.own[:, 0]] * 2)
    for time in (0, 20, 49):
        expected = ipd_values.finite_horizon_value(
            cooperation, num_steps=50 - time, discount=config.discount
        )
        np.testing.assert_allclose(values[time, 0], expected[0], rtol=1e-12)
