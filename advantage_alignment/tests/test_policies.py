"""Tests of the families of policies: frequencies, densities and entropies."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advantage_alignment import policies


def draws(policy, outputs, number=20000):
    noise = policy.noise(jax.random.key(0), (number,))
    return jax.vmap(lambda each: policy.draw(outputs, each))(noise)


def test_choices_have_the_frequencies_of_the_softmax():
    policy, logits = policies.categorical(3), jnp.array([0.0, 1.0, -1.0])
    frequencies = np.bincount(draws(policy, logits)) / 20000
    np.testing.assert_allclose(frequencies, jax.nn.softmax(logits), atol=0.015)
    log_probs = [policy.log_prob(logits, action) for action in range(3)]
    np.testing.assert_allclose(log_probs, jax.nn.log_softmax(logits), rtol=1e-5)
    entropy = -np.sum(np.exp(log_probs) * log_probs)
    assert float(policy.entropy(logits, 0)) == pytest.approx(entropy, rel=1e-5)


def test_independent_choices_multiply():
    policy = policies.independent_choices(2, 3)
    outputs = jnp.array([0.0, 1.0, 2.0, 0.5, 0.0, 0.0])
    one = policies.categorical(3)
    joint = one.log_prob(outputs[:3], 2) + one.log_prob(outputs[3:], 0)
    action = jnp.array([2.0, 0.0])
    assert float(policy.log_prob(outputs, action)) == pytest.approx(float(joint), rel=1e-5)
    taken = draws(policy, outputs)
    frequency = jnp.mean(jnp.all(taken == action[None], axis=1))
    assert float(frequency) == pytest.approx(float(jnp.exp(joint)), abs=0.015)


GAUSSIAN = policies.squashed_gaussian(1, 5.0)
OUTPUTS = jnp.array([0.4, -0.5])  # m, log s


def test_the_density_of_proposals_integrates_to_one():
    """Over the range in which an action is told apart; outside is the rest of the mass."""
    grid = jnp.linspace(2.5 * (1 - 0.99), 2.5 * (1 + 0.99), 4001)[:, None]
    density = jnp.exp(jax.vmap(lambda action: GAUSSIAN.log_prob(OUTPUTS, action))(grid))
    inside = float(jnp.trapezoid(density, grid[:, 0]))
    taken = draws(GAUSSIAN, OUTPUTS)
    assert inside == pytest.approx(float(jnp.mean(jnp.abs(taken - 2.5) < 2.475)), abs=0.01)


def test_the_density_of_proposals_is_that_of_their_frequencies():
    taken = np.asarray(draws(GAUSSIAN, OUTPUTS, 200000))[:, 0]
    edges = np.linspace(1.0, 4.5, 15)
    counted = np.histogram(taken, edges)[0] / len(taken) / np.diff(edges)
    middles = jnp.asarray((edges[1:] + edges[:-1]) / 2)[:, None]
    density = jnp.exp(jax.vmap(lambda action: GAUSSIAN.log_prob(OUTPUTS, action))(middles))
    np.testing.assert_allclose(counted, density, rtol=0.06, atol=0.005)


def test_the_published_entropy_bonus_pushes_nowhere_on_average():
    """E[grad log pi(a)] = 0: an estimate -log pi(a) with the action held constant has no drift.

    The entropy itself would grow by 1 with log s. Within four standard errors.
    """
    taken = draws(GAUSSIAN, OUTPUTS, 50000)
    gradients = jax.vmap(lambda a: jax.grad(GAUSSIAN.entropy)(OUTPUTS, a))(taken)
    errors = jnp.std(gradients, axis=0) / jnp.sqrt(len(taken))
    assert jnp.all(jnp.abs(jnp.mean(gradients, axis=0)) < 4 * errors)
    assert errors[1] < 0.01


def test_proposals_stay_in_range_and_saturated_ones_give_finite_gradients():
    wide = jnp.array([9.0, 3.0])
    taken = draws(GAUSSIAN, wide, 1000)
    assert float(taken.min()) >= 0.0
    assert float(taken.max()) <= 5.0
    gradient = jax.vmap(lambda a: jax.grad(GAUSSIAN.log_prob)(OUTPUTS, a))(taken)
    assert jnp.all(jnp.isfinite(gradient))
    assert float(GAUSSIAN.log_prob(jnp.array([-9.0, -9.0]), jnp.array([5.0]))) == -10.0
