"""Importance sampling of the time at which the bound's integral is estimated.

int_0^T f(s) ds = E_{s ~ q} f(s) / q(s) for any density q on [0, T]; q decides the variance alone.
The learned sampler is a monotone flow: z = logit(u), s = T sum_j w_j sigmoid(alpha_j z + b_j),
trained to the least second moment of f / q (`losses.sampler_second_moment`).
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

NUM_SIGMOIDS = 10

SamplerParams = Any  # a tree of arrays; empty if there is nothing to learn


class TimeSampler(NamedTuple):
    """A family of densities on [0, T]."""

    params: SamplerParams
    sample: Callable[[SamplerParams, Array], tuple[Array, Array]]  # u in (0, 1) -> s, log q(s)


def stratified_uniforms(key: Array, num_points: int) -> Array:
    """(perm(i) + u_i) / B: one in each of B equal parts of (0, 1); consumes the key. Shape [B]."""
    order_key, offset_key = jax.random.split(key)
    order = jax.random.permutation(order_key, num_points)
    uniforms = (order + jax.random.uniform(offset_key, (num_points,))) / num_points
    return jnp.clip(uniforms, 1e-6, 1 - 1e-6)


def power_law(horizon: float, power: float = 1.0) -> TimeSampler:
    """S = T u^p, of density s^(1/p - 1) T^(-1/p) / p; uniform for p = 1, early for p above.

    For p = 2 it is, but for its cut-off, the time change of RSGM's linear beta schedule.
    """

    def sample(params: SamplerParams, uniform: Array) -> tuple[Array, Array]:
        del params
        log_slope = jnp.log(horizon * power) + (power - 1) * jnp.log(uniform)
        return horizon * uniform**power, -log_slope

    return TimeSampler({}, sample)


def learned(horizon: float) -> TimeSampler:
    """The flow of ten sigmoids, uniform at the beginning."""
    start = {
        "slopes": jnp.full(NUM_SIGMOIDS, jnp.log(jnp.expm1(1.0))),  # softplus gives 1
        "shifts": jnp.zeros(NUM_SIGMOIDS),
        "logits": jnp.zeros(NUM_SIGMOIDS),
    }
    return TimeSampler(start, partial(flow, horizon))


def flow(horizon: float, params: SamplerParams, uniform: Array) -> tuple[Array, Array]:
    """One time and its log density.

    Args:
      horizon: T.
      params: of the sigmoids.
      uniform: u.
    """
    z = jnp.log(uniform) - jnp.log1p(-uniform)
    slopes = jax.nn.softplus(params["slopes"])
    arguments = slopes * z + params["shifts"]
    log_weights = jax.nn.log_softmax(params["logits"])
    time = horizon * jnp.sum(jnp.exp(log_weights) * jax.nn.sigmoid(arguments))
    log_terms = log_weights + jnp.log(slopes) + logistic_log_density(arguments)
    log_slope = jnp.log(horizon) + jax.nn.logsumexp(log_terms)  # log ds/dz
    return time, logistic_log_density(z) - log_slope


def logistic_log_density(z: Array) -> Array:
    """Log of sigmoid'(z), without overflow."""
    return -jnp.abs(z) - 2 * jnp.log1p(jnp.exp(-jnp.abs(z)))
