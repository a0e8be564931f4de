"""Simulates processes on a manifold, step by step, by points that stay on it.

Stratonovich's Heun scheme with a retraction after every step, as published, and the geodesic random
walk. One path each; `vmap` lifts them. Drifts are evaluated at the time where a step starts and
ends, not one step late.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from riemannian_diffusion.manifolds.manifold import Manifold
from riemannian_diffusion.sde import TimeField


class Path(NamedTuple):
    """A simulated path.

    Attributes:
      points: at every time. Shape [N + 1, E].
      increments: ambient Brownian increments of the steps, before projection. Shape [N, E].
    """

    points: Array
    increments: Array


def heun(
    manifold: Manifold,
    drift: TimeField,
    noise_scale: float,
    start: Array,
    times: Array,
    key: Array,
) -> Path:
    """Stratonovich Heun with a retraction.

    With g(y) = noise_scale P_y dW: predictor y' = y + U(y) h + g(y), then
    y <- pi(y + h (U(y) + U(y')) / 2 + (g(y) + g(y')) / 2).

    Args:
      manifold: where.
      drift: U, of point and time.
      noise_scale: of the projected noise.
      start: shape [E].
      times: increasing or decreasing, h their differences; noise takes |h|. Shape [N + 1].
      key: consumed.
    """
    increments = brownian_increments(key, times, start)

    def step(point: Array, data: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        time, next_time, increment = data
        h = next_time - time
        noise = noise_scale * increment
        first = h * drift(point, time) + manifold.project_to_tangent(point, noise)
        predicted = point + first
        second = h * drift(predicted, next_time)
        second = second + manifold.project_to_tangent(predicted, noise)
        point = manifold.retract(point + 0.5 * (first + second))
        return point, point

    return Path(_scan_steps(step, start, times, increments), increments)


def geodesic_random_walk(
    manifold: Manifold,
    drift: TimeField,
    noise_scale: float,
    start: Array,
    times: Array,
    key: Array,
) -> Path:
    """Ito's Euler scheme along geodesics, y <- exp_y(U(y) h + noise_scale P_y dW); see `heun`."""
    increments = brownian_increments(key, times, start)

    def step(point: Array, data: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        time, next_time, increment = data
        noise = manifold.project_to_tangent(point, noise_scale * increment)
        point = manifold.exp_map(point, (next_time - time) * drift(point, time) + noise)
        return point, point

    return Path(_scan_steps(step, start, times, increments), increments)


def brownian_increments(key: Array, times: Array, point: Array) -> Array:
    """Gaussian increments of an ambient Brownian motion; consumes the key. Shape [N, E]."""
    shape = (len(times) - 1, len(point))
    steps = jnp.abs(jnp.diff(times))[:, None]
    return jnp.sqrt(steps) * jax.random.normal(key, shape, point.dtype)


def _scan_steps(step: object, start: Array, times: Array, increments: Array) -> Array:
    _, points = lax.scan(step, start, (times[:-1], times[1:], increments))  # type: ignore[arg-type]
    return jnp.concatenate([start[None], points])
