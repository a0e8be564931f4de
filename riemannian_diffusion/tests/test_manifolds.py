"""Tests of the manifolds' geometry, on all four families, in 64 bits."""

import math
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from riemannian_diffusion.manifolds import hyperboloid as hyperbolic
from riemannian_diffusion.manifolds import orthogonal, sphere, torus

MANIFOLDS = {
    "S^2": lambda: sphere.sphere(2),
    "S^4": lambda: sphere.sphere(4),
    "T^3": lambda: torus.torus(3),
    "H^2": hyperbolic.hyperboloid,
    "SO(3)": lambda: orthogonal.rotations(3),
    "SO(4)": lambda: orthogonal.rotations(4),
}
pytestmark = pytest.mark.usefixtures("float64")


@pytest.fixture(scope="module")
def geometries():
    """Of every manifold: points of the prior, ambient vectors, and what its functions make of them.

    All is computed in one program per manifold.
    """
    found = {}
    with jax.enable_x64(True):
        for name, make in MANIFOLDS.items():
            manifold = make()
            vectors = np.random.default_rng(2).normal(size=(16, manifold.ambient_dimension))
            found[name] = (manifold, jax.jit(partial(geometry, manifold))(vectors))
    return found


@pytest.fixture(params=MANIFOLDS)
def case(request, geometries):
    return geometries[request.param]


class Geometry(NamedTuple):
    points: Array
    retracted: Array
    vectors: Array
    tangents: Array
    tangents_of_tangents: Array
    frames: Array
    retraction_derivatives: Array
    projections: Array
    prior_scores: Array
    prior_gradients: Array


def geometry(manifold, vectors):
    def one(key, vector):
        point = manifold.sample_prior(key)
        project = partial(manifold.project_to_tangent, point)
        tangent = project(vector)
        gradient = project(jax.grad(manifold.prior_log_prob)(point))
        return Geometry(
            point,
            manifold.retract(point),
            vector,
            tangent,
            project(tangent),
            manifold.frame(point),
            jax.jacfwd(manifold.retract)(point),
            jax.vmap(project)(jnp.eye(len(point))).T,
            manifold.prior_score(point),
            gradient,
        )

    return jax.vmap(one)(jax.random.split(jax.random.key(1), len(vectors)), vectors)


def test_points_of_the_prior_lie_on_the_manifold(case):
    np.testing.assert_allclose(case[1].retracted, case[1].points, atol=1e-12)


def test_projection_is_idempotent_orthogonal_and_spans_the_frame(case):
    manifold, found = case
    np.testing.assert_allclose(found.tangents_of_tangents, found.tangents, atol=1e-12)
    gram = np.einsum("nie,nje->nij", found.frames, found.frames)
    identity = np.broadcast_to(np.eye(manifold.dimension), gram.shape)
    np.testing.assert_allclose(gram, identity, atol=1e-12)
    by_frame = np.einsum("nie,nif,nf->ne", found.frames, found.frames, found.vectors)
    np.testing.assert_allclose(by_frame, found.tangents, atol=1e-12)


def test_small_steps_retract_to_first_order(case):
    """d/dh retract(x + h v) at 0 is the tangent v."""
    _, found = case
    change = np.einsum("nef,nf->ne", found.retraction_derivatives, found.tangents)
    np.testing.assert_allclose(change, found.tangents, atol=1e-10)


def test_closest_point_maps_have_the_projection_as_their_derivative(case):
    """So has the hyperboloid's not: against the paper it cites, but as the paper shows."""
    manifold, found = case
    difference = np.abs(found.retraction_derivatives - found.projections).max(axis=(1, 2))
    assert np.all((difference < 1e-10) == manifold.retracts_to_closest)


def test_prior_score_is_the_tangent_gradient_of_the_prior(case):
    _, found = case
    np.testing.assert_allclose(found.prior_scores, found.prior_gradients, atol=1e-10)


@pytest.mark.parametrize("name", ["S^2", "S^4", "T^3", "SO(3)"])
def test_logarithm_inverts_the_exponential(name, geometries):
    """Exactly for short vectors; for long ones another, shorter, leads to the same point."""
    manifold, found = geometries[name]

    @jax.jit
    @jax.vmap
    def there_and_back(point, vector):
        end = manifold.exp_map(point, vector)
        again = manifold.exp_map(point, manifold.log_map(point, end))
        short = 0.3 * vector / jnp.linalg.norm(vector)
        back = manifold.log_map(point, manifold.exp_map(point, short))
        return end, manifold.retract(end), again, short, back

    end, retracted, again, short, back = there_and_back(found.points, found.tangents)
    np.testing.assert_allclose(retracted, end, atol=1e-12)
    np.testing.assert_allclose(again, end, atol=1e-9)
    np.testing.assert_allclose(back, short, atol=1e-9)


def test_exponential_of_rotations_agrees_with_rodrigues():
    axis = jnp.array([1.0, 2.0, -2.0]) / 3
    skew = jnp.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    angle = 2.5
    expected = jnp.eye(3) + math.sin(angle) * skew + (1 - math.cos(angle)) * skew @ skew
    turned = orthogonal.exp_map(jnp.eye(3).reshape(9), angle * skew.reshape(9))
    np.testing.assert_allclose(turned.reshape(3, 3), expected, atol=1e-12)


def test_volumes():
    assert sphere.sphere(2).volume == pytest.approx(4 * math.pi)
    assert sphere.sphere(3).volume == pytest.approx(2 * math.pi**2)
    assert torus.torus(7).volume == pytest.approx((2 * math.pi) ** 7)
    assert orthogonal.rotations(2).volume == pytest.approx(2 * math.pi * math.sqrt(2))
    frobenius = 16 * math.sqrt(2) * math.pi**2
    assert orthogonal.rotations(3).volume == pytest.approx(frobenius)
    assert frobenius == pytest.approx(2**1.5 * 8 * math.pi**2)


def test_hyperbolic_prior_integrates_to_one_in_both_areas():
    """By quadrature over (y, z); the Lorentz area of the chart is 1 / x_0."""
    axis = jnp.linspace(-8, 8, 321)
    plane = jnp.stack(jnp.meshgrid(axis, axis), -1).reshape(-1, 2)
    points = jax.jit(jax.vmap(hyperbolic.lift))(plane)
    cell = (axis[1] - axis[0]) ** 2
    log_density = jax.jit(jax.vmap(hyperbolic.prior_log_prob))(points)
    area = jnp.sqrt(jax.vmap(hyperbolic.metric_determinant)(points))
    masses = jnp.exp(log_density) * area * cell
    assert jnp.sum(masses) == pytest.approx(1, abs=1e-6)
    entropy = -jnp.sum(masses * log_density)
    assert entropy == pytest.approx(hyperbolic.PRIOR_ENTROPY, abs=1e-5)
    lorentz = jax.vmap(hyperbolic.lorentz_log_density)(points, log_density)
    assert jnp.sum(jnp.exp(lorentz) / points[:, 0]) * cell == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("size", [3, 4])
def test_random_rotations_are_rotations_of_haar_measure(size):
    """Determinant 1; E x = 0, E x_ij^2 = 1 / n, E tr(x)^2 = 1."""
    keys = jax.random.split(jax.random.key(0), 20_000)
    drawn = np.asarray(jax.jit(jax.vmap(lambda key: orthogonal.random_rotation(key, size)))(keys))
    np.testing.assert_allclose(np.linalg.det(drawn), 1, atol=1e-9)
    np.testing.assert_allclose(drawn.mean(0), 0, atol=0.02)
    np.testing.assert_allclose((drawn**2).mean(0), 1 / size, atol=0.012)
    assert (np.trace(drawn, axis1=1, axis2=2) ** 2).mean() == pytest.approx(1, abs=0.05)
