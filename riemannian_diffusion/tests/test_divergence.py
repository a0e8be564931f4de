"""Tests that all routes to the divergence agree with each other and with known Laplacians."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from riemannian_diffusion import divergence
from riemannian_diffusion.manifolds import hyperboloid as hyperbolic
from riemannian_diffusion.manifolds import sphere, torus
from riemannian_diffusion.tests.test_manifolds import MANIFOLDS

pytestmark = pytest.mark.usefixtures("float64")
NUM_PROBES = 20_000


@pytest.fixture(params=["S^2", "S^4", "T^3", "H^2", "SO(3)"])
def case(request):
    """A manifold, a smooth tangent field on it and a point."""
    manifold = MANIFOLDS[request.param]()
    size = manifold.ambient_dimension
    weights = jax.random.normal(jax.random.key(5), (2, size, size)) / size**0.5

    def field(point):
        ambient = jnp.sin(weights[0] @ point) + (weights[1] @ point) ** 2
        return manifold.project_to_tangent(point, ambient)

    return manifold, field, manifold.sample_prior(jax.random.key(3))


def test_exact_routes_agree(case):
    manifold, field, point = case
    expected = divergence.exact(manifold, field, point)
    for key in jax.random.split(jax.random.key(0), 3):
        by_frame = divergence.by_random_frame(manifold, field, point, key)
        assert by_frame == pytest.approx(float(expected), abs=1e-9)
    if manifold.retracts_to_closest:
        by_closest = divergence.by_closest_point(manifold, field, point)
        assert by_closest == pytest.approx(float(expected), abs=1e-9)


@pytest.mark.parametrize("is_rademacher", [False, True])
def test_hutchinson_is_unbiased(case, is_rademacher):
    manifold, field, point = case
    keys = jax.random.split(jax.random.key(1), NUM_PROBES)
    estimates = jax.vmap(
        lambda key: divergence.hutchinson(manifold, field, point, key, is_rademacher=is_rademacher)
    )(keys)
    error = np.std(estimates) / NUM_PROBES**0.5
    expected = divergence.exact(manifold, field, point)
    assert abs(np.mean(estimates) - expected) < 3 * error


def test_a_manifold_without_closest_point_refuses_that_route():
    manifold = hyperbolic.hyperboloid()
    point = manifold.sample_prior(jax.random.key(0))
    with pytest.raises(ValueError, match="not the closest point"):
        divergence.by_closest_point(manifold, lambda x: x, point)


def test_charts_agree_with_the_frame():
    """Spherical coordinates, angles, and (y, z), each with its own area element."""
    charts = {
        "S^2": (
            lambda u: jnp.array(
                [jnp.sin(u[0]) * jnp.cos(u[1]), jnp.sin(u[0]) * jnp.sin(u[1]), jnp.cos(u[0])]
            ),
            sphere.sphere(2),
        ),
        "T^2": (torus.from_angles, torus.torus(2)),
        "H^2": (hyperbolic.lift, hyperbolic.hyperboloid()),
    }
    coordinates = jnp.array([0.7, -0.4])
    for name, (chart, manifold) in charts.items():
        size = manifold.ambient_dimension
        weights = jax.random.normal(jax.random.key(7), (size, size))

        def field(point, manifold=manifold, weights=weights):
            return manifold.project_to_tangent(point, jnp.sin(weights @ point))

        expected = divergence.exact(manifold, field, chart(coordinates))
        found = divergence.intrinsic(chart, field, coordinates)
        assert found == pytest.approx(float(expected), abs=1e-9), name


def laplacian(manifold, function, point):
    def gradient(ambient):
        return manifold.project_to_tangent(ambient, jax.grad(function)(ambient))

    return divergence.exact(manifold, gradient, point)


def test_laplacians_of_linear_and_quadratic_functions_on_spheres():
    """Linear functions are eigenfunctions, -d <c, x>; <x, A x>: 2 tr A - 2 (d + 1) <x, A x>."""
    for dimension in (2, 4):
        manifold = sphere.sphere(dimension)
        point = manifold.sample_prior(jax.random.key(0))
        direction = jnp.arange(1.0, dimension + 2)
        found = laplacian(manifold, lambda x, c=direction: jnp.vdot(c, x), point)
        assert found == pytest.approx(float(-dimension * jnp.vdot(direction, point)), abs=1e-10)
        form = jax.random.normal(jax.random.key(1), (dimension + 1, dimension + 1))
        form = form + form.T
        found = laplacian(manifold, lambda x, a=form: x @ a @ x, point)
        expected = 2 * jnp.trace(form) - 2 * (dimension + 1) * point @ form @ point
        assert found == pytest.approx(float(expected), abs=1e-9)


def test_laplacian_of_the_trace_of_a_rotation():
    """tr(A'x) is an eigenfunction on SO(n), of -(n - 1) / 2 in Frobenius' metric."""
    for name, size in (("SO(3)", 3), ("SO(4)", 4)):
        manifold = MANIFOLDS[name]()
        point = manifold.sample_prior(jax.random.key(0))
        form = jax.random.normal(jax.random.key(1), point.shape)
        found = laplacian(manifold, lambda x, a=form: jnp.vdot(a, x), point)
        assert found == pytest.approx(float(-0.5 * (size - 1) * jnp.vdot(form, point)), abs=1e-10)
