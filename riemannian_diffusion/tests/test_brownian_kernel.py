"""Tests of exact Brownian transitions: densities, scores and samples against each other."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from riemannian_diffusion.manifolds import brownian_kernel, heat_kernel, orthogonal, sphere, torus
from riemannian_diffusion.manifolds import hyperboloid as hyperbolic

NUM_SAMPLES = 40_000
MANIFOLDS = {
    "S^2": (lambda: sphere.sphere(2), 1.0),
    "T^2": (lambda: torus.torus(2), 0.5),
    "SO(3)": (lambda: orthogonal.rotations(3), 0.5),
}


@pytest.fixture(scope="module")
def kernels():
    return {
        name: (make(), brownian_kernel.make_kernel(make(), 4.0), rate)
        for name, (make, rate) in MANIFOLDS.items()
    }


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("time", [0.05, 0.1, 0.25])
def test_short_time_density_on_the_sphere_agrees_with_the_eigenfunctions(time):
    distances = jnp.array([0.05, 0.3, 0.6, 1.0])
    series = jax.vmap(lambda r: heat_kernel.sphere_log_density(jnp.cos(r), time))(distances)
    short = jax.vmap(heat_kernel.sphere_small_time_log_density, (0, None))(distances, time)
    np.testing.assert_allclose(short, series, atol=0.05 * time**2)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("time", [0.05, 0.8, 6.0])
def test_density_on_so3_integrates_to_one_and_is_the_sum_of_characters(time):
    """(2 l + 1) exp(-l (l + 1) t / 4) chi_l(w), chi_l = sin((l + 1/2) w) / sin(w / 2)."""
    angles = (jnp.arange(2000) + 0.5) / 2000 * jnp.pi
    density = jnp.exp(
        jax.vmap(heat_kernel.so3_radial_log_density, (0, None))(math.sqrt(2) * angles, time)
    )
    volume = heat_kernel.SO3_VOLUME * (1 - jnp.cos(angles)) / 2000
    assert jnp.sum(density * volume) == pytest.approx(1, abs=1e-6)
    degrees = np.arange(60.0)[:, None]
    characters = np.sin((degrees + 0.5) * np.asarray(angles)) / np.sin(np.asarray(angles) / 2)
    terms = (2 * degrees + 1) * np.exp(-degrees * (degrees + 1) * time / 4) * characters
    found = np.asarray(density * heat_kernel.SO3_VOLUME)
    not_near_zero = slice(2, None)  # angles from .002 on
    np.testing.assert_allclose(
        found[not_near_zero], terms.sum(axis=0)[not_near_zero], rtol=1e-6, atol=1e-8
    )


@pytest.mark.parametrize("name", MANIFOLDS)
@pytest.mark.parametrize("time", [0.01, 0.2, 1.0, 3.0])
def test_samples_have_the_moment_of_brownian_motion(kernels, name, time):
    manifold, kernel, rate = kernels[name]
    start = manifold.sample_prior(jax.random.key(4))
    keys = jax.random.split(jax.random.key(1), NUM_SAMPLES)
    ends = jax.jit(jax.vmap(kernel.sample, (None, None, 0)))(start, time, keys)
    overlap = np.asarray(ends @ start / jnp.vdot(start, start))
    error = 3.5 * float(overlap.std()) / NUM_SAMPLES**0.5
    assert overlap.mean() == pytest.approx(math.exp(-rate * time), abs=error)


@pytest.mark.parametrize("name", MANIFOLDS)
@pytest.mark.parametrize("time", [0.05, 0.6, 2.0])
def test_scores_have_mean_zero_and_the_information_of_their_density(kernels, name, time):
    """E <score, v> = -E div v for every tangent field v, such as v = P c.

    For v = P_y c on S^2 div v = -2 <c, y>, on T^2 -<c, y>, on SO(3) -<c, y>.
    """
    manifold, kernel, _ = kernels[name]
    start = manifold.sample_prior(jax.random.key(4))
    keys = jax.random.split(jax.random.key(12), NUM_SAMPLES)

    def one(key):
        end = kernel.sample(start, jnp.asarray(time), key)
        score = kernel.score(end, start, jnp.asarray(time))
        curvature = {"S^2": 2.0, "T^2": 1.0, "SO(3)": 1.0}[name]
        normal = manifold.project_to_tangent(end, score) - score
        return jnp.vdot(score, start) - curvature * jnp.vdot(start, end), jnp.abs(normal).max()

    difference, off_tangent = jax.jit(jax.vmap(one))(keys)
    error = 3.5 * float(np.std(difference)) / NUM_SAMPLES**0.5
    assert np.mean(difference) == pytest.approx(0, abs=error)
    assert np.max(off_tangent) < 1e-3 * time**-0.5


def test_a_manifold_whose_kernel_is_unknown_is_refused():
    with pytest.raises(ValueError, match=r"heat kernel of H\^2 is not known"):
        brownian_kernel.make_kernel(hyperbolic.hyperboloid(), 1.0)
