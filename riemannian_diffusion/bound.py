"""The integrand of the variational bound at a point of an inference path.

log p(x) >= E log p_0(Y_T) - E int_0^T ( |P a|^2 / 2 + div(P a - U_0) )(Y_s, s) ds
"""

from collections.abc import Callable

from jax import Array

from riemannian_diffusion import losses
from riemannian_diffusion.divergence import Field
from riemannian_diffusion.manifolds.manifold import Manifold
from riemannian_diffusion.sde import TimeField, inference_drift

Divergence = Callable[[Field, Array], Array]  # tangent field, point -> []


def integrand(
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

    def excess(ambient: Array) -> Array:
        """P a - U_0, by a projection that is smooth off the manifold too."""
        learned = manifold.project_to_tangent(ambient, field(ambient, time))
        return learned - inference_drift(manifold, ambient)

    tangent = manifold.project_to_tangent(point, field(point, time))
    return losses.bound_integrand(tangent, divergence(excess, point))
