"""Tests of the manifolds' geometry, on all four families, in 64 bits."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

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


@pytest.fixture(params=MANIFOLDS)
def manifold(request):
    return MANIFOLDS[request.param]()


@pytest.fixture
def points(manifold):
    return jax.vmap(manifold.sample_prior)(jax.random.split(jax.random.key(1), 16))


@pytest.fixture
def vectors(points):
    return jax.random.normal(jax.random.key(2), points.shape)


def tangents(manifold, points, vectors):
    return jax.vmap(manifold.project_to_tangent)(points, vectors)


def test_points_of_the_prior_lie_on_the_manifold(manifold, points):
    np.testing.assert_allclose(jax.vmap(manifold.retract)(points), points, atol=1e-12)


def test_projection_is_idempotent_orthogonal_and_spans_the_frame(manifold, points, vectors):
    projected = tangents(manifold, points, vectors)
    np.testing.assert_allclose(tangents(manifold, points, projected), projected, atol=1e-12)
    frames = jax.vmap(manifold.frame)(points)  # [N, D, E]
    gram = np.einsum("nie,nje->nij", frames, frames)
    np.testing.assert_allclose(
        gram, np.broadcast_to(np.eye(manifold.dimension), gram.shape), atol=1e-12
    )
    by_frame = np.einsum("nie,nif,nf->ne", frames, frames, vectors)
    np.testing.assert_allclose(by_frame, projected, atol=1e-12)


def test_small_steps_retract_to_first_order(manifold, points, vectors):
    """d/dh retract(x + h v) at 0 is the tangent v."""
    projected = tangents(manifold, points, vectors)
    for point, vector in zip(points[:4], projected[:4], strict=True):
        _, change = jax.jvp(manifold.retract, (point,), (vector,))
        np.testing.assert_allclose(change, vector, atol=1e-10)


def test_closest_point_maps_have_the_projection_as_their_derivative(manifold, points):
    for point in points[:4]:
        derivative = jax.jacfwd(manifold.retract)(point)
        projection = jax.vmap(lambda v, p=point: manifold.project_to_tangent(p, v))(
            jnp.eye(len(point))
        ).T
        is_projection = np.allclose(derivative, projection, atol=1e-10)
        assert is_projection == manifold.retracts_to_closest


@pytest.mark.parametrize("name", ["S^2", "S^4", "T^3", "SO(3)"])
def test_logarithm_inverts_the_exponential(name):
    manifold = MANIFOLDS[name]()
    points = jax.vmap(manifold.sample_prior)(jax.random.split(jax.random.key(1), 16))
    vectors = tangents(manifold, points, jax.random.normal(jax.random.key(2), points.shape))
    ends = jax.vmap(manifold.exp_map)(points, vectors)
    np.testing.assert_allclose(jax.vmap(manifold.retract)(ends), ends, atol=1e-12)
    back = jax.vmap(manifold.log_map)(points, ends)
    again = jax.vmap(manifold.exp_map)(points, back)
    np.testing.assert_allclose(again, ends, atol=1e-9)
    short = 0.3 * vectors / jnp.linalg.norm(vectors, axis=1, keepdims=True)
    ends = jax.vmap(manifold.exp_map)(points, short)
    np.testing.assert_allclose(jax.vmap(manifold.log_map)(points, ends), short, atol=1e-9)


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
    assert frobenius == pytest.approx(2**1.5 * orthogonal.ANGLE_VOLUME)


def test_prior_score_is_the_tangent_gradient_of_the_prior(manifold, points):
    for point in points[:4]:
        gradient = jax.grad(manifold.prior_log_prob)(point)
        expected = manifold.project_to_tangent(point, gradient)
        np.testing.assert_allclose(manifold.prior_score(point), expected, atol=1e-10)


def test_hyperbolic_prior_integrates_to_one_in_both_areas():
    """By quadrature over (y, z); the Lorentz area of the chart is 1 / x_0."""
    axis = jnp.linspace(-8, 8, 321)
    plane = jnp.stack(jnp.meshgrid(axis, axis), -1).reshape(-1, 2)
    points = jax.vmap(hyperbolic.lift)(plane)
    cell = (axis[1] - axis[0]) ** 2
    log_density = jax.vmap(hyperbolic.prior_log_prob)(points)
    area = jnp.sqrt(jax.vmap(hyperbolic.metric_determinant)(points))
    assert jnp.sum(jnp.exp(log_density) * area) * cell == pytest.approx(1, abs=1e-6)
    lorentz = jax.vmap(hyperbolic.lorentz_log_density)(points, log_density)
    assert jnp.sum(jnp.exp(lorentz) / points[:, 0]) * cell == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("size", [3, 4])
def test_random_rotations_are_rotations_of_haar_measure(size):
    """Determinant 1; E x = 0, E x_ij^2 = 1 / n, E tr(x)^2 = 1."""
    keys = jax.random.split(jax.random.key(0), 20_000)
    drawn = np.asarray(jax.vmap(lambda key: orthogonal.random_rotation(key, size))(keys))
    np.testing.assert_allclose(np.linalg.det(drawn), 1, atol=1e-9)
    np.testing.assert_allclose(drawn.mean(0), 0, atol=0.02)
    np.testing.assert_allclose((drawn**2).mean(0), 1 / size, atol=0.012)
    assert (np.trace(drawn, axis1=1, axis2=2) ** 2).mean() == pytest.approx(1, abs=0.05)
