"""Settings of LOQA in the iterated game, and the experiments with the claims they test.

The defaults of `IpdConfig` are the published settings (Aghajohari et al., arXiv 2405.01035, and its
released code). An experiment states its claims and criteria here, before it is run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from common.logger.claims import Claim, Criterion
from loqa.settings import check_fields, setting

PRESETS = ("smoke", "quick", "paper")
FIRST_SEED = 42  # as published: seeds 42 to 51


@dataclass(frozen=True)
class IpdConfig:
    """LOQA, or the naive learner, by self-play in the iterated prisoner's dilemma."""

    num_updates: int = setting(7000, "updates of a run", low=1)
    eval_every_updates: int = setting(250, "updates between evaluation and checkpoint", low=1)
    batch_size: int = setting(2048, "episodes per update", low=1)
    episode_length: int = setting(50, "steps per episode (T)", low=2)
    discount: float = setting(0.96, "gamma, per step", low=0.0, high=1.0)
    dice_discount: float = setting(0.9, "lambda, extra discount on our reach", low=0.0, high=1.0)
    exploration: float = setting(0.2, "epsilon: uniform play of both", low=0.0, high=1.0)
    shaping_weight: float = setting(1.0, "weight of opponent shaping; 0 is the naive learner")
    entropy_weight: float = setting(0.0, "beta of the entropy bonus", low=0.0)
    softmax_temperature: float = setting(1.0, "tau of the opponent's softmax", low=1e-3)
    stop_grad_advantage: bool = setting(False, "textbook advantage; the released code leaks")
    taken_value: Literal["return", "critic"] = setting(
        "return", "value of the opponent's action inside its softmax: sampled return or critic"
    )
    critic_targets: Literal["sarsa", "returns"] = setting(
        "sarsa", "what the critic fits: one-step SARSA as published, or truncated returns"
    )
    target_decay: float = setting(0.99, "decay of the slow copy, per update", low=0.0, high=1.0)
    actor: Literal["tabular", "mlp", "gru"] = setting("tabular", "kind of policy")
    actor_hidden_size: int = setting(8, "units of the policy (mlp 8, gru 32)", low=1)
    critic_hidden_size: int = setting(16, "units of the critic (mlp 16, gru 32)", low=1)
    actor_learning_rate: float = setting(1e-3, "Adam, policy", low=0.0)
    critic_learning_rate: float = setting(1e-2, "Adam, critic", low=0.0)

    def __post_init__(self) -> None:
        """Refuses values outside their range and sizes that do not divide."""
        check_fields(self)
        if self.num_updates % self.eval_every_updates:
            raise ValueError(
                f"num_updates {self.num_updates} must be a multiple of eval_every_updates "
                f"{self.eval_every_updates}; try "
                f"{-(-self.num_updates // self.eval_every_updates) * self.eval_every_updates}"
            )


@dataclass(frozen=True)
class GradientConfig:
    """Comparison of sampled gradients with LOQA's exact gradient, along two training runs."""

    num_updates: int = setting(4000, "updates of each of the two runs", low=1)
    snapshot_every_updates: int = setting(1000, "updates between comparisons", low=1)
    train_batch_size: int = setting(256, "episodes per update of the runs", low=1)
    num_batches: int = setting(64, "batches whose gradients are averaged", low=2)
    batch_size: int = setting(2048, "episodes per averaged batch", low=1)

    def __post_init__(self) -> None:
        """Refuses values outside their range and sizes that do not divide."""
        check_fields(self)
        if self.num_updates % self.snapshot_every_updates:
            raise ValueError(
                f"num_updates {self.num_updates} must be a multiple of snapshot_every_updates "
                f"{self.snapshot_every_updates}"
            )

    def training(self, critic_targets: Literal["sarsa", "returns"]) -> IpdConfig:
        """Returns the settings of the run whose policies are visited."""
        return IpdConfig(
            num_updates=self.num_updates,
            eval_every_updates=self.snapshot_every_updates,
            batch_size=self.train_batch_size,
            critic_targets=critic_targets,
        )


Config = IpdConfig | GradientConfig


@dataclass(frozen=True)
class Experiment:
    """What one experiment runs and what it claims.

    Attributes:
      source: place in the paper.
      summary: what is run, in a sentence.
      claims: declared before the run.
      configs: settings by preset.
      num_seeds: seeds by preset, the next integers from FIRST_SEED on.
      minutes: expected time by preset, compilation included: smoke and quick on two CPU cores,
        paper on one modern GPU.
      why_it_fails: what is said of its claims that do not reproduce.
      not_by_default: why it runs only by name; empty if it is part of the default run.
    """

    source: str
    summary: str
    claims: tuple[Claim, ...]
    configs: Mapping[str, Config]
    num_seeds: Mapping[str, int]
    minutes: Mapping[str, float]
    why_it_fails: str = ""
    not_by_default: str = ""
