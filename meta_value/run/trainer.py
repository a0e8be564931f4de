"""Trains what an experiment needs, each training once per call, and measures it seed by seed."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from jax import Array

from common.logger import provenance
from meta_value.run import training_run
from meta_value.run.seeds import per_seed
from meta_value.run.training_run import RunOptions, RunResult
from meta_value.run.trainings import Config

T = TypeVar("T")
Finished = dict[tuple[Config, tuple[int, ...]], RunResult]


@dataclass
class Trainer:
    """The trainings of one experiment.

    Attributes:
      path: the run folder of the experiment.
      seeds: of every training.
      options: see `RunOptions`.
      finished: trainings of earlier experiments of the call, by settings; grows.
      computed: what `once` computed in earlier experiments of the call; grows.
      origin: provenance of the first run, of its first start if it was resumed.
      compile_seconds: of all runs of this experiment so far.
    """

    path: Path
    seeds: Sequence[int]
    options: RunOptions
    finished: Finished = field(default_factory=dict)
    computed: dict[Hashable, Any] = field(default_factory=dict)
    origin: dict[str, Any] | None = None
    compile_seconds: float | None = 0.0

    def train(self, config: Config, name: str = "") -> RunResult:
        """Trains one setting, or takes it from an experiment before.

        Args:
          config: settings.
          name: of its folder within the experiment's; empty if it is the only training.
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

    def per_seed(self, function: Callable[[Any, Array], Any], params: Any) -> Any:
        """Applies a function of one seed's parameters and key to all seeds; arrays of [S, ...]."""
        return per_seed(function, params, self.seeds)

    def once(self, what: Hashable, compute: Callable[[], T]) -> T:
        """Computes what several experiments need of the same trainings, once per call."""
        place = (what, tuple(self.seeds))
        if place not in self.computed:
            self.computed[place] = compute()
        found: T = self.computed[place]
        return found
