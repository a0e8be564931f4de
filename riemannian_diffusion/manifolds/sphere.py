"""The unit sphere S^d in R^{d+1}; the uniform prior, to which Brownian motion tends."""

import math

import jax
import jax.numpy as jnp
from jax import Array

from riemannian_diffusion.manifolds.manifold import Manifold, no_score


def sphere(dimension: int = 2) -> Manifold:
    """Builds S^d."""
    volume = 2 * math.pi ** ((dimension + 1) / 2) / math.gamma((dimension + 1) / 2)

    def sample_prior(key: Array) -> Array:
        return normalise(jax.random.normal(key, (dimension + 1,)))

    return Manifold(
        name=f"S^{dimension}",
        dimension=dimension,
        ambient_dimension=dimension + 1,
        project_to_tangent=lambda point, vector: vector - jnp.vdot(point, vector) * point,
        retract=normalise,
        retracts_to_closest=True,
        frame=frame,
        exp_map=exp_map,
        log_map=log_map,
        prior_log_prob=lambda point: jnp.full_like(point[0], -math.log(volume)),
        prior_score=no_score,
        sample_prior=sample_prior,
        prior_entropy=math.log(volume),
        volume=volume,
    )


def normalise(vector: Array) -> Array:
    """X / |x|, the closest point."""
    return vector / jnp.sqrt(jnp.vdot(vector, vector))


def frame(point: Array) -> Array:
    """An orthonormal basis of the tangent space: a reflection's other rows. Shape [D, D + 1].

    The Householder reflection I - 2 w w' that takes the first axis to -sign(x_1) x is orthogonal,
    so its rows but the first are orthogonal to x. The sign keeps w away from 0: the frame is smooth
    on both half spheres and never ill-conditioned.
    """
    first_axis = jnp.zeros_like(point).at[0].set(1.0)
    sign = jnp.where(point[0] >= 0, 1.0, -1.0)
    direction = normalise(point + sign * first_axis)
    reflection = jnp.eye(len(point)) - 2 * direction[:, None] * direction[None, :]
    return reflection[1:]


def exp_map(point: Array, vector: Array) -> Array:
    """cos|v| x + sin|v| v / |v|, smooth at v = 0."""
    squared = jnp.vdot(vector, vector)
    is_zero = squared < 1e-16
    length = jnp.sqrt(jnp.where(is_zero, 1.0, squared))
    scale = jnp.where(is_zero, 1.0, jnp.sin(length) / length)
    return jnp.where(is_zero, 1.0, jnp.cos(length)) * point + scale * vector


def log_map(point: Array, other: Array) -> Array:
    """The shortest tangent vector to another point; of the antipode any direction is one."""
    tangent = other - jnp.vdot(point, other) * point
    squared = jnp.vdot(tangent, tangent)
    is_zero = squared < 1e-16
    sine = jnp.sqrt(jnp.where(is_zero, 1.0, squared))
    angle = jnp.arctan2(sine, jnp.vdot(point, other))
    return jnp.where(is_zero, 1.0, angle / sine) * tangent


def from_degrees(latitude: Array, longitude: Array) -> Array:
    """Points of S^2 from geographic coordinates in degrees. Shape [..., 3]."""
    lat, lon = jnp.deg2rad(latitude), jnp.deg2rad(longitude)
    return jnp.stack([jnp.cos(lat) * jnp.cos(lon), jnp.cos(lat) * jnp.sin(lon), jnp.sin(lat)], -1)
