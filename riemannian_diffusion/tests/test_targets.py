"""Tests of the exact targets: normalised densities, known entropies, samplers that agree."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from riemannian_diffusion.config import SYNTHETIC
from riemannian_diffusion.data import hyperbolic_targets, targets
from riemannian_diffusion.evaluation import grids
from riemannian_diffusion.manifolds import hyperboloid as hyperbolic
from riemannian_diffusion.manifolds import orthogonal

NUM_SAMPLES = 20_000


def drawn(target, num_samples=NUM_SAMPLES):
    keys = jax.random.split(jax.random.key(0), num_samples)
    return jax.jit(jax.vmap(target.sample))(keys)


def log_probs(target, points):
    return np.asarray(jax.jit(jax.vmap(target.log_prob))(points))


def entropy(target):
    """Estimate and three standard errors."""
    values = -log_probs(target, drawn(target))
    return values.mean(), float(3 * values.std() / NUM_SAMPLES**0.5)


@pytest.mark.parametrize("name", ["sphere_mixture", "sphere_clusters", "torus_mixture"])
def test_densities_on_sphere_and_torus_integrate_to_one(name):
    target = targets.make_target(name)
    grid = grids.make_grid(target.manifold.name, 150)
    assert np.sum(np.exp(log_probs(target, grid.points)) * grid.areas) == pytest.approx(1, abs=1e-3)


def test_density_on_so3_integrates_to_one():
    """By quadrature over Euler's angles z, y, z: even nodes, and Gauss' in the cosine of y."""
    target = targets.make_target("so3_modes")
    turns = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    cosines, weights = np.polynomial.legendre.leggauss(24)
    first, tilt, last = np.meshgrid(turns, np.arccos(cosines), turns, indexing="ij")

    def rotation(angles):
        up, side = jnp.eye(3)[2], jnp.eye(3)[1]
        turned = orthogonal.rotation(up, angles[0]) @ orthogonal.rotation(side, angles[1])
        return (turned @ orthogonal.rotation(up, angles[2])).reshape(9)

    angles = np.stack([first, tilt, last], axis=-1).reshape(-1, 3)
    points = jax.jit(jax.vmap(rotation))(angles)
    shares = np.broadcast_to(weights[:, None] / 2 / 32**2, (32, 24, 32)).ravel()
    mass = np.sum(np.exp(log_probs(target, points)) * shares) * target.manifold.volume
    assert mass == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("kind", hyperbolic_targets.DENSITIES)
def test_hyperbolic_densities_integrate_to_one(kind):
    """In polar coordinates of the tangent plane, whose area is sinh(r) / r in Lorentz's metric."""
    target = targets.make_target(f"hyperbolic_{kind}")
    axis = (jnp.arange(400) + 0.5) / 400 * 16 - 8
    plane = jnp.stack(jnp.meshgrid(axis, axis), -1).reshape(-1, 2)
    points = jax.jit(jax.vmap(hyperbolic_targets.exp_origin))(plane)
    radius = jnp.linalg.norm(plane, axis=1)
    lorentz = jax.vmap(hyperbolic.lorentz_log_density)(points, log_probs(target, points))
    mass = np.sum(np.exp(lorentz) * jnp.sinh(radius) / radius) * (16 / 400) ** 2
    assert mass == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize(("name", "known"), [("sphere_mixture", 0.81717), ("so3_modes", 3.38641)])
def test_entropies_are_the_known_ones(name, known):
    found, error = entropy(targets.make_target(name))
    assert found == pytest.approx(known, abs=error)
    assert error < 0.03


@pytest.mark.parametrize(("concentration", "known"), [(10.0, 0.53529), (50.0, -1.07415)])
def test_entropy_of_one_von_mises_fisher_density(concentration, known):
    means = jnp.array([[0.0, 0.6, 0.8]])
    target = targets.sphere_target("one", means, jnp.array([concentration]), jnp.ones(1))
    found, error = entropy(target)
    assert found == pytest.approx(known, abs=error)


def test_entropy_of_wrapped_normals_adds_up_over_angles():
    """-.19050 for each of standard deviation .2."""
    means, weights = jnp.array([[3.0, -1.0, 0.5]]), jnp.ones(1)
    target = targets.torus_target("one", means, jnp.full((1, 3), 0.2), weights)
    found, error = entropy(target)
    assert found == pytest.approx(-3 * 0.19050, abs=error)


@pytest.mark.parametrize("name", SYNTHETIC)
def test_samples_lie_on_the_manifold_where_the_density_is_positive(name):
    target = targets.make_target(name)
    points = drawn(target, 500)
    assert np.all(np.isfinite(log_probs(target, points)))
    on_manifold = jax.vmap(target.manifold.retract)(points)
    np.testing.assert_allclose(on_manifold, points, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", ["wrapped", "crossed", "gaussians"])
def test_hyperbolic_samples_follow_the_density(kind):
    """Shares of samples in the four quadrants of (y, z) against the mass of the density there."""
    target = targets.make_target(f"hyperbolic_{kind}")
    axis = (jnp.arange(300) + 0.5) / 300 * 16 - 8
    plane = jnp.stack(jnp.meshgrid(axis, axis), -1).reshape(-1, 2)
    points = jax.jit(jax.vmap(hyperbolic_targets.exp_origin))(plane)
    radius = jnp.linalg.norm(plane, axis=1)
    lorentz = jax.vmap(hyperbolic.lorentz_log_density)(points, log_probs(target, points))
    masses = np.exp(lorentz) * np.asarray(jnp.sinh(radius) / radius) * (16 / 300) ** 2
    samples = np.asarray(drawn(target))
    shift = np.array([0.4, -0.2])  # quadrants that no symmetry makes equal
    for signs in ((1, 1), (1, -1), (-1, 1)):
        is_node = np.all((np.asarray(points)[:, 1:] + shift) * signs > 0, axis=1)
        is_sample = np.all((samples[:, 1:] + shift) * signs > 0, axis=1)
        share = is_sample.mean()
        assert share == pytest.approx(masses[is_node].sum(), abs=3 * (0.25 / NUM_SAMPLES) ** 0.5)
