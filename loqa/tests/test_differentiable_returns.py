"""Tests of loaded DiCE: by hand, and its expected gradient by enumerating every short episode."""

import functools
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


@functools.partial(jax.jit, static_argnames="estimate")
def expected_gradients(
    estimate: Callable[..., Array], weights: np.ndarray = PROBABILITIES, **options: float
) -> Array:
    """Gradients of sum_i weight_i estimate_i in our logits, the weights held fixed. [T, 5]."""

    def total(logits: Array) -> Array:
        signs = 1 - 2 * EPISODES.actions[..., 0]
        log_probs = jax.nn.log_sigmoid(signs * logits[EPISODES.states[..., 0]])  # [N, T]
        estimates = jax.vmap(functools.partial(estimate, **options))(
            jnp.asarray(REWARDS), jnp.asarray(VALUES), log_probs
        )
        return jnp.sum(weights[:, None] * estimates, axis=0)

    return jax.jacobian(total)(jnp.asarray(LOGITS))


def dice_returns(rewards: Array, values: Array, log_probs: Array, dice_discount: float) -> Array:
    return differentiable_returns.loaded_dice_returns(
        rewards, values, log_probs, discount=GAMMA, dice_discount=dice_discount
    )


def taken_values(rewards: Array, values: Array, log_probs: Array, dice_discount: float) -> Array:
    returns = dice_returns(rewards, values, log_probs, dice_discount)
    return differentiable_returns.taken_action_values(rewards, returns, discount=GAMMA)


def derivatives_by_time(time: int, is_counted: np.ndarray | float = 1.0) -> np.ndarray:
    """Finite differences of the expected R_t of the opponent in our logits of each time. [T, 5]."""
    returns = enumeration.returns(REWARDS, GAMMA)[:, time] * is_counted
    return enumeration.derivative(
        lambda logits: enumeration.probabilities(EPISODES, cooperation(logits)) @ returns,
        CONSTANT_LOGITS,
    )


def test_discounted_sums_match_hand_computed_values() -> None:
    sums = differentiable_returns.discounted_sums(jnp.array([1.0, -2.0, 4.0]), 0.5)
    np.testing.assert_array_equal(sums, [1.0, 0.0, 4.0])  # 1 + (-2 + 4 / 2) / 2, -2 + 4 / 2, 4


@pytest.mark.parametrize("baseline", [0.0, 1.0])
def test_expected_gradient_is_that_of_the_exact_value(baseline: float, float64: None) -> None:
    def with_baseline(rewards: Array, values: Array, log_probs: Array) -> Array:
        return dice_returns(rewards, baseline * values, log_probs, dice_discount=1.0)

    def exact_value(logits: Array) -> Array:
        policies = jnp.stack([jax.nn.sigmoid(logits), jnp.asarray(OPPONENT)])
        value = ipd_values.finite_horizon_value(policies, num_steps=NUM_STEPS, discount=GAMMA)
        return value[1]

    exact = jax.jit(jax.grad(exact_value))(jnp.asarray(LOGITS))
    assert np.all(np.abs(exact) > 1e-3)
    np.testing.assert_allclose(expected_gradients(with_baseline)[0], exact, atol=1e-12)


@pytest.mark.parametrize("dice_discount", [1.0, 0.9, 0.0])
def test_lambda_fades_the_derivatives_in_our_later_policies(
    dice_discount: float, float64: None
) -> None:
    """E[grad G_t] = sum_{k>=t} lambda^(k-t) dE[R_t] / d theta_k, theta_k our policy of time k."""
    gradients = expected_gradients(dice_returns, dice_discount=dice_discount)
    for time in range(NUM_STEPS):
        fading = dice_discount ** np.arange(NUM_STEPS - time)
        expected = fading @ derivatives_by_time(time)[time:]
        np.testing.assert_allclose(gradients[time], expected, atol=1e-9)


@pytest.mark.parametrize("opponent_action", [0, 1])
@pytest.mark.parametrize("dice_discount", [1.0, 0.9, 0.0])
def test_taken_action_value_has_the_derivatives_in_our_policies_after_that_move(
    dice_discount: float, opponent_action: int, float64: None
) -> None:
    """Given what the opponent took; our simultaneous move and all before it count as constants."""
    for time in range(NUM_STEPS):
        is_taken = EPISODES.actions[:, time, 1] == opponent_action
        gradient = expected_gradients(
            taken_values, PROBABILITIES * is_taken, dice_discount=dice_discount
        )[time]
        fading = dice_discount ** np.arange(NUM_STEPS - time - 1)
        expected = fading @ derivatives_by_time(time, is_taken)[time + 1 :]
        np.testing.assert_allclose(gradient, expected, atol=1e-9)
        assert np.any(gradient != 0) == (time < NUM_STEPS - 1)


def test_forward_values_are_the_sampled_returns(float64: None) -> None:
    log_probs = jnp.log(jnp.asarray(RANDOM.uniform(0.1, 0.9, REWARDS.shape)))
    for estimate in (dice_returns, taken_values):
        forward = jax.jit(jax.vmap(functools.partial(estimate, dice_discount=0.9)))
        returns = forward(jnp.asarray(REWARDS), jnp.asarray(VALUES), log_probs)
        np.testing.assert_allclose(returns, enumeration.returns(REWARDS, GAMMA), rtol=1e-14)


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
    def both(log_probs: Array) -> tuple[Array, Array]:
        returns = differentiable_returns.loaded_dice_returns(
            REWARDS_BY_HAND, VALUES_BY_HAND, log_probs, discount=0.5, dice_discount=dice_discount
        )
        taken = differentiable_returns.taken_action_values(REWARDS_BY_HAND, returns, discount=0.5)
        return returns, taken

    jacobians = jax.jit(jax.jacobian(both))(jnp.log(jnp.array([0.5, 0.25, 0.75])))
    np.testing.assert_allclose(jacobians[0], of_returns, rtol=1e-6)
    np.testing.assert_allclose(jacobians[1], [*of_taken_values, [0, 0, 0]], rtol=1e-6)


def test_gradient_is_that_of_the_magic_boxes(float64: None) -> None:
    """The released form: d_t = box(sum_{k<=t} log pi_k) - box(sum_{k<t} log pi_k)."""

    def with_boxes(rewards: Array, values: Array, log_probs: Array) -> Array:
        def box(x: Array) -> Array:
            return jnp.exp(x - lax.stop_gradient(x))

        estimates, returns, later = [], jnp.zeros(()), jnp.zeros(())
        for time in reversed(range(NUM_STEPS)):
            returns = rewards[time] + GAMMA * returns
            dice = box(jnp.sum(log_probs[: time + 1])) - box(jnp.sum(log_probs[:time]))
            later = (returns - values[time]) * dice + GAMMA * 0.9 * later
            estimates.append(returns + later)
        return jnp.stack(estimates[::-1])

    weights = RANDOM.normal(size=len(REWARDS))
    np.testing.assert_allclose(
        expected_gradients(dice_returns, weights, dice_discount=0.9),
        expected_gradients(with_boxes, weights),
        atol=1e-12,
    )


def n_step_returns(log_probs: Array, num_rewards: int) -> Array:
    return differentiable_returns.n_step_returns(
        REWARDS_BY_HAND, log_probs, discount=0.5, num_rewards=num_rewards
    )


LOG_PROBS_BY_HAND = jnp.log(jnp.array([0.5, 0.25, 0.75]))


@pytest.mark.parametrize(
    ("num_rewards", "derivatives"),
    [
        # Only r_t depends on l_t.
        (1, [[-1, 0, 0], [0, -3, 0], [0, 0, -2]]),
        # l_t: r_t + r_{t+1} / 2; l_{t+1}: r_{t+1} / 2.
        (2, [[-2.5, -1.5, 0], [0, -4, -1], [0, 0, -2]]),
        # In G_0, l_0 reaches -1 - 3 / 2 - 2 / 4, l_1 all but the first term, l_2 the last.
        (3, [[-3, -2, -0.5], [0, -4, -1], [0, 0, -2]]),
    ],
)
def test_n_step_returns_match_hand_computed_values(num_rewards: int, derivatives: list) -> None:
    function = functools.partial(n_step_returns, num_rewards=num_rewards)
    np.testing.assert_allclose(function(LOG_PROBS_BY_HAND), [-3, -4, -2], rtol=1e-6)
    jacobian = jax.jit(jax.jacobian(function))(LOG_PROBS_BY_HAND)
    np.testing.assert_allclose(jacobian, derivatives, rtol=1e-6)


@pytest.mark.parametrize("num_rewards", [1, 2, 4, 6, 9])
def test_n_step_returns_have_the_gradient_of_a_magic_box_for_every_reward(
    num_rewards: int, float64: None
) -> None:
    """sum_k gamma^k r_{t+k} box(l_t + ... + l_{t+k}); beyond n rewards there is no box."""
    num_steps = 6
    rewards = RANDOM.normal(size=num_steps)
    log_probs = jnp.log(jnp.asarray(RANDOM.uniform(0.1, 0.9, num_steps)))

    def with_boxes(log_probs: Array) -> Array:
        estimates = []
        for start in range(num_steps):
            total = jnp.zeros(())
            for time in range(start, num_steps):
                reach = jnp.sum(log_probs[start : time + 1])
                box = jnp.exp(reach - lax.stop_gradient(reach))
                weight = GAMMA ** (time - start) * rewards[time]
                total += weight * (box if time < start + num_rewards else 1.0)
            estimates.append(total)
        return jnp.stack(estimates)

    def ours(log_probs: Array) -> Array:
        return differentiable_returns.n_step_returns(
            jnp.asarray(rewards), log_probs, discount=GAMMA, num_rewards=num_rewards
        )

    np.testing.assert_allclose(ours(log_probs), with_boxes(log_probs), rtol=1e-12)
    expected = jax.jit(jax.jacobian(with_boxes))(log_probs)
    np.testing.assert_allclose(jax.jit(jax.jacobian(ours))(log_probs), expected, atol=1e-12)


@pytest.mark.parametrize("num_rewards", [NUM_STEPS, NUM_STEPS + 4])
def test_with_every_reward_in_reach_they_are_loaded_dice_without_baseline_and_lambda(
    num_rewards: int, float64: None
) -> None:
    def n_steps(rewards: Array, values: Array, log_probs: Array) -> Array:
        return differentiable_returns.n_step_returns(
            rewards, log_probs, discount=GAMMA, num_rewards=num_rewards
        )

    def unloaded(rewards: Array, values: Array, log_probs: Array) -> Array:
        return dice_returns(rewards, 0 * values, log_probs, dice_discount=1.0)

    weights = RANDOM.normal(size=len(REWARDS))
    np.testing.assert_allclose(
        expected_gradients(n_steps, weights), expected_gradients(unloaded, weights), atol=1e-12
    )
