"""Trains what an experiment needs, each training once per call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from common.logger import provenance
from riemannian_diffusion.experiments import PAPER
from riemannian_diffusion.run import seeds, training_run
from riemannian_diffusion.run.kinds import Config
from riemannian_diffusion.run.training_run import RunOptions, RunResult

Finished = dict[tuple[Config, tuple[int, ...]], RunResult]


@dataclass
class Trainer:
    """The trainings of one experiment.

    Attributes:
      path: the run folder of the experiment.
      seeds: of every training.
      options: see `RunOptions`.
      finished: trainings of earlier experiments of the call, by settings; grows.
      origin: provenance of the first run, of its first start if it was resumed.
      compile_seconds: of all runs of this experiment so far.
    """

    path: Path
    seeds: Sequence[int]
    options: RunOptions
    finished: Finished
    origin: dict[str, Any] | None = None
    compile_seconds: float | None = 0.0

    @property
    def data_dir(self) -> Path:
        """Folder of the data sets."""
        return self.options.data_dir

    def train(self, config: Config, name: str) -> RunResult:
        """Trains one setting, or takes it from an earlier experiment.

        Args:
          config: settings.
          name: of its folder within the experiment's.
        """
        settings = (config, tuple(self.seeds))
        if settings in self.finished:
            self.origin = self.origin or provenance.collect()
            return self.finished[settings]
        result = training_run.run_seeds(config, self.seeds, self.path / name, self.options)
        self.finished[settings] = result
        self.origin = self.origin or result.origin
        self.compile_seconds = (self.compile_seconds or 0.0) + result.compile_seconds
        return result

    def per_seed(
        self, function: Callable[[Any, Array], dict[str, Array]], trained: Any
    ) -> dict[str, np.ndarray]:
        """Applies a function of one seed's model and a key to all seeds; arrays of [S, ...].

        Args:
          function: consumes the key.
          trained: what it takes of the models, with a leading axis of seeds. The keys are
            independent of those of training.
        """

        def of_seed(of_one: tuple[Any, Array]) -> dict[str, Array]:
            model, seed = of_one
            return function(model, jax.random.fold_in(jax.random.key(seed), 0))

        argument = (jax.device_get(trained), jnp.asarray(self.seeds, jnp.int32))
        measured = seeds.over_seeds(of_seed, argument)(argument)
        result: dict[str, np.ndarray] = jax.device_get(measured)
        return result


def run_path(name: str, runs_dir: Path, preset: str, *, resume: bool) -> Path:
    """Returns the run folder: a new one, or with `resume` the newest of the experiment."""
    parent = runs_dir / PAPER.name / preset
    earlier = sorted(parent.glob(f"{name}-2*"))
    if resume and earlier:
        return earlier[-1]
    return parent / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
