"""Trained densities on a grid of their manifold, beside the true ones, and samples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from common.logger.experiment import Findings, Metrics, Record, Rows
from riemannian_diffusion.experiments.sizes import diffusion
from riemannian_diffusion.experiments.trainings import DiffusionTrainings, Trainer, named

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GRID_SIZE = {"smoke": 4, "quick": 40, "paper": 100}


@dataclass(frozen=True)
class DensityConfig:
    """Models whose densities are drawn.

    Attributes:
      models: name and settings of each.
      grid_size: nodes per axis.
      num_samples: drawn from each model by its generative process.
      num_sampling_steps: of that process.
    """

    models: DiffusionTrainings
    grid_size: int = 64
    num_samples: int = 2000
    num_sampling_steps: int = 100

    def trainings(self) -> DiffusionTrainings:
        """Returns name and settings of every training."""
        return self.models


def one_model(target: str, preset: str) -> DensityConfig:
    """Returns the settings of a figure of one model."""
    is_smoke = preset == "smoke"
    return DensityConfig(
        ((target, diffusion(target, preset)),),
        GRID_SIZE[preset],
        num_samples=16 if is_smoke else 2000,
        num_sampling_steps=4 if is_smoke else 100,
    )


def run(config: DensityConfig, trainer: Trainer) -> Findings:
    """Trains every model; its log density on a grid, and on SO(3) where its samples lie.

    Metrics, by model: those of the final evaluation; `mass_error`, the sum of the density over the
    grid less 1, where the grid covers the manifold; on SO(3) `smallest_mode_share`, of samples at
    one of the modes. Curves: a row per node, of the first seed.
    """
    import jax
    import numpy as np

    from riemannian_diffusion.evaluation import densities, grids
    from riemannian_diffusion.train_state import trained_model

    sampling = densities.Sampling(config.num_samples, config.num_sampling_steps)
    metrics: Metrics = {}
    rows: Rows = []
    for index, (name, training) in enumerate(config.models):
        result = trainer.train(training, name)
        target = result.setup.target
        grid = grids.make_grid(target.manifold.name, config.grid_size)
        measure = partial(densities.measure, result.setup, grid, sampling)
        measured = trainer.per_seed(measure, trained_model(result.state))
        log_density, shown = measured.pop("log_density")[0], measured.pop("shown")[0]
        metrics |= named(name, {**result.metrics, **measured})
        known = np.full(len(log_density), np.nan)
        if target.log_prob is not None:
            known = np.asarray(jax.vmap(target.log_prob)(grid.points))
        place: dict[str, float] = {
            "update": training.num_updates,
            "seed": trainer.seeds[0],
            "model": index,
        }
        rows += grids.node_rows(place, grid, log_density, known)
        rows += grids.point_rows(place, grids.coordinates(target.manifold.name, shown))
    return Findings(metrics, rows)


def draw(record: Record, rows: Rows) -> Figure:
    """Draws learned densities beside known ones; see `drawing`."""
    from riemannian_diffusion.experiments import drawing

    return drawing.draw_densities(record, rows)
