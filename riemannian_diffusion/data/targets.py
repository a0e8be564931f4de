"""Distributions that can be learned: those whose density is known exactly, without any data.

All densities are with respect to the volume of the embedded manifold.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from riemannian_diffusion.data import hyperbolic_targets
from riemannian_diffusion.manifolds import heat_kernel, hyperboloid, orthogonal, sphere, torus
from riemannian_diffusion.manifolds.manifold import Manifold, PointMap


class Target(NamedTuple):
    """What a model learns: a distribution known exactly, or the points of a data set.

    Attributes:
      name: of the distribution or data set.
      manifold: where it lives.
      sample: consumes a key, returns a point; None for a data set.
      log_prob: exact log density of a point; None for a data set.
      points: of a data set. Shape [N, E]; None for a distribution.
    """

    name: str
    manifold: Manifold
    sample: PointMap | None = None
    log_prob: PointMap | None = None
    points: Array | None = None


def make_target(name: str) -> Target:
    """Builds a distribution by name."""
    if name.startswith("hyperbolic"):
        kind = name.removeprefix("hyperbolic_")
        sample, log_prob = hyperbolic_targets.DENSITIES[kind]()
        return Target(name, hyperboloid.hyperboloid(), sample, log_prob)
    return _BUILDERS[name](name)


def _sphere_mixture(name: str) -> Target:
    """Equal parts of von Mises-Fisher(15) at e_1 and e_2; entropy .81717."""
    return sphere_target(name, jnp.eye(3)[:2], jnp.full(2, 15.0), jnp.full(2, 0.5))


def _sphere_clusters(name: str) -> Target:
    """Twelve clusters along two arcs, of concentrations 20 to 1000: events along faults."""
    fractions = np.linspace(0.0, 1.0, 6)
    latitudes = np.concatenate([50 - 90 * fractions, -30 + 70 * fractions])
    longitudes = np.concatenate([140 + 40 * np.sin(3 * fractions), -75 - 40 * fractions])
    means = jax.jit(sphere.from_degrees)(latitudes, longitudes)
    concentrations = jnp.asarray(np.geomspace(20.0, 1000.0, 12)[np.argsort(np.sin(np.arange(12)))])
    weights = jnp.arange(1.0, 13.0) / 78
    return sphere_target(name, means, concentrations, weights)


def sphere_target(name: str, means: Array, concentrations: Array, weights: Array) -> Target:
    """A mixture of von Mises-Fisher distributions on S^2.

    Args:
      name: of the target.
      means: unit vectors. Shape [M, 3].
      concentrations: kappa. Shape [M].
      weights: summing to one. Shape [M].
    """

    def sample(key: Array) -> Array:
        which_key, height_key, turn_key = jax.random.split(key, 3)
        which = jax.random.categorical(which_key, jnp.log(weights))
        mean, kappa = means[which], concentrations[which]
        uniform = jax.random.uniform(height_key, minval=1e-7)
        cosine = 1 + jnp.log(uniform + (1 - uniform) * jnp.exp(-2 * kappa)) / kappa
        turn = jax.random.uniform(turn_key, maxval=2 * jnp.pi)
        circle = jnp.stack([jnp.cos(turn), jnp.sin(turn)]) @ sphere.frame(mean)
        sine = jnp.sqrt(jnp.maximum(1 - cosine**2, 0.0))
        return sphere.normalise(cosine * mean + sine * circle)

    def log_prob(point: Array) -> Array:
        terms = von_mises_fisher_log_prob(means @ point, concentrations)
        return jax.nn.logsumexp(terms + jnp.log(weights))

    return Target(name, sphere.sphere(2), sample, log_prob)


def von_mises_fisher_log_prob(cosine: Array, concentration: Array) -> Array:
    """Log density on S^2: kappa (cos - 1) + log kappa - log 2 pi (1 - exp(-2 kappa))."""
    normaliser = math.log(2 * math.pi) + jnp.log1p(-jnp.exp(-2 * concentration))
    return concentration * (cosine - 1) + jnp.log(concentration) - normaliser


def _torus_mixture(name: str) -> Target:
    """Three wrapped normals on T^2, roughly where proteins have sheets and helices."""
    means = jnp.deg2rad(jnp.array([[-63.0, -43.0], [-115.0, 135.0], [57.0, 40.0]]))
    deviations = jnp.array([[0.2, 0.25], [0.5, 0.35], [0.15, 0.2]])
    return torus_target(name, means, deviations, jnp.array([0.5, 0.4, 0.1]))


def torus_target(name: str, means: Array, deviations: Array, weights: Array) -> Target:
    """A mixture of products of wrapped normals on T^n.

    Args:
      name: of the target.
      means: angles. Shape [M, n].
      deviations: standard deviations of the angles before wrapping. Shape [M, n].
      weights: summing to one. Shape [M].
    """

    def sample(key: Array) -> Array:
        which_key, angle_key = jax.random.split(key)
        which = jax.random.categorical(which_key, jnp.log(weights))
        noise = jax.random.normal(angle_key, means.shape[1:])
        return torus.from_angles(means[which] + deviations[which] * noise)

    log_density: Callable[[Array, Array], Array] = jnp.vectorize(heat_kernel.circle_log_density)

    def log_prob(point: Array) -> Array:
        turns = torus.to_angles(point)[None, :] - means
        terms = jnp.sum(log_density(turns, deviations**2), axis=1)
        return jax.nn.logsumexp(terms + jnp.log(weights))

    return Target(name, torus.torus(means.shape[1]), sample, log_prob)


SO3_CONCENTRATION = 8.0  # exp(-|R - R_i|^2 / (2 * .5^2)) = exp(-8 (1 - cos angle))


def so3_mode_rotations() -> Array:
    """The identity and the half turns around the third and the second axis. Shape [3, 3, 3]."""
    return jnp.stack([jnp.diag(jnp.array(d)) for d in ((1.0, 1, 1), (-1, -1, 1), (-1, 1, -1))])


def so3_mode_shares(points: Array) -> Array:
    """Which part of rotations [M, 9] is closest to each of the modes. Shape [3]."""
    traces = points @ so3_mode_rotations().reshape(3, 9).T
    return jnp.mean(jnp.eye(3)[jnp.argmax(traces, axis=1)], axis=0)


def _so3_modes(name: str) -> Target:
    """Three equal modes, exp(-8 (1 - cos angle)) around each; entropy 3.38641."""
    modes = so3_mode_rotations()
    nodes = np.linspace(0.0, math.pi, 4097)
    weights = np.exp(-SO3_CONCENTRATION * (1 - np.cos(nodes))) * (1 - np.cos(nodes))
    cumulative = np.concatenate([[0.0], np.cumsum(0.5 * (weights[1:] + weights[:-1]))])
    mass = cumulative[-1] * (nodes[1] - nodes[0]) / math.pi  # against the unit Haar measure
    manifold = orthogonal.rotations(3)
    assert manifold.volume is not None
    log_normaliser = math.log(3 * mass * manifold.volume)
    grid, levels = jnp.asarray(nodes), jnp.asarray(cumulative / cumulative[-1])

    def sample(key: Array) -> Array:
        which_key, axis_key, angle_key = jax.random.split(key, 3)
        axis = sphere.normalise(jax.random.normal(axis_key, (3,)))
        angle = jnp.interp(jax.random.uniform(angle_key), levels, grid)
        turn = orthogonal.rotation(axis, angle)
        return (modes[jax.random.randint(which_key, (), 0, 3)] @ turn).reshape(9)

    def log_prob(point: Array) -> Array:
        cosines = 0.5 * (modes.reshape(3, 9) @ point - 1)
        return jax.nn.logsumexp(SO3_CONCENTRATION * (cosines - 1)) - log_normaliser

    return Target(name, manifold, sample, log_prob)


_BUILDERS: dict[str, Callable[[str], Target]] = {
    "sphere_mixture": _sphere_mixture,
    "sphere_clusters": _sphere_clusters,
    "torus_mixture": _torus_mixture,
    "so3_modes": _so3_modes,
}
