"""Trains what an experiment needs, each training once per call."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common.logger import provenance
from riemannian_diffusion import runs
from riemannian_diffusion.methods import Config
from riemannian_diffusion.runs import RunOptions, RunResult

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
    origin: dict[str, Any] = field(default_factory=dict)
    compile_seconds: float = 0.0

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
        result = runs.run_seeds(config, self.seeds, self.path / name, self.options)
        self.finished[settings] = result
        self.origin = self.origin or result.origin
        self.compile_seconds += result.compile_seconds
        return result
