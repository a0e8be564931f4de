"""Settings of the experiments that compare values with their truth."""

from dataclasses import dataclass

from vineppo.config import RlConfig


@dataclass(frozen=True)
class ValueConfig:
    """Values of a critic and of Monte Carlo against many rollouts, on PPO's own states.

    Attributes:
      ppo: the training whose critic and policies are measured; keeps snapshots.
      learning_rates: tried with seeds of their own; the one with the best validation accuracy is
        used. Empty: that of the settings.
      tuning_seeds: number of those seeds.
      num_trajectories: of every snapshot.
      num_states: drawn of theirs.
      num_truth_rollouts: of a state, for its true value.
      estimates: numbers K of rollouts that are compared.
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
