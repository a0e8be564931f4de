"""Tests of the losses: by hand, the opponent's softmax in closed form, where gradients go."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from loqa import losses

# Action values of three steps with two and with four actions, and the actions taken.
Q_VALUES = {
    2: np.array([[-20.0, -21.0], [0.5, 3.0], [-1.0, -1.0]]),
    4: np.array([[1.0, -2.0, 0.5, 3.0], [-40.0, 2.0, 2.0, 1.0], [0.0, 0.0, 0.0, 0.0]]),
}
TAKEN = {2: np.array([0, 1, 1]), 4: np.array([3, 0, 2])}
TAKEN_VALUES = np.array([-22.5, 1.0, -2.0])


def log_softmax_with_entry_replaced(
    q_values: np.ndarray, taken: np.ndarray, taken_values: np.ndarray, temperature: float
) -> np.ndarray:
    """log_softmax(Q~ / tau)[b] in float64; Q~(b) is the given value, the critic's elsewhere."""
    logits = q_values.copy()
    logits[np.arange(3), taken] = taken_values
    logits /= temperature
    return logits[np.arange(3), taken] - np.log(np.sum(np.exp(logits), axis=1))


@jax.jit
def log_probs_by_losses(q_values: Array, taken_values: Array, temperature: float) -> Array:
    taken = TAKEN[q_values.shape[-1]]
    rest = losses.rest_log_sum_exp(q_values, temperature=temperature)[np.arange(3), taken]
    return losses.opponent_log_probs(taken_values, rest, temperature=temperature)


def test_advantages_match_hand_computed_values() -> None:
    rewards, values = jnp.array([-1.0, -3.0, 0.0]), jnp.array([-4.0, -2.0, -6.0, -8.0])
    advantages = losses.td_advantages(rewards, values, discount=0.5)
    # -1 - 2 / 2 + 4, -3 - 6 / 2 + 2, 0 - 8 / 2 + 6
    np.testing.assert_array_equal(advantages, [2.0, -4.0, 2.0])


def test_advantages_let_the_gradient_of_both_values_through() -> None:
    jacobian = jax.jacobian(
        lambda values: losses.td_advantages(jnp.zeros(2), values, discount=0.5)
    )(jnp.zeros(3))
    np.testing.assert_array_equal(jacobian, [[-1, 0.5, 0], [0, -1, 0.5]])


def test_return_advantages_match_hand_computed_values() -> None:
    returns, values = jnp.array([-2.5, -3.0, 0.0]), jnp.array([-4.0, -2.0, -6.0, 100.0])
    # -2.5 + 4, -3 + 2, 0 + 6: the value after the last step is in none.
    np.testing.assert_array_equal(losses.return_advantages(returns, values), [1.5, -1.0, 6.0])
    of_returns, of_values = jax.jacobian(losses.return_advantages, argnums=(0, 1))(returns, values)
    np.testing.assert_array_equal(of_returns, np.eye(3))
    np.testing.assert_array_equal(of_values, -np.eye(3, 4))


def test_policy_and_shaping_loss_match_hand_computed_values() -> None:
    log_probs, advantages = jnp.array([-1.0, -0.5, -2.0]), jnp.array([3.0, -2.0, 1.0])
    for loss in (losses.policy_loss, losses.shaping_loss):
        assert loss(log_probs, advantages) == pytest.approx((3 - 1 + 2) / 3)
        gradient = jax.grad(loss)(log_probs, advantages)
        np.testing.assert_allclose(gradient, -advantages / 3)


def test_negative_entropy_of_uniform_and_sure_policies() -> None:
    policy = jnp.array([[0.5, 0.5], [1.0, 1e-30], [0.25, 0.75]])
    expected = [-np.log(2), 0, 0.25 * np.log(0.25) + 0.75 * np.log(0.75)]
    np.testing.assert_allclose(losses.negative_entropies(jnp.log(policy)), expected, atol=1e-6)


def test_rest_of_two_actions_is_the_other_one() -> None:
    rest = losses.rest_log_sum_exp(jnp.array([[3.0, -5.0]]), temperature=2.0)
    np.testing.assert_allclose(rest, [[-2.5, 1.5]])


@pytest.mark.parametrize("temperature", [1.0, 0.3, 5.0])
@pytest.mark.parametrize("num_actions", [2, 4])
def test_opponent_log_probs_are_a_softmax_with_the_taken_entry_replaced(
    num_actions: int, temperature: float
) -> None:
    q_values, taken = Q_VALUES[num_actions], TAKEN[num_actions]
    log_probs = log_probs_by_losses(jnp.asarray(q_values), jnp.asarray(TAKEN_VALUES), temperature)
    expected = log_softmax_with_entry_replaced(q_values, taken, TAKEN_VALUES, temperature)
    np.testing.assert_allclose(log_probs, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("temperature", [1.0, 0.3])
@pytest.mark.parametrize("num_actions", [2, 4])
def test_opponent_log_probs_have_slope_one_minus_pi_over_tau_in_the_taken_value_only(
    num_actions: int, temperature: float
) -> None:
    q_values, taken = Q_VALUES[num_actions], TAKEN[num_actions]
    jacobians = jax.jit(jax.jacobian(log_probs_by_losses, argnums=(0, 1)))
    of_q_values, of_taken_values = jacobians(
        jnp.asarray(q_values), jnp.asarray(TAKEN_VALUES), temperature
    )
    log_pi = log_softmax_with_entry_replaced(q_values, taken, TAKEN_VALUES, temperature)
    expected = np.diag((1 - np.exp(log_pi)) / temperature)
    np.testing.assert_allclose(of_taken_values, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(of_q_values, np.zeros((3, 3, num_actions)))


@pytest.mark.parametrize("temperature", [1.0, 0.3])
def test_a_constant_normaliser_leaves_the_value_and_makes_the_slope_one_over_tau(
    temperature: float,
) -> None:
    rest = losses.rest_log_sum_exp(jnp.asarray(Q_VALUES[4]), temperature=temperature)
    rest = rest[np.arange(3), TAKEN[4]]

    def log_probs(taken_values: Array, rest: Array, is_stopped: bool) -> Array:
        return losses.opponent_log_probs(
            taken_values, rest, temperature=temperature, stop_grad_normalizer=is_stopped
        )

    taken_values = jnp.asarray(TAKEN_VALUES)
    free, constant = (log_probs(taken_values, rest, stop) for stop in (False, True))
    np.testing.assert_allclose(constant, free, rtol=1e-5, atol=1e-6)
    jacobians = jax.jacobian(log_probs, argnums=(0, 1))(taken_values, rest, True)
    np.testing.assert_allclose(jacobians[0], np.eye(3) / temperature, rtol=1e-6)
    np.testing.assert_array_equal(jacobians[1], np.zeros((3, 3)))


def test_an_opponent_far_from_indifferent_has_finite_log_probs_and_slopes() -> None:
    def total(taken_values: Array) -> Array:
        return jnp.sum(log_probs_by_losses(jnp.zeros((3, 2)), taken_values, 1.0))

    value, slopes = jax.value_and_grad(total)(jnp.array([1000.0, -1000.0, 0.0]))
    assert value == pytest.approx(0 - 1000 + np.log(0.5))
    np.testing.assert_allclose(slopes, [0.0, 1.0, 0.5])


def test_critic_loss_is_a_huber_loss_by_hand() -> None:
    # Errors 1/2, -3 and 0: squared / 2 up to one, then |x| - 1/2. The slope is cut at one.
    q_taken, targets = jnp.array([1.5, -2.0, 7.0]), jnp.array([1.0, 1.0, 7.0])
    assert losses.critic_loss(q_taken, targets) == pytest.approx((0.125 + 2.5 + 0) / 3)
    of_q, of_targets = jax.grad(losses.critic_loss, argnums=(0, 1))(q_taken, targets)
    np.testing.assert_allclose(of_q, np.array([0.5, -1.0, 0.0]) / 3, rtol=1e-6)
    np.testing.assert_array_equal(of_targets, np.zeros(3))


def test_sarsa_targets_match_hand_computed_values() -> None:
    targets = losses.sarsa_targets(
        jnp.array([-1.0, -3.0, 0.0]), jnp.array([100.0, -4.0, -6.0]), jnp.array(-8.0), discount=0.5
    )
    # -1 - 4 / 2, -3 - 6 / 2, 0 - 8 / 2: the value of the first action is in no target.
    np.testing.assert_array_equal(targets, [-3.0, -6.0, -4.0])


@pytest.mark.parametrize(
    "call",
    [
        lambda: losses.td_advantages(jnp.zeros(3), jnp.zeros(3), discount=0.9),
        lambda: losses.return_advantages(jnp.zeros(3), jnp.zeros(3)),
        lambda: losses.policy_loss(jnp.zeros(3), jnp.zeros((3, 1))),
        lambda: losses.shaping_loss(jnp.zeros(3), jnp.zeros(4)),
        lambda: losses.opponent_log_probs(jnp.zeros(3), jnp.zeros((3, 2)), temperature=1.0),
        lambda: losses.sarsa_targets(jnp.zeros(3), jnp.zeros(4), jnp.zeros(()), discount=0.9),
    ],
)
def test_arrays_of_other_shapes_are_refused(call: Callable[[], Array]) -> None:
    with pytest.raises(AssertionError):
        call()
