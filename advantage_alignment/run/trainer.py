"""Trains what an experiment needs, each training once per call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from advantage_alignment.config import TrainingConfig
from advantage_alignment.run.seeds import over_seeds
from advantage_alignment.run.training_run import RunOptions, RunResult, run_seeds
from common.logger import provenance

Finished = dict[tuple[TrainingConfig, tuple[int, ...]], RunResult]


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
    origin: dict[str, Any] = field(default_factory=dict)
    compile_seconds: float = 0.0

    def train(self, config: TrainingConfig, name: str = "") -> RunResult:
        """Trains one setting, or takes it from an experiment before.

        Args:
          config: settings.
          name: of its folder within the experiment's; empty if it is the only training.
        """
        settings = (config, tuple(self.seeds))
        if settings in self.finished:
            self.origin = self.origin or provenance.collect()
            return self.finished[settings]
        result = run_seeds(config, self.seeds, self.path / name, self.options)
        self.finished[settings] = result
        self.origin = self.origin or result.origin
        self.compile_seconds += result.compile_seconds
        return result

    def per_seed(self, function: Callable[[Any, Array], Any], params: Any) -> Any:
        """Applies a function of one agent to those of all S seeds, spread over the devices.

        Args:
          function: of the parameters of a seed's agent and the seed's key, which it consumes.
          params: of all agents, [S, ...]; or None if there are none.

        Returns:
          A tree of results, [S, ...].
        """

        def of_seed(agent: tuple[Any, Array]) -> Any:
            params, seed = agent
            return function(params, jax.random.key(seed))

        agents = (params, jnp.asarray(self.seeds, jnp.int32))
        return over_seeds(of_seed, agents)(agents)
