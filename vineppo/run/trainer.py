"""Trains what the experiments of a call need, each training once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common.logger import provenance
from common.logger.experiment import Findings
from common.logger.recorder import RunOptions
from vineppo.config import SftConfig, TrainingConfig
from vineppo.evaluation.training_result import TrainingResult
from vineppo.run import training_run
from vineppo.transformer import Params

Finished = dict[tuple[TrainingConfig, tuple[int, ...]], TrainingResult]


@dataclass
class Trainer:
    """The trainings of one experiment.

    Attributes:
      path: the run folder of the experiment.
      seeds: of every training.
      options: see `RunOptions`.
      finished: trainings of earlier experiments of the call, by settings; grows.
      measured: what earlier experiments of the call measured of them, by settings; grows.
      origin: provenance of the first run, of its first start if it was resumed.
      compile_seconds: not measured.
    """

    path: Path
    seeds: Sequence[int]
    options: RunOptions
    finished: Finished = field(default_factory=dict)
    measured: dict[Any, Findings] = field(default_factory=dict)
    origin: dict[str, Any] | None = None
    compile_seconds: float | None = None

    def train(
        self, config: TrainingConfig, name: str, seeds: Sequence[int] | None = None
    ) -> TrainingResult:
        """Trains one setting, or takes it from an experiment before; its initial policy first.

        Args:
          config: settings.
          name: of its folder within the experiment's.
          seeds: others than the experiment's.
        """
        reference = None if config.initial is config else self.initial_policy(config.initial)
        seeds = tuple(seeds or self.seeds)
        if (config, seeds) in self.finished:
            self.origin = self.origin or provenance.collect()
            return self.finished[config, seeds]
        result = training_run.run_seeds(config, seeds, self.path / name, self.options, reference)
        self.finished[config, seeds] = result
        self.origin = self.origin or result.origin
        return result

    def initial_policy(self, config: SftConfig) -> Params:
        """The policy that reinforcement begins with; the same for all seeds of an experiment."""
        name = f"sft_{config.regime}_{config.num_lines}_{config.seed}"
        params: Params = self.train(config, name, [0]).states[0].params
        return params

    def measure_once(self, config: Any, measure: Callable[[], Findings]) -> Findings:
        """Measures what has these settings, or takes what was measured before in the call."""
        known = (config, tuple(self.seeds))
        if known not in self.measured:
            self.measured[known] = measure()
        return self.measured[known]
