"""Tests of the whole pipeline on a target whose score is known exactly at all times.

Data from the heat kernel at time 1 around a pole of S^2; a is its analytic score at time 1 + s; the
inference process runs for T = 1. Any wrong sign, volume or factor of two shows.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from riemannian_diffusion import heat_kernel, likelihood
from riemannian_diffusion.manifolds import sphere

POLE = jnp.array([0.0, 0.0, 1.0])
START, HORIZON = 1.0, 1.0
ENTROPY = {1.0: 2.314551, 2.0: 2.503205}
SPHERE = sphere.sphere(2)


def score(point, time):
    return heat_kernel.sphere_score(point, POLE, START + time)


@pytest.fixture(scope="module")
def data():
    """Gauss-Legendre nodes in cos(theta), and what each weighs under the data's density."""
    nodes, weights = np.polynomial.legendre.leggauss(16)
    log_density = jax.vmap(lambda c: heat_kernel.sphere_log_density(c, START))(jnp.asarray(nodes))
    sines = np.sqrt(1 - nodes**2)
    points = np.stack([sines, np.zeros_like(nodes), nodes], axis=1)
    return jnp.asarray(points, jnp.float32), 2 * np.pi * weights * np.exp(log_density), log_density


def test_ode_likelihood_is_the_density(data):
    """Up to the prior's: q_T is the heat kernel at time 2, the model starts from the uniform."""
    points, weights, log_density = data
    found = jax.jit(jax.vmap(lambda x: likelihood.ode_log_prob(SPHERE, score, x, HORIZON)))(points)
    # The flow itself moves the uniform's density; the gap is that between p_T and the uniform.
    assert np.abs(np.sum(weights * (found - log_density))) < 0.03
    far = jax.jit(jax.vmap(lambda x: likelihood.ode_log_prob(SPHERE, score, x, 12.0)))(points)
    np.testing.assert_allclose(far, log_density, atol=2e-4)


def test_elbo_is_the_known_one(data):
    """-ELBO = H(p_1) + log 4 pi - H(p_2) = 2.342370."""
    points, weights, _ = data
    times = likelihood.time_grid(HORIZON, 50)
    keys = jax.random.split(jax.random.key(0), len(points))
    bounds = jax.jit(
        jax.vmap(lambda x, k: likelihood.elbo(SPHERE, score, x, times, k, num_paths=1024))
    )(points, keys)
    expected = ENTROPY[1.0] + math.log(4 * math.pi) - ENTROPY[2.0]
    assert expected == pytest.approx(2.342370, abs=1e-5)
    assert -np.sum(weights * bounds) == pytest.approx(expected, abs=0.005)


def test_kelbo_tightens_with_the_number_of_paths_towards_the_density(data):
    """With the exact score at a long horizon all paths weigh p; at T = 1 the bound rises with K."""
    points, weights, log_density = data
    times = likelihood.time_grid(HORIZON, 50)

    def mean_of(num_paths):
        keys = jax.random.split(jax.random.key(0), len(points))
        bounds = jax.jit(
            jax.vmap(lambda x, k: likelihood.kelbo(SPHERE, score, x, times, k, num_paths))
        )(points, keys)
        return np.sum(weights * bounds)

    one, many = mean_of(1), mean_of(256)
    assert one < many + 0.02
    assert abs(many - np.sum(weights * log_density)) < 0.03
