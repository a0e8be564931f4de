"""The four distributions on the hyperbolic plane on which the paper draws its figure.

They are defined on the hyperboloid of Lorentz's metric, by its exponential map at the origin or by
boosts of it; densities are returned with respect to the area that R^3 induces.
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

from riemannian_diffusion.manifolds import hyperboloid
from riemannian_diffusion.manifolds.manifold import PointMap

Density = tuple[PointMap, PointMap]  # sample, log_prob

SQUARE = 1.5  # side of the checkerboard's squares


def exp_origin(tangent: Array) -> Array:
    """Lorentz's exponential map at (1, 0, 0): (cosh r, sinh r v / r). Shape [3]."""
    radius = _norm(tangent)
    return hyperboloid.lift(jnp.sinh(radius) / radius * tangent)


def log_origin(point: Array) -> Array:
    """Its inverse, v. Shape [2]."""
    radius = _norm(point[1:])
    return jnp.arcsinh(radius) / radius * point[1:]


def boost(centre: Array) -> Array:
    """The Lorentz boost that takes the origin to a point, along the geodesic. Shape [3, 3]."""
    height, plane = centre[0], centre[1:]
    inner = jnp.eye(2) + plane[:, None] * plane[None, :] / (1 + height)
    return jnp.concatenate([centre[None], jnp.concatenate([plane[:, None], inner], 1)])


def _norm(plane: Array) -> Array:
    return jnp.sqrt(jnp.maximum(jnp.sum(plane**2), 1e-20))


def _euclidean_log_prob(tangent_log_prob: PointMap, point: Array) -> Array:
    """Density of exp_origin(v): that of v, less log(sinh r / r), from Lorentz's to our area."""
    tangent = log_origin(point)
    radius = _norm(tangent)
    log_stretch = jnp.where(radius < 1e-3, radius**2 / 6, jnp.log(jnp.sinh(radius) / radius))
    lorentz = tangent_log_prob(tangent) - log_stretch
    return lorentz - hyperboloid.lorentz_log_density(point, jnp.zeros(()))


def _normal_log_prob(offset: Array, deviation: Array) -> Array:
    """Log density of a normal of independent coordinates in the plane."""
    return jnp.sum(-0.5 * (offset / deviation) ** 2 - jnp.log(deviation)) - math.log(2 * math.pi)


def wrapped_normals(centres: Array, deviations: Array) -> Density:
    """Equal parts of wrapped normals.

    Args:
      centres: in the tangent plane of the origin. Shape [M, 2].
      deviations: before transport to the centre. Shape [M, 2].
    """
    boosts = jax.vmap(lambda centre: boost(exp_origin(centre)))(centres)
    backs = jax.vmap(lambda centre: boost(exp_origin(-centre)))(centres)

    def sample(key: Array) -> Array:
        which_key, noise_key = jax.random.split(key)
        which = jax.random.randint(which_key, (), 0, len(centres))
        tangent = deviations[which] * jax.random.normal(noise_key, (2,))
        return hyperboloid.lift((boosts[which] @ exp_origin(tangent))[1:])

    def log_prob(point: Array) -> Array:
        def one(back: Array, deviation: Array) -> Array:
            at_origin = hyperboloid.lift((back @ point)[1:])
            density = _euclidean_log_prob(lambda v: _normal_log_prob(v, deviation), at_origin)
            return hyperboloid.lorentz_log_density(at_origin, density)

        lorentz = jax.nn.logsumexp(jax.vmap(one)(backs, deviations)) - math.log(len(centres))
        return lorentz - hyperboloid.lorentz_log_density(point, jnp.zeros(()))

    return sample, log_prob


def _one_wrapped() -> Density:
    return wrapped_normals(jnp.array([[-1.0, 1.0]]), jnp.full((1, 2), 0.75))


def _crossed() -> Density:
    """Four wrapped normals, long ones across each other."""
    corners = 1.3 * jnp.array([[1.0, 1.0], [-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0]])
    deviations = jnp.array([[0.3, 1.5], [0.3, 1.5], [1.5, 0.3], [1.5, 0.3]])
    return wrapped_normals(corners, deviations)


def _five_gaussians() -> Density:
    """Normals of variance 1/4 around the origin of the tangent plane and four points around it."""
    centres = 3 * jnp.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0], [0.0, 0.0]])
    deviation = jnp.full(2, 0.5)

    def sample(key: Array) -> Array:
        which_key, noise_key = jax.random.split(key)
        centre = centres[jax.random.randint(which_key, (), 0, len(centres))]
        return exp_origin(centre + deviation * jax.random.normal(noise_key, (2,)))

    def tangent_log_prob(tangent: Array) -> Array:
        terms = jax.vmap(lambda centre: _normal_log_prob(tangent - centre, deviation))(centres)
        return jax.nn.logsumexp(terms) - math.log(len(centres))

    return sample, lambda point: _euclidean_log_prob(tangent_log_prob, point)


def _checkerboard() -> Density:
    """Uniform on the eight black squares of a board of side 6 in the tangent plane."""

    def sample(key: Array) -> Array:
        which_key, square_key, offset_key = jax.random.split(key, 3)
        column = jax.random.randint(which_key, (), 0, 4)
        row = 2 * jax.random.randint(square_key, (), 0, 2) + column % 2
        corner = jnp.stack([column, row]) * SQUARE - 2 * SQUARE
        return exp_origin(corner + SQUARE * jax.random.uniform(offset_key, (2,)))

    def tangent_log_prob(tangent: Array) -> Array:
        square = jnp.floor(tangent / SQUARE)
        is_inside = jnp.all(jnp.abs(square + 0.5) < 2) & (jnp.sum(square) % 2 == 0)
        return jnp.where(is_inside, -math.log(8 * SQUARE**2), -jnp.inf)

    return sample, lambda point: _euclidean_log_prob(tangent_log_prob, point)


DENSITIES: dict[str, Callable[[], Density]] = {
    "wrapped": _one_wrapped,
    "gaussians": _five_gaussians,
    "checkerboard": _checkerboard,
    "crossed": _crossed,
}
