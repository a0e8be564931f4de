"""Transition densities of Brownian motion (generator Laplacian / 2), exact, on S^2 and circles.

By its eigenfunctions on the sphere, which converge for times that are not small; by images on the
circle.
"""

import jax
import jax.numpy as jnp
from jax import Array, lax

NUM_TERMS = 64
NUM_IMAGES = 5


def sphere_log_density(cosine: Array, time: Array, num_terms: int = NUM_TERMS) -> Array:
    """Log p_t on S^2: sum_l (2 l + 1) / (4 pi) exp(-l (l + 1) t / 2) P_l(cos theta).

    Args:
      cosine: of the angle between the two points.
      time: t.
      num_terms: l below it; 64 are enough in float64 from t = .02 on.

    Returns:
      The logarithm; where the series cancels to less than its rounding error, that of the error.
    """

    def add_term(
        carry: tuple[Array, Array, Array], degree: Array
    ) -> tuple[tuple[Array, Array, Array], None]:
        density, legendre, following = carry
        weight = (2 * degree + 1) / (4 * jnp.pi) * jnp.exp(-0.5 * degree * (degree + 1) * time)
        after = ((2 * degree + 3) * cosine * following - (degree + 1) * legendre) / (degree + 2)
        return (density + weight * legendre, following, after), None

    zero = jnp.zeros_like(cosine)
    degrees = jnp.arange(num_terms, dtype=zero.dtype)
    (density, _, _), _ = lax.scan(add_term, (zero, zero + 1, cosine), degrees)
    return jnp.log(jnp.maximum(density, jnp.finfo(density.dtype).eps))


def sphere_score(point: Array, pole: Array, time: Array) -> Array:
    """Grad log p_t(pole, .) on S^2, tangent at the point; smooth off the sphere too. Shape [3]."""
    slope = jax.grad(sphere_log_density)(jnp.vdot(pole, point), time)
    return slope * (pole - jnp.vdot(pole, point) * point)


def circle_log_density(angle: Array, time: Array) -> Array:
    """Log p_t on the circle: a normal of variance t, wrapped."""
    shifts = 2 * jnp.pi * jnp.arange(-NUM_IMAGES, NUM_IMAGES + 1)
    exponents = -0.5 * (angle + shifts) ** 2 / time
    return jax.nn.logsumexp(exponents) - 0.5 * jnp.log(2 * jnp.pi * time)
