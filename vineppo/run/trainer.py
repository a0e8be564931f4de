"""Trains what the experiments of a call need; what lies finished is taken from there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common.logger import resume
from common.logger.experiment import Findings
from common.logger.run_folder import RunOptions
from common.logger.settings import as_settings
from vineppo.config import SftConfig, TrainingConfig
from vineppo.evaluation.training_result import TrainingResult
from vineppo.model_files import sharding
from vineppo.run.kinds import KINDS
from vineppo.run.seeds import memory_errors_explained
from vineppo.run.training_run import run_seeds
from vineppo.transformer import Params

ROOT = Path(__file__).parents[2]
CODE = (ROOT / "vineppo", ROOT / "common")  # on which a training depends


@dataclass
class Known:
    """What a call has trained and measured so far, by settings and seeds."""

    trained: dict[Any, TrainingResult] = field(default_factory=dict)
    measured: dict[Any, Findings] = field(default_factory=dict)


@dataclass
class Trainer:
    """The trainings of one experiment.

    Attributes:
      runs_dir: where all runs of the paper lie.
      seeds: of every training.
      options: see `RunOptions`.
      experiment: for the progress bar.
      known: what the call has trained and measured; grows.
      run_dir: where the trainings lie, if they are not to be found or begun in `runs_dir`.
      origin: provenance of the first training, of its first start if it was resumed.
      compile_seconds: not measured.
      paths: folders of the trainings with the experiment's seeds, by name.
    """

    runs_dir: Path
    seeds: Sequence[int]
    options: RunOptions
    experiment: str
    known: Known = field(default_factory=Known)
    run_dir: Path | None = None
    origin: dict[str, Any] | None = None
    compile_seconds: float | None = None
    paths: dict[str, Path] = field(default_factory=dict)

    def train(
        self, config: TrainingConfig, name: str, seeds: Sequence[int] | None = None
    ) -> TrainingResult:
        """Trains one setting, its initial policy first; or takes what was trained before.

        Args:
          config: settings.
          name: of the training within the experiment.
          seeds: others than the experiment's.
        """
        reference = None if config.initial is config else self.initial_policy(config.initial)
        key = (config, tuple(seeds or self.seeds))
        if key not in self.known.trained:
            self.known.trained[key] = self._run(config, name, key[1], reference)
        result = self.known.trained[key]
        self.origin = self.origin or result.origin
        if seeds is None:
            self.paths[name] = result.path
        return result

    def initial_policy(self, config: SftConfig) -> Params:
        """The policy that reinforcement begins with; the same for all seeds of an experiment."""
        name = f"sft_{config.regime}_{config.num_lines}_{config.seed}"
        params: Params = self.train(config, name, [0]).states[0].params
        return params

    def measure_once(self, config: Any, measure: Callable[[], Findings]) -> Findings:
        """Measures what has these settings, or takes what was measured before in the call."""
        key = (config, tuple(self.seeds))
        if key not in self.known.measured:
            self.known.measured[key] = measure()
        return self.known.measured[key]

    def _run(
        self, config: TrainingConfig, name: str, seeds: Sequence[int], reference: Params | None
    ) -> TrainingResult:
        place = self.runs_dir if self.run_dir is None else self.run_dir / name
        with sharding.after_first_process():
            folder, shorter = resume.locate(
                sharding.own_folder(place),
                as_settings(config, seeds),
                CODE,
                self.options,
                num_updates=config.num_updates,
                can_be_lengthened=KINDS[type(config)].can_be_lengthened,
                is_own_folder=self.run_dir is not None,
            )
        description = f"{self.experiment} {name}"
        with memory_errors_explained():
            return run_seeds(config, reference, folder, self.options, description, shorter)
