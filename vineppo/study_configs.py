"""Settings of experiments, each of which trains several things or measures more than one does."""

from dataclasses import dataclass
from typing import Any

from vineppo.training_configs import RlConfig, SftConfig

Trainings = tuple[tuple[str, Any], ...]  # name, settings


@dataclass(frozen=True)
class CompareConfig:
    """Methods side by side, from the same initial policy.

    Attributes:
      contestants: name and settings of each; the others are compared with the first.
      learning_rates: tried for every method with seeds of their own; the one with the best
        validation accuracy, over all evaluations, is used. Empty: that of the settings.
      tuning_seeds: number of those seeds.
    """

    contestants: Trainings
    learning_rates: tuple[float, ...] = ()
    tuning_seeds: int = 2

    def trainings(self) -> Trainings:
        """What is trained."""
        return self.contestants


@dataclass(frozen=True)
class ValueConfig:
    """Values of a critic and of Monte Carlo against many rollouts, on PPO's own states.

    Attributes:
      ppo: the training whose critic and policies are judged; keeps snapshots.
      learning_rates: see `CompareConfig`.
      num_trajectories: of every snapshot.
      num_states: drawn of theirs.
      num_truth_rollouts: of a state, for its true value.
      estimates: numbers K of rollouts that are judged.
      num_actions: next steps sampled of a state.
      num_action_states: states whose next steps are ranked, at most.
      tolerance: a value this close to the truth is right.
    """

    ppo: RlConfig
    learning_rates: tuple[float, ...] = ()
    tuning_seeds: int = 2
    num_trajectories: int = 64
    num_states: int = 1024
    num_truth_rollouts: int = 256
    estimates: tuple[int, ...] = (1, 3, 9)
    num_actions: int = 5
    num_action_states: int = 256
    tolerance: float = 0.05

    def trainings(self) -> Trainings:
        """What is trained."""
        return (("ppo", self.ppo),)


@dataclass(frozen=True)
class PhaseConfig:
    """Where step credit helps: exact chains of many shapes, and two regimes of the small model.

    Attributes:
      regimes: name, and contestants of it.
      learning_rates: see `CompareConfig`.
      lengths: steps of the exact chains.
      shares: of their steps that are critical.
      rollouts: numbers K.
      right: probability of a critical step, and of a routine one.
    """

    regimes: tuple[tuple[str, Trainings], ...]
    learning_rates: tuple[float, ...] = ()
    tuning_seeds: int = 2
    lengths: tuple[int, ...] = (4, 8, 16, 32)
    shares: tuple[float, ...] = (0.125, 0.25, 0.5, 1.0)
    rollouts: tuple[int, ...] = (1, 3, 9)
    right: tuple[float, float] = (0.4, 0.995)

    def trainings(self) -> Trainings:
        """What is trained."""
        return tuple(
            (f"{regime}_{name}", config)
            for regime, contestants in self.regimes
            for name, config in contestants
        )


def initial_configs(trainings: Trainings) -> list[SftConfig]:
    """Distinct settings of the initial policies of some trainings."""
    return list(dict.fromkeys(config.initial for _, config in trainings))
