"""The hyperbolic plane as the hyperboloid x_0 = sqrt(1 + y^2 + z^2), with the metric of R^3.

That metric is the one induced by the Euclidean space around it, not Lorentz's: the surface is the
same, lengths are not. `lorentz_log_density` converts densities. The prior is a standard normal of
(y, z); it is not uniform, there is none, and its score drives the inference process.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from riemannian_diffusion.manifolds.manifold import Manifold

PLANE = np.array([0.0, 1.0, 1.0], np.float32)  # which coordinates are (y, z)
# 1 + log 2 pi + E log(g) / 2, by quadrature over r^2 / 2, which is exponential.
PRIOR_ENTROPY = 3.046864
SMALLEST_LORENTZ = 0.25  # of -<x, x>, 1 on the surface: a step that misses it by more is cut


def hyperboloid() -> Manifold:
    """Builds H^2 with the Euclidean-induced metric; geodesics are not known in closed form."""
    return Manifold(
        name="H^2",
        dimension=2,
        ambient_dimension=3,
        project_to_tangent=project_to_tangent,
        retract=retract,
        retracts_to_closest=False,
        frame=frame,
        exp_map=_unknown,
        log_map=_unknown,
        prior_log_prob=prior_log_prob,
        prior_score=prior_score,
        sample_prior=lambda key: lift(jax.random.normal(key, (2,))),
        prior_entropy=PRIOR_ENTROPY,
    )


def lift(plane: Array) -> Array:
    """The point above (y, z). Shape [3]."""
    return jnp.concatenate([jnp.sqrt(1 + jnp.sum(plane**2))[None], plane])


def metric_determinant(point: Array) -> Array:
    """G = (1 + 2 r^2) / (1 + r^2) of the chart (y, z), r^2 = y^2 + z^2."""
    squared = jnp.sum(point[1:] ** 2)
    return (1 + 2 * squared) / (1 + squared)


def project_to_tangent(point: Array, vector: Array) -> Array:
    """P_x v = v - n <n, v> with the Euclidean unit normal n = (-x_0, y, z) / |x|."""
    normal = (2 * PLANE - 1) * point
    return vector - normal * jnp.vdot(normal, vector) / jnp.vdot(normal, normal)


def retract(point: Array) -> Array:
    """X / sqrt(-<x, x>) with Lorentz's product, as published: on the surface, not the closest.

    The height is then computed from (y, z): far out, x_0^2 - r^2 cancels and loses its digits.
    """
    squared = jnp.sum(PLANE * point**2)
    lorentz = jnp.maximum(point[0] ** 2 - squared, SMALLEST_LORENTZ)
    return jnp.where(PLANE == 1, point / jnp.sqrt(lorentz), jnp.sqrt(1 + squared / lorentz))


def frame(point: Array) -> Array:
    """Orthonormal tangents along the chart's axes, the second made orthogonal. Shape [2, 3]."""
    slopes = point[1:] / jnp.sqrt(1 + jnp.sum(point[1:] ** 2))
    along_y = jnp.stack([slopes[0], jnp.ones_like(slopes[0]), jnp.zeros_like(slopes[0])])
    along_z = jnp.stack([slopes[1], jnp.zeros_like(slopes[1]), jnp.ones_like(slopes[1])])
    first = along_y / jnp.linalg.norm(along_y)
    second = along_z - jnp.vdot(first, along_z) * first
    return jnp.stack([first, second / jnp.linalg.norm(second)])


def prior_log_prob(point: Array) -> Array:
    """Log N(y, z; 0, I) - log(g) / 2, with respect to the Euclidean-induced area."""
    normal = -0.5 * jnp.sum(point[1:] ** 2) - math.log(2 * math.pi)
    return normal - 0.5 * jnp.log(metric_determinant(point))


def prior_score(point: Array) -> Array:
    """Grad log p_0 = -(1/g) (1 + 1 / (g x_0^4)) (r^2 / x_0, y, z).

    The released code has x_0^2 in the place of x_0^4: its process does not tend to the prior.
    """
    squared = jnp.sum(PLANE * point**2)
    height = jnp.sqrt(1 + squared)
    determinant = (1 + 2 * squared) / (1 + squared)
    scale = -(1 + 1 / (determinant * height**4)) / determinant
    return scale * jnp.where(PLANE == 1, point, squared / height)


def lorentz_log_density(point: Array, log_density: Array) -> Array:
    """Turns a log density for the Euclidean-induced area into one for the hyperbolic area."""
    return log_density + 0.5 * jnp.log1p(2 * jnp.sum(point[1:] ** 2))


def poincare_disc(point: Array) -> Array:
    """(y, z) / (1 + x_0), the usual picture of the hyperbolic plane. Shape [2]."""
    return point[1:] / (1 + point[0])


def from_poincare_disc(disc: Array) -> Array:
    """Its inverse: 2 d / (1 - |d|^2) lifted. Shape [3]."""
    return lift(2 * disc / (1 - jnp.sum(disc**2)))


def _unknown(point: Array, other: Array) -> Array:
    del point, other
    raise NotImplementedError("geodesics of this metric are not known in closed form")
