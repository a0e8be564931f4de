"""Tests of targets and losses: by hand, by brute force, against gradients of the written sum."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meta_value import losses


def random(shape, seed=0):
    return jax.random.normal(jax.random.key(seed), shape)


def test_lambda_returns_match_hand_computed_values():
    """gamma = lambda = 1/2: G_2 = 8; G_1 = 2/2 + (8/2 + 8/2)/2 = 5; G_0 = 4/2 + (6/2 + 5/2)/2."""
    returns = losses.lambda_returns(
        rewards=jnp.array([[4.0], [2.0]]),
        bootstrap_values=jnp.array([[[100.0]], [[6.0]], [[8.0]]]),
        discounts=jnp.array([0.5]),
        trace_decay=0.5,
    )
    np.testing.assert_allclose(returns[:, 0, 0], [4.75, 5.0])


@pytest.mark.parametrize("trace_decay", [0.0, 0.3, 0.9, 1.0])
def test_lambda_returns_mix_all_n_step_returns(trace_decay):
    """G_t = (1 - l) sum_n l^(n-1) G_t^n, and l^(T-t-1) of the longest, per player and quantile."""
    rewards, values = np.asarray(random((4, 2))), np.asarray(random((5, 2, 3), 1))
    gamma = np.array([0.2, 0.95])

    def n_step(t, n):
        summed = sum((1 - gamma) * gamma**k * rewards[t + k] for k in range(n))
        return summed[:, None] + (gamma**n)[:, None] * values[t + n]

    def mixed(t):
        longest = 4 - t
        total = trace_decay ** (longest - 1) * n_step(t, longest)
        for n in range(1, longest):
            total = total + (1 - trace_decay) * trace_decay ** (n - 1) * n_step(t, n)
        return total

    expected = np.stack([mixed(t) for t in range(4)])
    found = losses.lambda_returns(rewards, values, jnp.array(gamma), trace_decay)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_player_without_foresight_expects_the_reward_alone():
    rewards = random((3, 2))
    found = losses.lambda_returns(rewards, random((4, 2, 5), 1), jnp.array([0.0, 0.5]), 0.9)
    np.testing.assert_allclose(found[:, 0], jnp.tile(rewards[:, :1], 5), rtol=1e-6)
    assert not np.allclose(found[:, 1], jnp.tile(rewards[:, 1:], 5))


def written_loss(quantiles, targets):
    """The published double sum: over predictions i, mean over targets j."""
    num = len(quantiles)
    errors = targets[None, :] - quantiles[:, None]
    levels = (jnp.arange(num) + 0.5)[:, None] / num
    weights = jnp.abs(levels - (errors < 0)) if num > 1 else jnp.ones((1, 1))
    size = jnp.abs(errors)
    return jnp.sum(weights * jnp.where(size <= 1, 0.5 * errors**2, size - 0.5)) / num


@pytest.mark.parametrize("num_quantiles", [1, 2, 7])
def test_quantile_loss_and_its_gradient_match_the_written_sum(num_quantiles):
    quantiles, targets = 2 * random((num_quantiles,)), 2 * random((num_quantiles,), 1)
    value, gradient = jax.value_and_grad(losses.quantile_loss)(quantiles, targets)
    expected, expected_gradient = jax.value_and_grad(written_loss)(quantiles, targets)
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-5, atol=1e-6)


def test_quantile_loss_by_hand():
    """q = (0, 3), y = (2, 2): levels 1/4, 3/4; errors 2 (huber 3/2) and -1 (huber 1/2)."""
    found = losses.quantile_loss(jnp.array([0.0, 3.0]), jnp.array([2.0, 2.0]))
    np.testing.assert_allclose(found, 0.25 * 1.5 + 0.25 * 0.5)


def test_quantiles_of_the_targets_minimise_the_loss():
    """Within the Huber width they are expectiles: the middle one is the mean, others around it."""
    targets = jnp.array([-0.2, 0.0, 0.2])
    gradient = jax.jit(jax.grad(losses.quantile_loss))
    best = jnp.zeros(3)
    for _ in range(400):
        best = best - 0.5 * gradient(best, targets)
    assert best[0] < -0.05 < 0.05 < best[2]
    np.testing.assert_allclose(best[1], 0, atol=1e-6)
    np.testing.assert_allclose(best[0], -best[2], atol=1e-6)


def test_targets_are_constants():
    gradient = jax.grad(losses.path_loss, argnums=1)(random((2, 2, 3)), random((2, 2, 3), 1))
    np.testing.assert_array_equal(gradient, 0)


def test_path_loss_is_the_mean_over_steps_and_players():
    quantiles, targets = random((3, 2, 4)), random((3, 2, 4), 1)
    single = [
        losses.quantile_loss(quantiles[t, p], targets[t, p]) for t in range(3) for p in (0, 1)
    ]
    np.testing.assert_allclose(losses.path_loss(quantiles, targets), np.mean(single), rtol=1e-6)


def test_td_errors_match_hand_computed_values():
    """gamma 1/2: (4 + 2/2)/2 + 8/4 - 1 = 3.5; gamma 0: r_0 - v(x_0)."""
    found = losses.td_errors(
        rewards=jnp.array([[4.0, 4.0], [2.0, 2.0]]),
        first_values=jnp.array([1.0, 1.0]),
        last_values=jnp.array([8.0, 8.0]),
        discounts=jnp.array([0.5, 0.0]),
    )
    np.testing.assert_allclose(found, [3.5, 3.0])


def test_huber_is_quadratic_then_linear():
    errors = jnp.array([-3.0, -1.0, -0.5, 0.0, 1.0, 2.0])
    np.testing.assert_allclose(losses.huber(errors), [2.5, 0.5, 0.125, 0.0, 0.5, 1.5])
