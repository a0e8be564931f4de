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

    return manifold, field, jax.jit(manifold.sample_prior)(jax.random.key(3))


def test_all_routes_agree(case):
    """The exact ones to rounding, probes of both kinds on average."""
    manifold, field, point = case

    @jax.jit
    def routes(point):
        keys = jax.random.split(jax.random.key(0), 3)
        by_frame = [divergence.by_random_frame(manifold, field, point, key) for key in keys]
        by_closest = (
            [divergence.by_closest_point(manifold, field, point)]
            if manifold.retracts_to_closest
            else []
        )
        probes = [
            jax.vmap(
                lambda key, r=is_rademacher: divergence.hutchinson(
                    manifold, field, point, key, is_rademacher=r
                )
            )(jax.random.split(jax.random.key(1 + is_rademacher), NUM_PROBES))
            for is_rademacher in (False, True)
        ]
        return divergence.exact(manifold, field, point), jnp.stack(by_frame + by_closest), probes

    expected, exact, probes = routes(point)
    np.testing.assert_allclose(exact, expected, atol=1e-9)
    for estimates in probes:
        assert np.std(estimates) > 0.01
        assert abs(np.mean(estimates) - expected) < 3 * np.std(estimates) / NUM_PROBES**0.5


def test_a_manifold_without_closest_point_refuses_that_route():
    with pytest.raises(ValueError, match="not the closest point"):
        divergence.by_closest_point(hyperbolic.hyperboloid(), lambda x: x, jnp.ones(3))


def by_chart(chart, field, coordinates):
    """|G|^(-1/2) sum_j d/du_j (|G|^(1/2) v^j) in a chart u -> x(u), G its metric."""

    def weighted_components(u):
        tangents = jax.jacfwd(chart)(u)  # [E, D]
        metric = tangents.T @ tangents
        components = jnp.linalg.solve(metric, tangents.T @ field(chart(u)))
        return jnp.sqrt(jnp.linalg.det(metric)) * components

    tangents = jax.jacfwd(chart)(coordinates)
    area = jnp.sqrt(jnp.linalg.det(tangents.T @ tangents))
    return jnp.trace(jax.jacfwd(weighted_components)(coordinates)) / area


@pytest.mark.parametrize("name", ["S^2", "T^2", "H^2"])
def test_charts_agree_with_the_frame(name):
    """Spherical coordinates, angles, and (y, z), each with its own area element."""

    def spherical(u):
        ring = jnp.sin(u[0])
        return jnp.stack([ring * jnp.cos(u[1]), ring * jnp.sin(u[1]), jnp.cos(u[0])])

    chart, manifold = {
        "S^2": (spherical, sphere.sphere(2)),
        "T^2": (torus.from_angles, torus.torus(2)),
        "H^2": (hyperbolic.lift, hyperbolic.hyperboloid()),
    }[name]
    size = manifold.ambient_dimension
    weights = np.random.default_rng(0).normal(size=(size, size))

    def field(point):
        return manifold.project_to_tangent(point, jnp.sin(weights @ point))

    @jax.jit
    def both(u):
        return divergence.exact(manifold, field, chart(u)), by_chart(chart, field, u)

    expected, found = both(jnp.array([0.7, -0.4]))
    assert found == pytest.approx(float(expected), abs=1e-9)
    assert abs(expected) > 0.01


def laplacian(manifold, function, point):
    def gradient(ambient):
        return manifold.project_to_tangent(ambient, jax.grad(function)(ambient))

    return jax.jit(lambda x: divergence.exact(manifold, gradient, x))(point)


@pytest.mark.parametrize("dimension", [2, 4])
def test_laplacians_of_linear_and_quadratic_functions_on_spheres(dimension):
    """Linear functions are eigenfunctions, -d <c, x>; <x, A x>: 2 tr A - 2 (d + 1) <x, A x>."""
    rng = np.random.default_rng(1)
    manifold, c = sphere.sphere(dimension), rng.normal(size=dimension + 1)
    point = rng.normal(size=dimension + 1)
    point = jnp.asarray(point / np.linalg.norm(point))
    form = rng.normal(size=(dimension + 1, dimension + 1))
    form = form + form.T
    found = laplacian(manifold, lambda x: c @ x + x @ form @ x, point)
    expected = -dimension * c @ point + 2 * np.trace(form)
    expected -= 2 * (dimension + 1) * point @ form @ point
    assert found == pytest.approx(float(expected), abs=1e-9)


@pytest.mark.parametrize(("name", "size"), [("SO(3)", 3), ("SO(4)", 4)])
def test_laplacian_of_the_trace_of_a_rotation(name, size):
    """tr(A'x) is an eigenfunction on SO(n), of -(n - 1) / 2 in Frobenius' metric."""
    manifold = MANIFOLDS[name]()
    point = jax.jit(manifold.sample_prior)(jax.random.key(0))
    form = np.random.default_rng(1).normal(size=point.shape)
    found = laplacian(manifold, lambda x: jnp.vdot(form, x), point)
    assert found == pytest.approx(float(-0.5 * (size - 1) * jnp.vdot(form, point)), abs=1e-10)
