"""Transition densities of Brownian motion (generator Laplacian / 2), on S^2, circles and SO(3).

As functions of the geodesic distance r. By eigenfunctions on the sphere, which converge for times
that are not small, and by an asymptotic series in the time for those that are; by images, which are
exact for all times, on the circle and on SO(3) with Frobenius' metric.
"""

import math

import jax
import jax.numpy as jnp
from jax import Array, lax

NUM_TERMS = 64
NUM_IMAGES = 5
SMALL_TIME = 0.25  # on the sphere, below it the asymptotic series
NUM_TERMS_ABOVE = 24  # of the eigenfunctions, above it
SMALLEST_DISTANCE = 1e-3
SO3_VOLUME = 16 * math.sqrt(2) * math.pi**2


def sphere_log_density(cosine: Array, time: Array, num_terms: int = NUM_TERMS) -> Array:
    """Log p_t on S^2: sum_l (2 l + 1) / (4 pi) exp(-l (l + 1) t / 2) P_l(cos r).

    Args:
      cosine: of the angle r between the two points.
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


def sphere_score(point: Array, pole: Array, time: Array, num_terms: int = NUM_TERMS) -> Array:
    """Grad log p_t(pole, .) on S^2, tangent at the point; smooth off the sphere too. Shape [3]."""
    slope = jax.grad(sphere_log_density)(jnp.vdot(pole, point), time, num_terms)
    return slope * (pole - jnp.vdot(pole, point) * point)


def sphere_small_time_log_density(distance: Array, time: Array) -> Array:
    """Log p_t on S^2 up to O(t^2): a Gaussian, times sqrt(r / sin r) (1 + t u_1(r)).

    U_1 = (1 + (1 - r cot r) / r^2) / 8, 1/6 at r = 0.
    """
    correction = (1 + (1 - distance / jnp.tan(distance)) / distance**2) / 8
    return (
        -0.5 * distance**2 / time
        - jnp.log(2 * jnp.pi * time)
        + 0.5 * jnp.log(distance / jnp.sin(distance))
        + jnp.log1p(time * jnp.maximum(correction, 0.0))
    )


def sphere_radial_log_density(distance: Array, time: Array) -> Array:
    """Log p_t on S^2 by distance, for all times; distances are kept off 0 and pi."""
    inner = jnp.clip(distance, SMALLEST_DISTANCE, jnp.pi - 1e-2)
    small = sphere_small_time_log_density(inner, jnp.minimum(time, SMALL_TIME))
    large = sphere_log_density(jnp.cos(distance), jnp.maximum(time, SMALL_TIME), NUM_TERMS_ABOVE)
    return jnp.where(time < SMALL_TIME, small, large)


def so3_radial_log_density(distance: Array, time: Array) -> Array:
    """Log p_t on SO(3) by Frobenius' distance r = sqrt(2) angle, with respect to its volume.

    With tau = t / 4 and w the angle, against the unit Haar measure:
    exp(tau / 4) sqrt(pi / tau) / (2 tau sin(w/2)) times the sum over k of
    (-1)^k (w + 2 pi k) exp(-(w + 2 pi k)^2 / 4 tau).
    """
    angle = jnp.maximum(distance / math.sqrt(2), SMALLEST_DISTANCE)
    tau = time / 4
    images = jnp.arange(-NUM_IMAGES, NUM_IMAGES + 1)
    turned = angle + 2 * jnp.pi * images
    # Relative to the image of k = 0, which is the largest.
    exponents = -0.25 * (turned**2 - angle**2) / tau
    total = jnp.sum(jnp.where(images % 2 == 0, 1.0, -1.0) * turned * jnp.exp(exponents))
    log_factor = 0.25 * tau + 0.5 * jnp.log(jnp.pi / tau) - jnp.log(2 * tau * jnp.sin(angle / 2))
    log_total = jnp.log(jnp.maximum(total, jnp.finfo(total.dtype).tiny))
    return log_factor + log_total - 0.25 * angle**2 / tau - math.log(SO3_VOLUME)


def circle_log_density(angle: Array, time: Array) -> Array:
    """Log p_t on the circle: a normal of variance t, wrapped."""
    shifts = 2 * jnp.pi * jnp.arange(-NUM_IMAGES, NUM_IMAGES + 1)
    exponents = -0.5 * (angle + shifts) ** 2 / time
    return jax.nn.logsumexp(exponents) - 0.5 * jnp.log(2 * jnp.pi * time)
