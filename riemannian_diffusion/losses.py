"""The variational bound and score matching, for one point of one path.

The bound (Theorem 2, with V = P): log p(x) >= E log p_0(Y_T) - E int_0^T f(Y_s, s) ds with
f = |P a|^2 / 2 + div(P a - U_0). Minimising the integral of f is implicit score matching: the best
P a is grad log q_s (Theorem 4).
"""

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from riemannian_diffusion.divergence import Field
from riemannian_diffusion.manifolds.manifold import Manifold
from riemannian_diffusion.sde import TimeField, inference_drift

Divergence = Callable[[Field, Array], Array]  # tangent field, point -> []


def bound_integrand(
    manifold: Manifold, field: TimeField, divergence: Divergence, point: Array, time: Array
) -> Array:
    """f(y, s) = |P a|^2 / 2 + div(P a - U_0).

    Args:
      manifold: where.
      field: a, ambient; its normal part is never used.
      divergence: one of those of `divergence`, with its manifold (and key) filled in.
      point: y. Shape [E].
      time: s.
    """

    def drift(ambient: Array) -> Array:
        """P a - U_0, by a projection that is smooth off the manifold too."""
        learned = manifold.project_to_tangent(ambient, field(ambient, time))
        return learned - inference_drift(manifold, ambient)

    learned = manifold.project_to_tangent(point, field(point, time))
    return 0.5 * jnp.vdot(learned, learned) + divergence(drift, point)


def denoising_loss(
    manifold: Manifold, field: TimeField, kernel_score: Array, point: Array, time: Array
) -> Array:
    """|P a - grad log q(y | x, s)|^2 / 2, equal to the implicit loss up to a constant.

    Args:
      manifold: where.
      field: a.
      kernel_score: the heat kernel's score at y, tangent. Shape [E].
      point: y. Shape [E].
      time: s.
    """
    learned = manifold.project_to_tangent(point, field(point, time))
    error = learned - kernel_score
    return 0.5 * jnp.vdot(error, error)
