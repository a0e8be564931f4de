"""Tests of the objectives: by hand, and score matching as an identity on the circle."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from riemannian_diffusion import bound, divergence, losses
from riemannian_diffusion.manifolds import heat_kernel, torus

TIME = 0.4


def test_terms_by_hand():
    assert losses.bound_integrand(jnp.array([3.0, 4.0]), jnp.array(-2.0)) == 10.5
    assert losses.denoising_loss(jnp.array([1.0, 2.0]), jnp.array([0.0, 0.0])) == 2.5
    moment = losses.sampler_second_moment(jnp.array([1.0, 3.0]), jnp.log(jnp.array([0.5, 1.0])))
    assert moment == pytest.approx((4 + 9) / 2 + 1e-4 * np.log(0.5) / 2, abs=1e-4)


@pytest.fixture(scope="module")
def on_circle():
    """Integrals over p_TIME of f, of |Pa - score|^2 / 2 and of |score|^2 / 2, by quadrature."""
    manifold = torus.torus(1)
    angles = jnp.linspace(-jnp.pi, jnp.pi, 400, endpoint=False)
    weights = jnp.exp(jax.vmap(heat_kernel.circle_log_density, (0, None))(angles, TIME))
    weights = weights * 2 * jnp.pi / len(angles)
    slopes = jax.vmap(jax.grad(heat_kernel.circle_log_density), (0, None))(angles, TIME)

    def field(scale):
        return lambda point, time: scale * jnp.stack([point[1] - 0.3, point[0] ** 2 + time])

    def integrals(scale):
        def one(angle, slope):
            point = torus.from_angles(angle[None])
            score = slope * torus.directions(point)[0]
            tangent = manifold.project_to_tangent(point, field(scale)(point, TIME))
            measure = lambda f, y: divergence.exact(manifold, f, y)  # noqa: E731
            implicit = bound.integrand(manifold, field(scale), measure, point, TIME)
            return implicit, losses.denoising_loss(tangent, score), 0.5 * slope**2

        terms = jax.vmap(one)(angles, slopes)
        return [jnp.sum(weights * term) for term in terms]

    return jax.jit(integrals), jax.jit(jax.jacfwd(lambda scale: jnp.stack(integrals(scale))))


def test_the_bounds_integrand_is_score_matching_up_to_a_constant(on_circle):
    """Theorem 4: E f = E |P a - grad log q|^2 / 2 - E |grad log q|^2 / 2."""
    integrals, _ = on_circle
    for scale in (-1.0, 0.5, 2.0):
        implicit, explicit, constant = integrals(scale)
        assert implicit == pytest.approx(float(explicit - constant), abs=1e-4)


def test_its_gradient_is_that_of_the_explicit_objective(on_circle):
    _, gradient = on_circle
    implicit, explicit, constant = gradient(0.7)
    assert implicit == pytest.approx(float(explicit), abs=1e-4)
    assert constant == 0
    assert abs(implicit) > 0.1
