"""The paper's objectives as functions of arrays: the bound's integrand and score matching.

The bound (Theorem 2, with V = P): log p(x) >= E log p_0(Y_T) - E int_0^T f(Y_s, s) ds. Minimising
the integral of f is implicit score matching: the best P a is grad log q_s (Theorem 4).
"""

import chex
import jax.numpy as jnp
from jax import Array

ENTROPY_WEIGHT = 1e-4
SMALLEST_DENSITY = 1e-7


def bound_integrand(tangent: Array, divergence: Array) -> Array:
    """F = |P a|^2 / 2 + div(P a - U_0) at one point of one path, Theorem 2.

    Args:
      tangent: P a, the part of the network's output that counts. Shape [E].
      divergence: div(P a - U_0) there.
    """
    chex.assert_rank([tangent, divergence], [1, 0])
    return 0.5 * jnp.vdot(tangent, tangent) + divergence


def denoising_loss(tangent: Array, kernel_score: Array) -> Array:
    """|P a - grad log q(y | x, s)|^2 / 2: equal to the integrand's mean up to a constant.

    Args:
      tangent: P a. Shape [E].
      kernel_score: of the heat kernel at y, tangent. Shape [E].
    """
    chex.assert_equal_shape([tangent, kernel_score])
    error = tangent - kernel_score
    return 0.5 * jnp.vdot(error, error)


def sampler_second_moment(integrand: Array, log_density: Array) -> Array:
    """Mean (f / q)^2 plus a small entropy term: what the learned time sampler minimises.

    The mean of f / q is the same for all q, so this is its variance up to a constant.

    Args:
      integrand: f at the drawn times, differentiable in the sampler. Shape [B].
      log_density: log q there. Shape [B].
    """
    chex.assert_rank([integrand, log_density], 1)
    weighted = integrand / (jnp.exp(log_density) + SMALLEST_DENSITY)
    return jnp.mean(weighted**2 + ENTROPY_WEIGHT * log_density)
