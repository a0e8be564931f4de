"""What an experiment is handed: something that trains, each setting once per call."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from common.logger.experiment import Findings
from vineppo.config import TrainingConfig
from vineppo.evaluation.training_result import TrainingResult


class Trainer(Protocol):
    """Trains what an experiment needs; what an earlier experiment of the call trained is taken."""

    seeds: Sequence[int]  # of every training

    def train(
        self, config: TrainingConfig, name: str, seeds: Sequence[int] | None = None
    ) -> TrainingResult:
        """Trains one setting, its initial policy first.

        Args:
          config: settings.
          name: of its folder within the experiment's.
          seeds: others than the experiment's.
        """
        ...

    def measure_once(self, config: Any, measure: Callable[[], Findings]) -> Findings:
        """Measures what has these settings, or takes what was measured before in the call."""
        ...
