"""Settings of experiments that train several things, or measure more than a training does."""

from dataclasses import dataclass
from typing import Any

from riemannian_diffusion.training_configs import DiffusionConfig

Trainings = tuple[tuple[str, Any], ...]  # name, settings


@dataclass(frozen=True)
class ComparisonConfig:
    """Several trainings side by side; differences are from the first.

    Attributes:
      variants: name and settings of each.
    """

    variants: Trainings

    def trainings(self) -> Trainings:
        """What is trained."""
        return self.variants


@dataclass(frozen=True)
class TimeSamplingConfig:
    """One model trained with times drawn in several ways, and the variance of each.

    Attributes:
      variants: name and settings of each.
      num_points: times and paths from which variances are estimated.
    """

    variants: tuple[tuple[str, DiffusionConfig], ...]
    num_points: int = 8192

    def trainings(self) -> Trainings:
        """What is trained."""
        return self.variants


@dataclass(frozen=True)
class StepsConfig:
    """One model trained on paths of different numbers of steps, and on exact ones.

    Attributes:
      variants: name and settings of each.
      num_points: paths from which the loss of each is estimated.
    """

    variants: tuple[tuple[str, DiffusionConfig], ...]
    num_points: int = 8192

    def trainings(self) -> Trainings:
        """What is trained."""
        return self.variants


@dataclass(frozen=True)
class KernelConfig:
    """Training on simulated paths against training on the exact heat kernel, by manifold.

    Attributes:
      pairs: manifold, settings with simulation, settings with the kernel.
    """

    pairs: tuple[tuple[str, DiffusionConfig, DiffusionConfig], ...]

    def trainings(self) -> Trainings:
        """What is trained."""
        return tuple(
            (f"{name}_{kind}", config)
            for name, *both in self.pairs
            for kind, config in zip(("simulated", "exact"), both, strict=True)
        )


@dataclass(frozen=True)
class DensityConfig:
    """Trained densities on a grid of their manifold, beside the true ones, and samples.

    Attributes:
      models: name and settings of each.
      grid_size: nodes per axis.
      num_samples: drawn from each model by its generative process.
      num_sampling_steps: of that process.
    """

    models: tuple[tuple[str, DiffusionConfig], ...]
    grid_size: int = 64
    num_samples: int = 2000
    num_sampling_steps: int = 100

    def trainings(self) -> Trainings:
        """What is trained."""
        return self.models


StudyConfig = ComparisonConfig | TimeSamplingConfig | StepsConfig | KernelConfig | DensityConfig
