"""What every manifold offers: an embedded surface seen from the space around it.

Points and tangent vectors are flat vectors of the ambient space R^m. The metric is the one that R^m
induces, and all densities are with respect to its volume. Functions take one point; `vmap` lifts
them. Shapes: E = m ambient and D intrinsic dimensions.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jax.numpy as jnp
from jax import Array

PointMap = Callable[[Array], Array]
PairMap = Callable[[Array, Array], Array]


@dataclass(frozen=True)
class Manifold:
    """A Riemannian manifold of dimension D in R^E.

    Attributes:
      name: in words.
      dimension: D.
      ambient_dimension: E.
      project_to_tangent: (x, v) -> P_x v, the orthogonal projection of an ambient vector.
      retract: ambient point near the manifold -> a point of it.
      retracts_to_closest: whether that is the closest point, which the closest-point divergence
        needs.
      frame: x -> an orthonormal basis of the tangent space, rows. Shape [D, E].
      exp_map: (x, v) -> the geodesic's point at time 1.
      log_map: (x, y) -> the tangent vector at x that `exp_map` takes to y.
      prior_log_prob: x -> log p_0, the density that the inference process tends to.
      prior_score: x -> grad log p_0, tangent.
      sample_prior: consumes a key, returns a point.
      prior_entropy: -E log p_0 under p_0.
      volume: total volume; None if infinite.
    """

    name: str
    dimension: int
    ambient_dimension: int
    project_to_tangent: PairMap
    retract: PointMap
    retracts_to_closest: bool
    frame: PointMap
    exp_map: PairMap
    log_map: PairMap
    prior_log_prob: PointMap
    prior_score: PointMap
    sample_prior: PointMap
    prior_entropy: float
    volume: float | None = None


def no_score(point: Array) -> Array:
    """Score of the uniform density."""
    return jnp.zeros_like(point)
