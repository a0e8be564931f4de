"""What is measured of a trained model: likelihoods of test points, and gaps to exact ones."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array

from riemannian_diffusion import likelihood
from riemannian_diffusion.data import point_sets
from riemannian_diffusion.model import Setup, field_of
from riemannian_diffusion.sde import TimeField
from riemannian_diffusion.train_state import Metrics, TrainState

GRID_POWER = 2.0  # of the paths' time grid: steps are shorter near the data
POINTS_AT_A_TIME = 32


def monitor(setup: Setup, state: TrainState, key: Array) -> Metrics:
    """The bound on validation points, one time and path for each; consumes the key."""
    config = setup.config
    point_key, batch_key = jax.random.split(key)
    points = point_sets.validation_points(
        setup.target, state.order, point_key, config.num_eval_points
    )
    uniforms = (jnp.arange(len(points)) + 0.5) / len(points)
    times, log_densities = jax.vmap(partial(setup.sampler.sample, state.sampler_params))(uniforms)
    path_key, probe_key = jax.random.split(batch_key)
    ends = jax.vmap(setup.diffuse)(points, times, jax.random.split(path_key, len(points)))
    of_point = partial(setup.objective, field_of(setup, state.average))
    integrand = jax.vmap(of_point)(points, ends, times, jax.random.split(probe_key, len(points)))
    return {
        "valid_loss": jnp.mean(integrand * jnp.exp(-log_densities))
        + setup.target.manifold.prior_entropy
    }


def evaluate(setup: Setup, state: TrainState, key: Array) -> Metrics:
    """Negative log-likelihoods of test points in nats: exact, and both bounds; consumes the key.

    Where the target's density is known also what the model lacks: `gap` is the mean of
    log p - log model at the test points, an estimate of the Kullback-Leibler divergence.
    """
    config, target = setup.config, setup.target
    point_key, path_key = jax.random.split(key)
    points = point_sets.test_points(target, state.order, point_key, config.num_eval_points)
    field = field_of(setup, state.average)
    exact = log_probs(setup, field, points)
    bounds = path_bounds(setup, field, points, path_key)
    metrics = {
        "nll": -jnp.mean(exact),
        "negative_elbo": -jnp.mean(bounds[0]),
        "negative_kelbo": -jnp.mean(bounds[1]),
    }
    if target.log_prob is not None:
        known = jax.vmap(target.log_prob)(points)
        metrics["entropy"] = -jnp.mean(known)
        metrics["gap"] = jnp.mean(known - exact)
    return metrics


def log_probs(setup: Setup, field: TimeField, points: Array) -> Array:
    """Log density of points [M, E] by the probability-flow ODE. Shape [M]."""
    config = setup.config
    of_point = partial(
        likelihood.ode_log_prob,
        setup.target.manifold,
        field,
        horizon=config.horizon,
        tolerance=config.eval_tolerance,
    )
    return jax.lax.map(of_point, points, batch_size=8 * POINTS_AT_A_TIME)


def path_bounds(setup: Setup, field: TimeField, points: Array, key: Array) -> tuple[Array, Array]:
    """ELBO and KELBO of points [M, E] by the same K paths; consumes the key. Shapes [M]."""
    config = setup.config
    times = likelihood.time_grid(config.horizon, config.num_eval_steps, GRID_POWER)

    def of_point(both: tuple[Array, Array]) -> tuple[Array, Array]:
        point, key = both
        weights = likelihood.path_log_weights(
            setup.target.manifold, field, point, times, key, config.num_paths
        )
        return likelihood.elbo(weights), likelihood.kelbo(weights)

    keys = jax.random.split(key, len(points))
    bounds: tuple[Array, Array] = jax.lax.map(
        of_point, (points, keys), batch_size=max(1, POINTS_AT_A_TIME // config.num_paths)
    )
    return bounds
