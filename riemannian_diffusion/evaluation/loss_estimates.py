"""The loss of a trained model, estimated from many times and paths: its mean and its variance.

One estimate draws a time s of density q, a point and a path to Y_s, and gives f(Y_s, s) / q(s).
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from riemannian_diffusion import model, time_sampling
from riemannian_diffusion.data import point_sets
from riemannian_diffusion.model import Diffuse, Setup
from riemannian_diffusion.time_sampling import TimeSampler
from riemannian_diffusion.train_state import TrainedModel

NUM_BINS = 64
BINS_POWER = 2.0  # bins of time are shorter near the data
POWER = 2.0  # of the power law that variances are compared with
PATHS_AT_A_TIME = 1024


class Estimates(NamedTuple):
    """What M single estimates of the loss consist of."""

    times: Array  # [M]
    integrand: Array  # f at these times [M]
    densities: Array  # q of these times [M]


def estimate(
    setup: Setup,
    trained: TrainedModel,
    sampler: TimeSampler,
    diffuse: Diffuse,
    *,
    num_points: int,
    key: Array,
) -> Estimates:
    """Draws times, points and paths, and gives f for each.

    Args:
      setup: of the model.
      trained: its parameters, and the order of its data set.
      sampler: of the times, with its parameters.
      diffuse: the way to Y_s.
      num_points: M; fresh points of a distribution, or training points of a data set.
      key: consumed.
    """
    point_key, time_key, path_key, probe_key = jax.random.split(key, 4)
    points = point_sets.training_batch(setup.target, trained.order, point_key, num_points)
    uniforms = time_sampling.stratified_uniforms(time_key, num_points)
    times, log_densities = jax.vmap(partial(sampler.sample, sampler.params))(uniforms)
    field = model.field_of(setup, trained.average)

    def one(of_point: tuple[Array, Array, Array, Array]) -> Array:
        point, time, path_key, probe_key = of_point
        end = diffuse(point, time, path_key)
        return setup.objective(field, point, end, time, probe_key)

    path_keys, probe_keys = (jax.random.split(k, num_points) for k in (path_key, probe_key))
    batched = (points, times, path_keys, probe_keys)
    integrand = jax.lax.map(one, batched, batch_size=min(num_points, PATHS_AT_A_TIME))
    return Estimates(times, integrand, jnp.exp(log_densities))


def variances_by_time_density(
    setup: Setup, num_points: int, trained: TrainedModel, key: Array
) -> dict[str, Array]:
    """Variance of f / q under several densities q of time, with the same randomness; consumes key.

    Returns:
      `variance_NAME` for the uniform density, the power law and the learned density if there is
      one, and `variance_optimal`, the least possible: (int sqrt(E f^2) ds)^2 - (int E f ds)^2.
    """
    horizon = setup.config.horizon
    samplers = {
        "uniform": time_sampling.power_law(horizon),
        "power": time_sampling.power_law(horizon, POWER),
    }
    if setup.config.time_sampling == "learned":
        samplers["learned"] = setup.sampler._replace(params=trained.sampler_params)

    def drawn_from(sampler: TimeSampler) -> Estimates:
        return estimate(setup, trained, sampler, setup.diffuse, num_points=num_points, key=key)

    variances = {}
    for name, sampler in samplers.items():
        _, integrand, densities = drawn_from(sampler)
        variances[f"variance_{name}"] = jnp.var(integrand / densities)
    times, integrand, densities = drawn_from(time_sampling.power_law(horizon, BINS_POWER))
    in_bins = integrand[jnp.argsort(times)].reshape(NUM_BINS, -1)
    second_moments = jnp.mean(in_bins**2, axis=1)
    widths = jnp.diff(horizon * jnp.linspace(0.0, 1.0, NUM_BINS + 1) ** BINS_POWER)
    mean = jnp.mean(integrand / densities)
    variances["variance_optimal"] = jnp.sum(jnp.sqrt(second_moments) * widths) ** 2 - mean**2
    return variances


def bias_of_simulation(
    setup: Setup, exact: Diffuse, num_points: int, trained: TrainedModel, key: Array
) -> dict[str, Array]:
    """The loss on the paths that a model was trained on less that on exact ones; consumes the key.

    Args:
      setup: of the model; times are drawn by its sampler as it is before training.
      exact: the way to Y_s by the heat kernel.
      num_points: paths of each estimate.
      trained: parameters, and the order of the data set.
      key: the same for both.

    Returns:
      `loss` on the model's own paths, `direct_loss` on exact ones, and `bias`, their difference.
    """

    def loss(diffuse: Diffuse) -> Array:
        _, integrand, densities = estimate(
            setup, trained, setup.sampler, diffuse, num_points=num_points, key=key
        )
        return jnp.mean(integrand / densities) + setup.target.manifold.prior_entropy

    own, direct = loss(setup.diffuse), loss(exact)
    return {"loss": own, "direct_loss": direct, "bias": own - direct}
