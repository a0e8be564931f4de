"""Settings of experiments that train several things, or measure more than a training does."""

from dataclasses import dataclass
from typing import Any, Literal

from meta_value.training_configs import ColaConfig, MamlConfig, MetaValueConfig

Trainings = tuple[tuple[str, Any], ...]  # name, settings


@dataclass(frozen=True)
class LogisticConfig:
    """Four rules in the Logistic Game, of which MeVa and COLA are trained.

    Attributes:
      meta_value: of MeVa.
      cola: of COLA.
      shows: where learning ends from a grid of starts, or its paths from some.
      grid_size: starts per axis.
    """

    meta_value: MetaValueConfig
    cola: ColaConfig
    shows: Literal["basins", "trajectories"]
    grid_size: int = 29

    def trainings(self) -> Trainings:
        """What is trained."""
        return (("meva", self.meta_value), ("cola", self.cola))


@dataclass(frozen=True)
class TournamentConfig:
    """Naive learners, LOLA, M-MAML and MeVa against each other in one game.

    Attributes:
      meva: one training per opponent that MeVa meets; the one against naive learners also meets
        M-MAML.
      maml: of M-MAML.
      num_trials: of every pairing and seed.
      others: the learners beside MeVa.
    """

    meva: tuple[MetaValueConfig, ...]
    maml: MamlConfig
    num_trials: int
    others: tuple[str, ...] = ("naive", "lola", "maml")

    def trainings(self) -> Trainings:
        """What is trained."""
        meva = tuple((f"meva_vs_{config.opponent}", config) for config in self.meva)
        return (*meva, ("maml", self.maml)) if "maml" in self.others else meva


@dataclass(frozen=True)
class AblationConfig:
    """Variants of MeVa side by side; the first is the method as it is.

    Attributes:
      variants: name and settings of each.
    """

    variants: tuple[tuple[str, MetaValueConfig], ...]

    def trainings(self) -> Trainings:
        """What is trained."""
        return self.variants


@dataclass(frozen=True)
class SweepConfig:
    """Trained meta-values followed at many values of gamma.

    Attributes:
      meva: trainings, by game and opponent.
      num_starts: random starts of each, the same for all gammas.
    """

    meva: tuple[MetaValueConfig, ...]
    num_starts: int = 128

    def trainings(self) -> Trainings:
        """What is trained."""
        return tuple((f"{config.game}_{config.opponent}", config) for config in self.meva)


@dataclass(frozen=True)
class ExtortionConfig:
    """What a MeVa learner's policies force on opponents while it learns against a naive one.

    Attributes:
      meva: the training against naive learners.
      num_opponents: random opponents of each policy.
    """

    meva: MetaValueConfig
    num_opponents: int = 1000

    def trainings(self) -> Trainings:
        """What is trained."""
        return (("meva", self.meva),)


@dataclass(frozen=True)
class OneModelConfig:
    """One self-trained meta-value, whose two gammas make every kind of pair.

    Attributes:
      meva: the training against itself.
      num_starts: random starts of every pair of gammas.
    """

    meva: MetaValueConfig
    num_starts: int = 128

    def trainings(self) -> Trainings:
        """What is trained."""
        return (("meva", self.meva),)


@dataclass(frozen=True)
class ExactConfig:
    """Learned meta-values against those known exactly.

    Attributes:
      concave: training in the quadratic game of two players apart.
      bilinear: training in the quadratic game of opposed interests.
      logistic: training in the Logistic Game.
      ipd: training in the prisoner's dilemma, in the U form.
      depth: of nested differentiation in the Logistic Game.
    """

    concave: MetaValueConfig
    bilinear: MetaValueConfig
    logistic: MetaValueConfig
    ipd: MetaValueConfig
    depth: int = 4

    def trainings(self) -> Trainings:
        """What is trained."""
        names = ("concave", "bilinear", "logistic", "ipd")
        return tuple((name, getattr(self, name)) for name in names)
