"""Tests of the densities of time: normalised, unbiased, and learned towards less variance."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from riemannian_diffusion import losses, time_sampling

HORIZON = 2.5
UNIFORMS = (jnp.arange(2000) + 0.5) / 2000


def drawn(sampler, params):
    return jax.vmap(lambda u: sampler.sample(params, u))(UNIFORMS)


def random_flow():
    sampler = time_sampling.learned(HORIZON)
    keys = jax.random.split(jax.random.key(0), len(sampler.params))
    noise = {
        n: 0.3 * jax.random.normal(k, (10,)) for n, k in zip(sampler.params, keys, strict=True)
    }
    return sampler, jax.tree.map(jnp.add, sampler.params, noise)


SAMPLERS = {
    "uniform": lambda: (time_sampling.power_law(HORIZON), {}),
    "power": lambda: (time_sampling.power_law(HORIZON, 3.0), {}),
    "learned": random_flow,
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_densities_are_those_of_the_times_and_estimates_unbiased(name):
    sampler, params = SAMPLERS[name]()
    times, log_densities = drawn(sampler, params)
    assert np.all(np.diff(times) > 0)
    assert 0 <= times[0] <= times[-1] <= HORIZON
    slopes = jax.vmap(jax.grad(lambda u: sampler.sample(params, u)[0]))(UNIFORMS)
    np.testing.assert_allclose(np.exp(-log_densities), slopes, rtol=1e-3)  # ds / du = 1 / q
    weights = np.exp(-log_densities)
    assert np.mean(np.exp(-times) * weights) == pytest.approx(1 - np.exp(-HORIZON), rel=0.01)


def test_the_learned_density_starts_uniform():
    sampler = time_sampling.learned(HORIZON)
    times, log_densities = drawn(sampler, sampler.params)
    np.testing.assert_allclose(times, HORIZON * UNIFORMS, atol=1e-5)
    np.testing.assert_allclose(log_densities, -np.log(HORIZON), atol=1e-5)


def test_stratified_uniforms_hit_every_part_once():
    uniforms = time_sampling.stratified_uniforms(jax.random.key(0), 16)
    assert sorted(np.floor(np.asarray(uniforms) * 16).astype(int)) == list(range(16))
    assert np.any(np.diff(uniforms) < 0)


def test_training_it_approaches_the_least_variance():
    """For f = 1 / (s + .05) the best q is proportional to f and has no variance at all."""
    sampler = time_sampling.learned(HORIZON)
    optimizer = optax.adam(3e-2)

    def loss(params):
        times, log_densities = drawn(sampler, params)
        return losses.sampler_second_moment(1 / (times + 0.05), log_densities)

    @jax.jit
    def train(params):
        def step(carry, _):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params), state)
            return (optax.apply_updates(params, updates), state), None

        return jax.lax.scan(step, (params, optimizer.init(params)), length=300)[0][0]

    def variance(params):
        times, log_densities = drawn(sampler, params)
        return np.var(np.exp(-log_densities) / (times + 0.05))

    assert variance(train(sampler.params)) < 0.05 * variance(sampler.params)
