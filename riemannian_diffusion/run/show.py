"""Pictures of a trained model: a turning globe, a plot of angles, the Poincare disc, turns."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jax import Array
from matplotlib.figure import Figure
from PIL import Image

from common.logger.errors import UserError
from riemannian_diffusion import model
from riemannian_diffusion.config import DiffusionConfig
from riemannian_diffusion.evaluation import densities, grids, likelihoods
from riemannian_diffusion.experiments.drawing import draw_densities
from riemannian_diffusion.model import Setup
from riemannian_diffusion.networks import Params
from riemannian_diffusion.run import globe, training_run

GRID_SIZE = 60
SAMPLING = densities.Sampling(num_samples=500, num_steps=100)
FRAME_MILLISECONDS = 80


class Shown(NamedTuple):
    """What a picture shows."""

    log_density: Array  # [G]
    samples: Array  # [M, E]


def show(run_dir: Path, data_dir: Path, seed: int | None, output: Path | None) -> Path:
    """Draws density and samples of a trained diffusion model; returns the path of the picture.

    Args:
      run_dir: folder of the run.
      data_dir: folder of the data sets.
      seed: of the run; None for its first.
      output: file to write; None for one named after the manifold, here.

    Raises:
      UserError: the run is of no diffusion model, the seed not of the run, or the file of another
        kind.
    """
    saved = training_run.load_run(run_dir, None, data_dir)
    if not isinstance(saved.config, DiffusionConfig):
        raise UserError(f"{run_dir} is a run of a mixture; show draws diffusion models")
    if seed is not None and seed not in saved.seeds:
        raise UserError(f"seed {seed} is not of this run; it has {saved.seeds}")
    index = 0 if seed is None else saved.seeds.index(seed)
    target = saved.setup.target
    name = target.manifold.name
    suffix = ".gif" if name == "S^2" else ".png"
    path = output or Path(f"{name.replace('^', '').replace('(', '').replace(')', '')}{suffix}")
    if path.suffix != suffix:
        raise UserError(f"--output must end in {suffix} for {name}, got {path}")
    if name not in ("S^2", "T^2", "H^2", "SO(3)"):
        raise UserError(f"there is no picture of {name}; of S^2, T^2, H^2 and SO(3) there is")
    params = jax.tree.map(lambda leaf: leaf[index], saved.state.average)
    grid = grids.make_grid(name, GRID_SIZE)
    shown = jax.jit(partial(_calculate, saved.setup, grid))(params)
    if name == "S^2":
        frames = globe.frames(
            np.asarray(shown.log_density),
            np.asarray(shown.samples),
            GRID_SIZE,
            saved.config.target,
            saved.step,
        )
        _write_gif(path, frames)
    else:
        figure = _picture(saved.config, name, grid, shown, saved.seeds[index])
        figure.savefig(path, dpi=130, metadata={"Software": None})
    return path


def _calculate(setup: Setup, grid: grids.Grid, params: Params) -> Shown:
    field = model.field_of(setup, params)
    log_density = likelihoods.log_probs(setup, field, grid.points)
    samples = densities.generate(setup, params, SAMPLING, jax.random.key(0))
    return Shown(log_density, samples)


def _picture(
    config: DiffusionConfig, manifold: str, grid: grids.Grid, shown: Shown, seed: int
) -> Figure:
    """The figure of an experiment with one model, with samples in the place of test points."""
    place = {"update": float(config.num_updates), "seed": float(seed), "model": 0.0}
    unknown = np.full(len(shown.log_density), np.nan)
    rows = grids.node_rows(place, grid, np.asarray(shown.log_density), unknown)
    points = grids.coordinates(manifold, np.asarray(shown.samples))
    if len(points):
        rows += grids.point_rows(place, points)
    record = {
        "experiment": config.target,
        "preset": f"{manifold}, trained model",
        "seeds": [seed],
        "config": {"models": [[config.target, {"target": config.target}]]},
    }
    return draw_densities(record, rows, dots="samples of the model")


def _write_gif(path: Path, frames: list[np.ndarray]) -> None:
    """Writes frames [H, W, 3] as an endless animation."""
    first, *others = [Image.fromarray(frame) for frame in frames]
    first.save(path, save_all=True, append_images=others, duration=FRAME_MILLISECONDS, loop=0)
