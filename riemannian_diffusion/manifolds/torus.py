"""The flat torus T^n as a product of n unit circles in R^{2n}; uniform prior.

A point is (cos a_1, sin a_1, ..., cos a_n, sin a_n).
"""

import math

import jax
import jax.numpy as jnp
from jax import Array

from riemannian_diffusion.manifolds.manifold import Manifold, no_score


def torus(num_angles: int = 2) -> Manifold:
    """Builds T^n."""
    volume = (2 * math.pi) ** num_angles

    def sample_prior(key: Array) -> Array:
        return from_angles(jax.random.uniform(key, (num_angles,), maxval=2 * math.pi))

    return Manifold(
        name=f"T^{num_angles}",
        dimension=num_angles,
        ambient_dimension=2 * num_angles,
        project_to_tangent=project_to_tangent,
        retract=retract,
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


def from_angles(angles: Array) -> Array:
    """Points from angles [n] in radians. Shape [2 n]."""
    return jnp.stack([jnp.cos(angles), jnp.sin(angles)], axis=-1).reshape(2 * len(angles))


def to_angles(point: Array) -> Array:
    """Angles in (-pi, pi] of a point [2 n]. Shape [n]."""
    pairs = _pairs(point)
    return jnp.arctan2(pairs[:, 1], pairs[:, 0])


def directions(point: Array) -> Array:
    """Unit tangents (-sin a, cos a) of every circle. Shape [n, 2]."""
    pairs = _pairs(point)
    return jnp.stack([-pairs[:, 1], pairs[:, 0]], axis=1)


def project_to_tangent(point: Array, vector: Array) -> Array:
    """P_x v, circle by circle."""
    along = directions(point)
    return _embedded(jnp.sum(along * _pairs(vector), axis=1), along)


def retract(point: Array) -> Array:
    """Normalises every pair: the closest point."""
    pairs = _pairs(point)
    return (pairs / jnp.sqrt(jnp.sum(pairs**2, axis=1, keepdims=True))).reshape(point.shape)


def frame(point: Array) -> Array:
    """One unit tangent per circle. Shape [n, 2 n]."""
    along = directions(point)
    num_angles = len(along)
    return (jnp.eye(num_angles)[:, :, None] * along[None]).reshape(num_angles, 2 * num_angles)


def exp_map(point: Array, vector: Array) -> Array:
    """Turns every circle by its part of the vector."""
    return from_angles(to_angles(point) + jnp.sum(directions(point) * _pairs(vector), axis=1))


def log_map(point: Array, other: Array) -> Array:
    """The shortest turn of every circle."""
    turns = to_angles(other) - to_angles(point)
    wrapped = jnp.mod(turns + jnp.pi, 2 * jnp.pi) - jnp.pi
    return _embedded(wrapped, directions(point))


def _pairs(vector: Array) -> Array:
    return vector.reshape(-1, 2)


def _embedded(turns: Array, along: Array) -> Array:
    """Ambient vector of turns [n] along unit tangents [n, 2]. Shape [2 n]."""
    return (turns[:, None] * along).reshape(2 * len(turns))
