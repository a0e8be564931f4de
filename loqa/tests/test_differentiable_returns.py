"""Tests of loaded DiCE: by hand, and its expected gradient by enumerating every short episode."""

from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array, lax

from common import ipd_values
from loqa import differentiable_returns
from loqa.tests import enumeration

GAMMA = 0.96
NUM_STEPS = 3
EPISODES = enumeration.all_episodes(NUM_STEPS)
REWARDS = EPISODES.rewards[..., 1]  # [N, T], of the opponent
RANDOM = np.random.default_rng(0)
LOGITS = RANDOM.normal(size=5)  # of our cooperating in START, CC, CD, DC, DD
OPPONENT = RANDOM.uniform(0.1, 0.9, 5)
BASELINE = RANDOM.normal(scale=3, size=(NUM_STEPS, 5))  # by time and state of the opponent
VALUES = BASELINE[np.arange(NUM_STEPS)[None], EPISODES.states[..., 1]]  # [N, T]


@pytest.fixture(name="float64")
def _float64() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def cooperation(logits_by_time: np.ndarray) -> np.ndarray:
    """P(cooperate) of both players from our logits [T, 5]. Shape [P, T, 5]."""
    ours = 1 / (1 + np.exp(-logits_by_time))
    return np.stack([ours, np.tile(OPPONENT, (NUM_STEPS, 1))])


CONSTANT_LOGITS = np.tile(LOGITS, (NUM_STEPS, 1))
PROBABILITIES = enumeration.probabilities(EPISODES, cooperation(CONSTANT_LOGITS))  # [N]


def expected_gradient(
    estimate: Callable[[Array, Array, Array], Array], weights: np.ndarray = PROBABILITIES
) -> Array:
    """Gradient of sum_i weight_i estimate_i in our logits, the weights held fixed. Shape [5]."""

    def total(logits: Array) -> Array:
        signs = 1 - 2 * EPISODES.actions[..., 0]
        log_probs = jax.nn.log_sigmoid(signs * logits[EPISODES.states[..., 0]])  # [N, T]
        estimates = jax.vmap(estimate)(jnp.asarray(REWARDS), jnp.asarray(VALUES), log_probs)
        return jnp.sum(weights * estimates)

    return jax.jit(jax.grad(total))(jnp.asarray(LOGITS))


def derivative_by_time(time: int, opponent_action: int | None = None) -> np.ndarray:
    """Finite differences of the expected R_t of the opponent in our logits of each time. [T, 5]."""
    returns = enumeration.returns(REWARDS, GAMMA)[:, time]
    if opponent_action is not None:
        returns = returns * (EPISODES.actions[:, time, 1] == opponent_action)
    return enumeration.derivative(
        lambda logits: enumeration.probabilities(EPISODES, cooperation(logits)) @ returns,
        CONSTANT_LOGITS,
    )


def test_discounted_sums_match_hand_computed_values() -> None:
    sums = differentiable_returns.discounted_sums(jnp.array([1.0, -2.0, 4.0]), 0.5)
    np.testing.assert_array_equal(sums, [1.0, 0.0, 4.0])  # 1 + (-2 + 4 / 2) / 2, -2 + 4 / 2, 4


@pytest.mark.parametrize("baseline", [0.0, 1.0])
def test_expected_gradient_is_that_of_the_exact_value(baseline: float, float64: None) -> None:
    def estimate(rewards: Array, values: Array, log_probs: Array) -> Array:
        return differentiable_returns.loaded_dice_returns(
            rewards, baseline * values, log_probs, discount=GAMMA, dice_discount=1.0
        )[0]

    def exact_value(logits: Array) -> Array:
        policies = jnp.stack([jax.nn.sigmoid(logits), jnp.asarray(OPPONENT)])
        value = ipd_values.finite_horizon_value(policies, num_steps=NUM_STEPS, discount=GAMMA)
        return value[1]

    exact = jax.grad(exact_value)(jnp.asarray(LOGITS))
    assert np.all(np.abs(exact) > 1e-3)
    np.testing.assert_allclose(expected_gradient(estimate), exact, atol=1e-12)


@pytest.mark.parametrize("time", range(NUM_STEPS))
@pytest.mark.parametrize("dice_discount", [1.0, 0.9, 0.0])
def test_lambda_fades_the_derivative_in_our_later_policies(
    dice_discount: float, time: int, float64: None
) -> None:
    """E[grad G_t] = sum_{k>=t} lambda^(k-t) dE[R_t] / d theta_k, theta_k our policy of time k."""

    def estimate(rewards: Array, values: Array, log_probs: Array) -> Array:
        return differentiable_returns.loaded_dice_returns(
            rewards, values, log_probs, discount=GAMMA, dice_discount=dice_discount
        )[time]

    weights = dice_discount ** np.arange(NUM_STEPS - time)
    expected = weights @ derivative_by_time(time)[time:]
    np.testing.assert_allclose(expected_gradient(estimate), expected, atol=1e-9)


@pytest.mark.parametrize("opponent_action", [0, 1])
@pytest.mark.parametrize("time", range(NUM_STEPS))
@pytest.mark.parametrize("dice_discount", [1.0, 0.9])
def test_taken_action_value_has_the_derivative_in_our_policies_after_that_move(
    dice_discount: float, time: int, opponent_action: int, float64: None
) -> None:
    """Given what the opponent took; our simultaneous move and all before it count as constants."""

    def estimate(rewards: Array, values: Array, log_probs: Array) -> Array:
        returns = differentiable_returns.loaded_dice_returns(
            rewards, values, log_probs, discount=GAMMA, dice_discount=dice_discount
        )
        return differentiable_returns.taken_action_values(rewards, returns, discount=GAMMA)[time]

    is_taken = EPISODES.actions[:, time, 1] == opponent_action
    fading = dice_discount ** np.arange(NUM_STEPS - time - 1)
    expected = fading @ derivative_by_time(time, opponent_action)[time + 1 :]
    gradient = expected_gradient(estimate, PROBABILITIES * is_taken)
    np.testing.assert_allclose(gradient, expected, atol=1e-9)
    assert np.any(gradient != 0) == (time < NUM_STEPS - 1)


def test_forward_values_are_the_sampled_returns(float64: None) -> None:
    log_probs = jnp.log(jnp.asarray(RANDOM.uniform(0.1, 0.9, REWARDS.shape)))
    returns = jax.vmap(
        lambda *arrays: differentiable_returns.loaded_dice_returns(
            *arrays, discount=GAMMA, dice_discount=0.9
        )
    )(jnp.asarray(REWARDS), jnp.asarray(VALUES), log_probs)
    taken = jax.vmap(
        lambda *arrays: differentiable_returns.taken_action_values(*arrays, discount=GAMMA)
    )(jnp.asarray(REWARDS), returns)
    np.testing.assert_allclose(returns, enumeration.returns(REWARDS, GAMMA), rtol=1e-14)
    np.testing.assert_allclose(taken, returns, rtol=1e-14)


# gamma = 1/2, r = (-1, -3, -2), so R = (-3, -4, -2); with V = (0, 1, -1), R - V = (-3, -5, -1).
REWARDS_BY_HAND = jnp.array([-1.0, -3.0, -2.0])
VALUES_BY_HAND = jnp.array([0.0, 1.0, -1.0])


@pytest.mark.parametrize(
    ("dice_discount", "of_returns", "of_taken_values"),
    [
        # Weights (1/2 * 1/2)^(k-t) of (-3, -5, -1); q_t has gamma = 1/2 times the row below.
        (
            0.5,
            [[-3, -1.25, -0.0625], [0, -5, -0.25], [0, 0, -1]],
            [[0, -2.5, -0.125], [0, 0, -0.5]],
        ),
        (1.0, [[-3, -2.5, -0.25], [0, -5, -0.5], [0, 0, -1]], [[0, -2.5, -0.25], [0, 0, -0.5]]),
        # With lambda = 0 only our next action counts.
        (0.0, [[-3, 0, 0], [0, -5, 0], [0, 0, -1]], [[0, -2.5, 0], [0, 0, -0.5]]),
    ],
)
def test_derivatives_in_our_log_probabilities_match_hand_computed_values(
    dice_discount: float, of_returns: list, of_taken_values: list
) -> None:
    def returns(log_probs: Array) -> Array:
        return differentiable_returns.loaded_dice_returns(
            REWARDS_BY_HAND, VALUES_BY_HAND, log_probs, discount=0.5, dice_discount=dice_discount
        )

    def taken_values(log_probs: Array) -> Array:
        return differentiable_returns.taken_action_values(
            REWARDS_BY_HAND, returns(log_probs), discount=0.5
        )

    log_probs = jnp.log(jnp.array([0.5, 0.25, 0.75]))
    np.testing.assert_allclose(jax.jacobian(returns)(log_probs), of_returns, rtol=1e-6)
    expected = [*of_taken_values, [0, 0, 0]]
    np.testing.assert_allclose(jax.jacobian(taken_values)(log_probs), expected, rtol=1e-6)


def test_the_critic_is_a_constant_baseline() -> None:
    def total(values: Array) -> Array:
        return jnp.sum(
            differentiable_returns.loaded_dice_returns(
                REWARDS_BY_HAND, values, jnp.zeros(3), discount=GAMMA, dice_discount=0.9
            )
        )

    np.testing.assert_array_equal(jax.grad(total)(VALUES_BY_HAND), np.zeros(3))


def test_value_and_gradient_are_those_of_the_magic_boxes(float64: None) -> None:
    """The released form: d_t = box(sum_{k<=t} log pi_k) - box(sum_{k<t} log pi_k)."""

    def with_boxes(rewards: Array, values: Array, log_probs: Array) -> Array:
        def box(x: Array) -> Array:
            return jnp.exp(x - lax.stop_gradient(x))

        returns, later = 0.0, 0.0
        for time in reversed(range(NUM_STEPS)):
            returns = rewards[time] + GAMMA * returns
            dice = box(jnp.sum(log_probs[: time + 1])) - box(jnp.sum(log_probs[:time]))
            later = (returns - values[time]) * dice + GAMMA * 0.9 * later
        return returns + later

    def ours(rewards: Array, values: Array, log_probs: Array) -> Array:
        return differentiable_returns.loaded_dice_returns(
            rewards, values, log_probs, discount=GAMMA, dice_discount=0.9
        )[0]

    weights = RANDOM.normal(size=len(REWARDS))
    np.testing.assert_allclose(
        expected_gradient(ours, weights), expected_gradient(with_boxes, weights), rtol=1e-12
    )
