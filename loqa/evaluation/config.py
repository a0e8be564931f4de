"""Settings of two measurements: sampled gradients, and a learned best response."""

from dataclasses import dataclass
from typing import Literal

from common.logger.settings import check_divides, check_fields, setting
from loqa.config import IpdConfig


@dataclass(frozen=True)
class GradientConfig:
    """Comparison of sampled gradients with LOQA's exact gradient, along two training runs."""

    num_updates: int = setting(3000, "updates of each of the two runs", low=1)
    snapshot_every_updates: int = setting(1000, "updates between comparisons", low=1)
    batch_size: int = setting(256, "episodes per update, and per compared gradient", low=1)
    num_batches: int = setting(64, "sampled gradients compared at each snapshot", low=2)
    episode_length: int = setting(50, "steps per episode (T)", low=2)

    def __post_init__(self) -> None:
        """Refuses values outside their range and sizes that do not divide."""
        check_fields(self)
        check_divides(self, "num_updates", "snapshot_every_updates")

    def training(self, critic_targets: Literal["sarsa", "returns"]) -> IpdConfig:
        """Returns the settings of a run: "sarsa" as released, "returns" as in figure_1_ipd."""
        return IpdConfig(
            num_updates=self.num_updates,
            eval_every_updates=self.snapshot_every_updates,
            batch_size=self.batch_size,
            episode_length=self.episode_length,
            critic_targets=critic_targets,
            stop_grad_advantage=critic_targets == "returns",
        )


@dataclass(frozen=True)
class BestResponseConfig:
    """A learned best response to a frozen agent in the Coin Game: sizes and rates, our own.

    The defaults were chosen against the scripted players, for which the best response is known.
    """

    num_updates: int = setting(300, "updates of the responder", low=1)
    num_curve_points: int = setting(20, "points of its learning curve", low=1)
    num_eval_episodes: int = setting(4096, "episodes of the final evaluation", low=1)
    batch_size: int = setting(128, "episodes per update", low=1)
    num_epochs: int = setting(4, "passes over a batch", low=1)
    num_minibatches: int = setting(4, "gradient steps per pass", low=1)
    hidden_size: int = setting(32, "units of actor and critic, each a GRU tower", low=1)
    discount: float = setting(1.0, "gamma, per step; the rewards count alike", low=0.0, high=1.0)
    gae_discount: float = setting(0.95, "lambda of the advantages, per step", low=0.0, high=1.0)
    learning_rate: float = setting(5e-3, "Adam, at the start; falls to 0 linearly", low=0.0)
    entropy_weight: float = setting(0.02, "beta, at the start; falls to 0 linearly", low=0.0)
    clip_epsilon: float = setting(0.2, "clipping of the policy's ratio", low=0.0)
    max_grad_norm: float = setting(0.5, "clipping of each tower's gradient", low=0.0)

    def __post_init__(self) -> None:
        """Refuses values outside their range and sizes that do not divide."""
        check_fields(self)
        check_divides(self, "num_updates", "num_curve_points")
        check_divides(self, "batch_size", "num_minibatches")
