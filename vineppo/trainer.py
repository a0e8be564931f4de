"""Trains what an experiment needs, each training once per call."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common.logger import provenance
from vineppo import runs
from vineppo.methods import Config
from vineppo.runs import RunOptions, RunResult
from vineppo.training_configs import SftConfig
from vineppo.transformer import Params

Finished = dict[tuple[Config, tuple[int, ...]], RunResult]


@dataclass
class Trainer:
    """The trainings of one experiment.

    Attributes:
      path: the run folder of the experiment.
      seeds: of every training.
      options: see `RunOptions`.
      finished: trainings of earlier experiments of the call, by settings; grows.
      judged: what earlier experiments of the call measured of them; grows.
      origin: provenance of the first run, of its first start if it was resumed.
    """

    path: Path
    seeds: Sequence[int]
    options: RunOptions
    finished: Finished
    judged: dict[Any, Any] = field(default_factory=dict)
    origin: dict[str, Any] = field(default_factory=dict)

    def train(self, config: Config, name: str, seeds: Sequence[int] | None = None) -> RunResult:
        """Trains one setting, or takes it from an experiment before; its initial policy first.

        Args:
          config: settings.
          name: of its folder within the experiment's.
          seeds: others than the experiment's.
        """
        reference = None if isinstance(config, SftConfig) else self.initial_policy(config.initial)
        seeds = tuple(seeds or self.seeds)
        if (config, seeds) in self.finished:
            self.origin = self.origin or provenance.collect()
            return self.finished[config, seeds]
        result = runs.run_seeds(config, seeds, self.path / name, self.options, reference)
        self.finished[config, seeds] = result
        self.origin = self.origin or result.origin
        return result

    def initial_policy(self, config: SftConfig) -> Params:
        """The policy that reinforcement begins with; the same for all seeds of an experiment."""
        return self.train(
            config, f"sft_{config.regime}_{config.num_lines}_{config.seed}", [0]
        ).params[0]
