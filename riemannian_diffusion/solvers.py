"""Simulates processes on a manifold, step by step, by points that stay on it.

Stratonovich's Heun scheme with a retraction after every step, as published, and the geodesic random
walk. One path each; `vmap` lifts them. Drifts are evaluated at the time where a step starts and
ends, not one step late.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from riemannian_diffusion.sde import Process


class Path(NamedTuple):
    """A simulated path.

    Attributes:
      points: at every time. Shape [N + 1, E].
      increments: ambient Brownian increments of the steps, before projection. Shape [N, E].
    """

    points: Array
    increments: Array


class Interval(NamedTuple):
    """A step in time and what the Brownian motion does in it."""

    time: Array
    next_time: Array
    increment: Array  # [E]


Step = Callable[[Process, Array, Interval], Array]  # point [E] -> point [E]


def heun_step(process: Process, point: Array, interval: Interval) -> Array:
    """Stratonovich Heun with a retraction.

    With g(y) = c P_y dW: predictor y' = y + U(y) h + g(y), then
    y <- pi(y + h (U(y) + U(y')) / 2 + (g(y) + g(y')) / 2).
    """
    manifold, drift, noise_scale = process
    h = interval.next_time - interval.time
    noise = noise_scale * interval.increment
    first = h * drift(point, interval.time) + manifold.project_to_tangent(point, noise)
    predicted = point + first
    second = h * drift(predicted, interval.next_time)
    second = second + manifold.project_to_tangent(predicted, noise)
    return manifold.retract(point + 0.5 * (first + second))


def walk_step(process: Process, point: Array, interval: Interval) -> Array:
    """Geodesic random walk, Ito's Euler scheme along geodesics: y <- exp_y(U(y) h + c P_y dW).

    The retraction takes rounding errors away, which add up otherwise.
    """
    manifold, drift, noise_scale = process
    h = interval.next_time - interval.time
    noise = manifold.project_to_tangent(point, noise_scale * interval.increment)
    return manifold.retract(manifold.exp_map(point, h * drift(point, interval.time) + noise))


def path(step: Step, process: Process, start: Array, times: Array, key: Array) -> Path:
    """Simulates a process and keeps all points.

    Args:
      step: `heun_step` or `walk_step`.
      process: what is simulated.
      start: shape [E].
      times: increasing or decreasing, h their differences; noise takes |h|. Shape [N + 1].
      key: consumed.
    """
    increments = brownian_increments(key, times, start)

    def advance(point: Array, interval: Interval) -> tuple[Array, Array]:
        point = step(process, point, interval)
        return point, point

    _, points = lax.scan(advance, start, Interval(times[:-1], times[1:], increments))
    return Path(jnp.concatenate([start[None], points]), increments)


def last_point(step: Step, process: Process, start: Array, times: Array, key: Array) -> Array:
    """The point at the last time only; see `path`, whose last point it is. Shape [E]."""
    increments = brownian_increments(key, times, start)

    def advance(point: Array, interval: Interval) -> tuple[Array, None]:
        return step(process, point, interval), None

    point, _ = lax.scan(advance, start, Interval(times[:-1], times[1:], increments))
    return point


def brownian_increments(key: Array, times: Array, point: Array) -> Array:
    """Gaussian increments of an ambient Brownian motion; consumes the key. Shape [N, E]."""
    shape = (len(times) - 1, len(point))
    steps = jnp.abs(jnp.diff(times))[:, None]
    return jnp.sqrt(steps) * jax.random.normal(key, shape, point.dtype)
