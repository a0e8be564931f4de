"""Tests of the whole pipeline on a target whose score is known exactly at all times.

Data from the heat kernel at time 1 around a pole of S^2; a is its analytic score at time 1 + s; the
inference process runs for T = 1. Any wrong sign, volume or factor of two shows.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from riemannian_diffusion import likelihood
from riemannian_diffusion.manifolds import heat_kernel, sphere

POLE = jnp.array([0.0, 0.0, 1.0])
START, HORIZON = 1.0, 1.0
ENTROPY = {1.0: 2.314551, 2.0: 2.503205}
ELBO = -(ENTROPY[1.0] + math.log(4 * math.pi) - ENTROPY[2.0])
SPHERE = sphere.sphere(2)
NUM_PATHS = 512


def score(point, time):
    """Exact in float32: from time 1 on the terms fall below exp(-l (l + 1) / 2)."""
    return heat_kernel.sphere_score(point, POLE, START + time, num_terms=12)


@pytest.fixture(scope="module")
def data():
    """Gauss-Legendre nodes in cos(theta), and what each weighs under the data's density."""
    nodes, weights = np.polynomial.legendre.leggauss(16)
    density = jax.jit(jax.vmap(lambda c: heat_kernel.sphere_log_density(c, START)))
    log_density = density(jnp.asarray(nodes, jnp.float32))
    sines = np.sqrt(1 - nodes**2)
    points = np.stack([sines, np.zeros_like(nodes), nodes], axis=1)
    return jnp.asarray(points, jnp.float32), 2 * np.pi * weights * np.exp(log_density), log_density


@pytest.fixture(scope="module")
def log_weights(data):
    """Of 512 paths from each node. Shape [16, K]."""
    points, _, _ = data
    times = likelihood.time_grid(HORIZON, 80)
    keys = jax.random.split(jax.random.key(0), len(points))
    of_point = jax.vmap(
        lambda x, k: likelihood.path_log_weights(SPHERE, score, x, times, k, NUM_PATHS)
    )
    return jax.jit(of_point)(points, keys)


def test_ode_likelihood_is_the_density_where_the_prior_is_reached(data):
    points, weights, log_density = data
    of_point = jax.vmap(
        lambda x, horizon: likelihood.ode_log_prob(SPHERE, score, x, horizon), (0, None)
    )
    solve = jax.jit(of_point)
    np.testing.assert_allclose(solve(points, 12.0), log_density, atol=2e-4)
    # At T = 1 the flow starts from p_2, not from the uniform: the gap is between these two.
    assert np.abs(np.sum(weights * (solve(points, HORIZON) - log_density))) < 0.03


def test_elbo_is_the_known_one(data, log_weights):
    """-ELBO = H(p_1) + log 4 pi - H(p_2) = 2.342370."""
    _, weights, _ = data
    assert pytest.approx(-2.342370, abs=1e-5) == ELBO
    bounds = jax.vmap(likelihood.elbo)(log_weights)
    assert np.sum(weights * bounds) == pytest.approx(ELBO, abs=0.004)


def test_more_paths_never_loosen_the_bound_and_many_reach_the_density(data, log_weights):
    """Averages over groups of the same paths: E KELBO_K rises with K, and stays below log p."""
    _, weights, log_density = data

    def mean_bound(num_paths):
        groups = log_weights.reshape(len(weights), -1, num_paths)
        return np.sum(weights * np.mean(jax.vmap(jax.vmap(likelihood.kelbo))(groups), axis=1))

    bounds = [mean_bound(number) for number in (1, 4, 16, 64, 512)]
    assert bounds[0] == pytest.approx(ELBO, abs=0.004)
    assert np.all(np.diff(bounds) > 0)
    truth = np.sum(weights * log_density)
    assert truth - 0.03 < bounds[-1] < truth + 0.002


def test_a_wrong_field_lowers_the_bound(data):
    """By int |P a - score|^2 / 2: with a = score + c e_phi, of length 1 away from the poles."""
    points, weights, _ = data
    times = likelihood.time_grid(HORIZON, 40)

    def wrong(point, time):
        along = jnp.stack([-point[1], point[0], jnp.zeros_like(point[0])])
        return score(point, time) + along

    keys = jax.random.split(jax.random.key(1), len(points))
    of_point = jax.vmap(lambda x, k: likelihood.path_log_weights(SPHERE, wrong, x, times, k, 256))
    bounds = np.mean(jax.jit(of_point)(points, keys), axis=1)
    # |along|^2 = 1 - z^2, and E z^2 = 1/3 + 2/3 exp(-3 t) under p_t.
    expected = 0.5 * np.mean(
        [2 / 3 * (1 - np.exp(-3 * (START + s))) for s in np.linspace(0, 1, 99)]
    )
    assert ELBO - np.sum(weights * bounds) == pytest.approx(expected, abs=0.02)
