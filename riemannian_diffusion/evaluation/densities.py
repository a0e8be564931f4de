"""The density of a trained model on a grid, and samples of its generative process."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from riemannian_diffusion import likelihood, model, sde, solvers
from riemannian_diffusion.data import point_sets
from riemannian_diffusion.data.targets import so3_mode_shares
from riemannian_diffusion.evaluation import likelihoods
from riemannian_diffusion.evaluation.grids import Grid
from riemannian_diffusion.model import Setup
from riemannian_diffusion.networks import Params
from riemannian_diffusion.train_state import TrainedModel

NUM_SHOWN = 400  # test points that are drawn over the density


class Sampling(NamedTuple):
    """How many samples are drawn from the generative process, and in how many steps."""

    num_samples: int
    num_steps: int


def measure(
    setup: Setup, grid: Grid, sampling: Sampling, trained: TrainedModel, key: Array
) -> dict[str, Array]:
    """Measures the density of one model; consumes the key.

    Returns:
      `log_density` at the nodes [G]; `shown`, some test points [M, E]; `mass_error`, the density's
      sum over the grid less 1, where the grid covers the manifold; on SO(3)
      `smallest_mode_share`, of samples at one of the target's modes.
    """
    field = model.field_of(setup, trained.average)
    log_density = likelihoods.log_probs(setup, field, grid.points)
    sample_key, shown_key = jax.random.split(key)
    measured = {"log_density": log_density}
    if len(grid.areas):
        measured["mass_error"] = jnp.sum(jnp.exp(log_density) * jnp.asarray(grid.areas)) - 1
    if setup.target.name == "so3_modes":
        samples = generate(setup, trained.average, sampling, sample_key)
        measured["smallest_mode_share"] = jnp.min(so3_mode_shares(samples))
    shown = point_sets.test_points(setup.target, trained.order, shown_key, NUM_SHOWN)
    return {**measured, "shown": shown}


def generate(setup: Setup, params: Params, sampling: Sampling, key: Array) -> Array:
    """Samples of the generative process (lambda = 0); consumes the key. Shape [M, E].

    Steps are shorter near the data, where the score changes fast.
    """
    manifold, horizon = setup.target.manifold, setup.config.horizon
    score = sde.tangent_field(manifold, model.field_of(setup, params))
    process = sde.equivalent_generation(manifold, score, 0.0, horizon)
    grid = likelihood.time_grid(horizon, sampling.num_steps, likelihoods.GRID_POWER)
    times = horizon - grid[::-1]

    def one(key: Array) -> Array:
        prior_key, path_key = jax.random.split(key)
        start = manifold.sample_prior(prior_key)
        return solvers.last_point(solvers.heun_step, process, start, times, path_key)

    keys = jax.random.split(key, sampling.num_samples)
    samples: Array = jax.lax.map(one, keys, batch_size=512)
    return samples
