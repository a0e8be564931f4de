"""Brownian motion without simulation: exact samples at any time, and the kernel's score.

A point at time t is exp_x(h(rho, t) g / rho) for a normal tangent vector g of length rho, where h
carries the length's law to that of the geodesic distance. On tori h = sqrt(t) rho; on S^2 and SO(3)
it is tabulated once from the heat kernel.
"""

import math
from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from riemannian_diffusion.manifolds import heat_kernel, torus
from riemannian_diffusion.manifolds.manifold import Manifold

NUM_TABLE_TIMES = 64
NUM_TABLE_LENGTHS = 160
LARGEST_LENGTH = 6.0
SMALLEST_TIME = 1e-3  # below it, the kernel is that of the tangent plane
NUM_NODES = 4001

RadialDensity = Callable[[Array, Array], Array]  # distance, time -> log density


class Radial(NamedTuple):
    """A manifold whose heat kernel is a function of the geodesic distance.

    Attributes:
      dimension: D.
      log_density: of the kernel, with respect to volume.
      area: of the sphere of points at a distance, up to a factor.
      diameter: the largest distance.
    """

    dimension: int
    log_density: RadialDensity
    area: Callable[[np.ndarray], np.ndarray]
    diameter: float


RADIAL = {
    "S^2": Radial(2, heat_kernel.sphere_radial_log_density, np.sin, math.pi),
    "SO(3)": Radial(
        3,
        heat_kernel.so3_radial_log_density,
        lambda distance: 1 - np.cos(distance / math.sqrt(2)),
        math.sqrt(2) * math.pi,
    ),
}


class BrownianKernel(NamedTuple):
    """Transitions of Brownian motion.

    Attributes:
      sample: (x, t, key) -> a point at time t from x at 0; consumes the key.
      score: (y, x, t) -> grad_y log p_t(x, y), tangent at y.
    """

    sample: Callable[[Array, Array, Array], Array]
    score: Callable[[Array, Array, Array], Array]


def make_kernel(manifold: Manifold, horizon: float) -> BrownianKernel:
    """Builds the kernel of a torus, of S^2 or of SO(3), for times up to a horizon.

    Raises:
      ValueError: it is not known on this manifold.
    """
    if manifold.name.startswith("T^"):
        return BrownianKernel(_sample_torus, _torus_score)
    if manifold.name not in RADIAL:
        raise ValueError(f"the heat kernel of {manifold.name} is not known; simulate instead")
    table = _distance_table(manifold.name, horizon)
    log_density = RADIAL[manifold.name].log_density
    return BrownianKernel(
        partial(_sample_radial, manifold, table), partial(_radial_score, manifold, log_density)
    )


class DistanceTable(NamedTuple):
    """H(rho, t) / sqrt(t) on a grid, linear in log t and in rho between its nodes."""

    log_times: np.ndarray  # [A], evenly spaced
    values: np.ndarray  # [A, L]


@lru_cache
def _distance_table(name: str, horizon: float) -> DistanceTable:
    """Matches, at every time, the distance's distribution function with that of a chi variable."""
    radial = RADIAL[name]
    times = np.geomspace(SMALLEST_TIME, max(horizon, 2 * SMALLEST_TIME), NUM_TABLE_TIMES)
    lengths = np.linspace(0, LARGEST_LENGTH, NUM_TABLE_LENGTHS)
    fine = np.linspace(0, LARGEST_LENGTH, NUM_NODES)
    normal = _upper_tail(fine ** (radial.dimension - 1) * np.exp(-0.5 * fine**2))
    log_levels = np.interp(lengths, fine, np.log(normal))
    largest = np.minimum(radial.diameter - 1e-6, 1.2 * LARGEST_LENGTH * np.sqrt(times))
    distances = largest[:, None] * np.linspace(0.0, 1.0, NUM_NODES)  # [A, nodes]
    with jax.enable_x64(True):
        density = jax.jit(jax.vmap(jax.vmap(radial.log_density, (0, None))))
        log_densities = np.asarray(density(jnp.asarray(distances), jnp.asarray(times)))
    rows = []
    for time, at, log_density in zip(times, distances, log_densities, strict=True):
        tail = np.log(_upper_tail(np.exp(log_density) * radial.area(at)))
        rows.append(np.interp(-log_levels, -tail, at) / math.sqrt(time))
    return DistanceTable(np.log(times).astype(np.float32), np.stack(rows).astype(np.float32))


def _upper_tail(density: np.ndarray) -> np.ndarray:
    """1 - F at evenly spaced nodes of a density known up to a factor; never quite 0."""
    cells = 0.5 * (density[1:] + density[:-1])
    above = np.concatenate([np.cumsum(cells[::-1])[::-1], [0.0]])
    return np.maximum(above / above[0], 1e-14)


def _sample_radial(
    manifold: Manifold, table: DistanceTable, start: Array, time: Array, key: Array
) -> Array:
    normal = jax.random.normal(key, (manifold.dimension,))
    length = jnp.sqrt(jnp.sum(normal**2) + 1e-12)
    distance = jnp.sqrt(time) * _look_up(table, length, time)
    return manifold.exp_map(start, (distance / length * normal) @ manifold.frame(start))


def _look_up(table: DistanceTable, length: Array, time: Array) -> Array:
    num_times, num_lengths = table.values.shape
    spacing = table.log_times[1] - table.log_times[0]
    row = jnp.clip((jnp.log(time) - table.log_times[0]) / spacing, 0, num_times - 1.001)
    column = jnp.clip(length / LARGEST_LENGTH * (num_lengths - 1), 0, num_lengths - 1.001)
    i, j = row.astype(int), column.astype(int)
    a, b = row - i, column - j
    values = jnp.asarray(table.values)
    upper = (1 - b) * values[i, j] + b * values[i, j + 1]
    lower = (1 - b) * values[i + 1, j] + b * values[i + 1, j + 1]
    return (1 - a) * upper + a * lower


def _radial_score(
    manifold: Manifold, log_density: RadialDensity, point: Array, start: Array, time: Array
) -> Array:
    """D log p / dr along the geodesic that comes from the start."""
    back = manifold.log_map(point, start)
    distance = jnp.sqrt(jnp.sum(back**2))
    safe = jnp.maximum(distance, 2 * heat_kernel.SMALLEST_DISTANCE)
    return -jax.grad(log_density)(safe, time) / safe * back


def _sample_torus(start: Array, time: Array, key: Array) -> Array:
    angles = torus.to_angles(start)
    return torus.from_angles(angles + jnp.sqrt(time) * jax.random.normal(key, angles.shape))


def _torus_score(point: Array, start: Array, time: Array) -> Array:
    slope = jax.vmap(jax.grad(heat_kernel.circle_log_density), (0, None))
    turns = slope(torus.to_angles(point) - torus.to_angles(start), time)
    return (turns[:, None] * torus.directions(point)).reshape(point.shape)
