"""What an experiment is handed to train with."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from advantage_alignment.config import TrainingConfig


class TrainedAgents(Protocol):
    """What a training leaves in memory: an agent per seed."""

    @property
    def params(self) -> Any:
        """Of the agents; leading axis: seeds."""

    @property
    def metrics(self) -> Mapping[str, list[float]]:
        """Of the last evaluation, a value per seed."""

    @property
    def log(self) -> Sequence[Mapping[str, Any]]:
        """Lines of metrics over training, with a list over seeds for each metric."""


class Trainer(Protocol):
    """Trains every setting once, and evaluates agents of all seeds at once."""

    @property
    def seeds(self) -> Sequence[int]:
        """Of every training."""

    def train(self, config: TrainingConfig, name: str = "", /) -> TrainedAgents:
        """Trains a setting, under a name within the experiment."""

    def per_seed(self, function: Callable[[Any, Any], Any], params: Any, /) -> Any:
        """Applies a function of parameters and a key to every seed; leading axis: seeds."""
