"""Trained densities on grids of their manifolds, and samples of the generative process."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from riemannian_diffusion import evaluate, grids, likelihood, model, point_sets, sde, solvers
from riemannian_diffusion.findings import Findings, Metrics, Rows, as_metrics, per_seed
from riemannian_diffusion.grids import Grid
from riemannian_diffusion.methods import load_target
from riemannian_diffusion.model import Setup
from riemannian_diffusion.networks import Params
from riemannian_diffusion.study_configs import DensityConfig
from riemannian_diffusion.targets import so3_mode_shares
from riemannian_diffusion.trainer import Trainer

Trained = dict[str, Params]
NUM_SHOWN = 400  # test points that are drawn over the density


def draw_densities(config: DensityConfig, trainer: Trainer) -> Findings:
    """Trains every model; its log density on a grid, and on SO(3) where its samples lie.

    Metrics, by model: those of the final evaluation; `mass`, the sum over the grid where it covers
    the manifold, less 1; on SO(3) the smallest share of samples at one of the modes. Curves: a row
    per node, of the first seed.
    """
    metrics: Metrics = {}
    rows: Rows = []
    for index, (name, each) in enumerate(config.models):
        result = trainer.train(each, name)
        target = load_target(each, trainer.options.data_dir)
        setup = model.make_setup(each, target)
        grid = grids.make_grid(target.manifold.name, config.grid_size)
        of_seed = partial(_measure, config, setup, grid)
        trained = {"average": result.state.average, "order": result.state.order}
        found = per_seed(of_seed, trained, trainer.seeds)
        log_density, shown = found.pop("log_density")[0], found.pop("shown")[0]
        for key, values in {**result.metrics, **as_metrics(found)}.items():
            metrics[f"{name}_{key}"] = values
        known = np.full(len(log_density), np.nan)
        if target.log_prob is not None:
            known = np.asarray(jax.vmap(target.log_prob)(grid.points))
        place: dict[str, float] = {
            "update": each.num_updates,
            "seed": trainer.seeds[0],
            "model": index,
        }
        rows += grid_rows(place, grid, log_density, known)
        rows += point_rows(place, grids.coordinates(target.manifold.name, shown))
    return Findings(metrics, rows)


def _measure(
    config: DensityConfig, setup: Setup, grid: Grid, trained: Trained, key: Array
) -> dict[str, Array]:
    field = model.field_of(setup, trained["average"])
    log_density = evaluate.log_probs(setup, field, grid.points)
    sample_key, shown_key = jax.random.split(key)
    found = {"log_density": log_density}
    if len(grid.areas):
        found["mass_error"] = jnp.sum(jnp.exp(log_density) * jnp.asarray(grid.areas)) - 1
    if setup.target.name == "so3_modes":
        samples = generate(
            setup, trained["average"], config.num_samples, config.num_sampling_steps, sample_key
        )
        found["smallest_mode_share"] = jnp.min(so3_mode_shares(samples))
    shown = point_sets.test_points(setup.target, trained["order"], shown_key, NUM_SHOWN)
    return {**found, "shown": shown}


def generate(setup: Setup, params: Params, num_samples: int, num_steps: int, key: Array) -> Array:
    """Samples of the generative process (lambda = 0); consumes the key. Shape [M, E].

    Steps are shorter near the data, where the score changes fast.
    """
    manifold, horizon = setup.target.manifold, setup.config.horizon
    score = sde.tangent_field(manifold, model.field_of(setup, params))
    process = sde.equivalent_generation(manifold, score, 0.0, horizon)
    times = horizon - likelihood.time_grid(horizon, num_steps, evaluate.GRID_POWER)[::-1]

    def one(key: Array) -> Array:
        prior_key, path_key = jax.random.split(key)
        start = manifold.sample_prior(prior_key)
        return solvers.last_point(solvers.heun_step, process, start, times, path_key)

    samples: Array = jax.lax.map(one, jax.random.split(key, num_samples), batch_size=512)
    return samples


def grid_rows(
    place: dict[str, float], grid: Grid, log_density: np.ndarray, known: np.ndarray
) -> Rows:
    """A row per node of the grid."""
    return [
        {
            **place,
            "is_point": 0,
            "first": float(first),
            "second": float(second),
            "log_density": float(learned),
            "known_log_density": float(true) if np.isfinite(true) else float("nan"),
        }
        for (first, second), learned, true in zip(grid.coordinates, log_density, known, strict=True)
    ]


def point_rows(place: dict[str, float], coordinates: np.ndarray) -> Rows:
    """A row per test point that is drawn over the density."""
    return [
        {
            **place,
            "is_point": 1,
            "first": float(first),
            "second": float(second),
            "log_density": float("nan"),
            "known_log_density": float("nan"),
        }
        for first, second in coordinates
    ]
