"""What the experiments have in common: several trainings, and what runs them.

The settings of an experiment are a frozen dataclass with the method `trainings`. Its `run` is
handed a `Trainer` and imports JAX only then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from common.logger.curves import curve_rows, side_by_side
from common.logger.experiment import Metrics, Rows
from riemannian_diffusion.config import REAL, DiffusionConfig, MixtureConfig

if TYPE_CHECKING:
    import numpy as np

    from riemannian_diffusion.train_state import TrainState

TrainingConfig = DiffusionConfig | MixtureConfig
Trainings = tuple[tuple[str, TrainingConfig], ...]  # name, settings
DiffusionTrainings = tuple[tuple[str, DiffusionConfig], ...]


class Settings(Protocol):
    """Settings of an experiment."""

    def trainings(self) -> Trainings:
        """Returns name and settings of every training."""


class Result(Protocol):
    """What a finished training leaves."""

    @property
    def setup(self) -> Any:
        """Parts of the trained model or mixture."""

    @property
    def state(self) -> TrainState:
        """Last state, with a leading axis of seeds."""

    @property
    def metrics(self) -> Metrics:
        """Final evaluation, a value per seed."""

    @property
    def log(self) -> list[dict[str, Any]]:
        """A line per log point, with lists over seeds."""

    @property
    def seconds_per_update(self) -> float:
        """Seconds of an update of all seeds together, without evaluation; NaN if not measured."""


class Trainer(Protocol):
    """Trains what an experiment needs."""

    seeds: Sequence[int]

    def train(self, config: TrainingConfig, name: str) -> Result:
        """Trains one setting, or takes it from an earlier experiment."""

    def per_seed(self, function: Callable[..., Any], trained: Any) -> dict[str, np.ndarray]:
        """Applies a function of one seed's model and a key to all seeds."""


@dataclass(frozen=True)
class ComparisonConfig:
    """Several trainings side by side; differences are from the first.

    Attributes:
      variants: name and settings of each.
    """

    variants: Trainings

    def trainings(self) -> Trainings:
        """Returns name and settings of every training."""
        return self.variants


@dataclass(frozen=True)
class LossConfig:
    """Several trainings of one model, whose losses are estimated afterwards.

    Attributes:
      variants: name and settings of each.
      num_points: times and paths from which the loss of each is estimated.
    """

    variants: DiffusionTrainings
    num_points: int = 8192

    def trainings(self) -> Trainings:
        """Returns name and settings of every training."""
        return self.variants


def first_training(config: Settings) -> TrainingConfig:
    """Returns the settings of the training that `train` runs."""
    return config.trainings()[0][1]


def data_sets(config: Settings) -> list[str]:
    """Returns the data sets that the trainings of an experiment need."""
    names = [training.target for _, training in config.trainings()]
    return [name for name in dict.fromkeys(names) if name in REAL]


def train_all(config: Settings, trainer: Trainer) -> dict[str, Result]:
    """Runs every training of an experiment."""
    return {name: trainer.train(training, name) for name, training in config.trainings()}


def joined_curves(results: Mapping[str, Result], seeds: Sequence[int]) -> Rows:
    """Joins the curves of trainings; a metric's name gets the training's in front."""
    return side_by_side({name: curve_rows(each.log, seeds) for name, each in results.items()})


def named(name: str, metrics: Mapping[str, Any]) -> Metrics:
    """Puts the name of a training in front of the names of its metrics."""
    return {f"{name}_{key}": [float(value) for value in metrics[key]] for key in metrics}


def differences(values: Sequence[float], base: Sequence[float]) -> list[float]:
    """Returns value less base, seed by seed."""
    return [value - other for value, other in zip(values, base, strict=True)]


def ratios(values: Sequence[float], base: Sequence[float]) -> list[float]:
    """Returns value over base, seed by seed."""
    return [value / other for value, other in zip(values, base, strict=True)]
