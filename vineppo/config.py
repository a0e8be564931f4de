"""Settings of the trainings: imitation, reinforcement by any advantage, RestEM, DPO-Positive.

The defaults are the published settings (RhoMath 1.1B on GSM8K) where they mean anything for the
built-in task, whose sizes and learning rates are ours.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from common.logger.errors import UserError
from common.logger.settings import check_divides, check_fields, setting


@dataclass(frozen=True)
class SftConfig:
    """The initial policy: the task, the model, and imitation of demonstrations."""

    task: Literal["arithmetic", "gsm8k", "math"] = setting("arithmetic", "questions and grader")
    regime: Literal["critical", "uniform"] = setting(
        "critical", "arithmetic: which lines are hard, a few or all"
    )
    num_lines: int = setting(6, "arithmetic: steps of a chain", low=1)
    num_critical: int = setting(2, "arithmetic: hard ones of them, if critical", low=0)
    share_right: float = setting(
        0.4, "arithmetic: of demonstrated digits of hard lines", low=0.0, high=1.0
    )
    num_train: int = setting(20_000, "arithmetic: questions to learn from", low=1)
    num_held_out: int = setting(256, "arithmetic: questions for validation, and for test", low=1)
    data_dir: str = setting("", "gsm8k, math: folder of the data (default: REPRO_DATA_DIR or data)")
    grading: Literal["as_published", "strict"] = setting("strict", "gsm8k, math: rules of grading")
    model: str = setting("", "folder of a Hugging Face checkpoint to begin with; empty: random")
    dtype: Literal["float32", "bfloat16"] = setting("float32", "of parameters and products")
    rematerialise: bool = setting(False, "compute activations twice, to save memory")
    hidden_size: int = setting(32, "units, of a random model", low=1)
    num_layers: int = setting(2, "layers, of a random model", low=1)
    num_heads: int = setting(2, "attention heads, of a random model", low=1)
    num_updates: int = setting(400, "batches of imitation; 0: none", low=0)
    eval_every_updates: int = setting(400, "batches between evaluations", low=1)
    batch_size: int = setting(64, "demonstrations per batch", low=1)
    learning_rate: float = setting(3e-3, "Adam, at its highest", low=0.0)
    eval_samples: int = setting(4, "responses per question in an evaluation", low=1)
    max_new_tokens: int = setting(15, "of a response (M)", low=2)
    max_prompt_tokens: int = setting(512, "longer questions are left out", low=1)
    seed: int = setting(0, "of initial parameters and order of demonstrations", low=0)

    def __post_init__(self) -> None:
        """Refuses values outside their range and sizes that do not divide."""
        check_fields(self)
        check_divides(self, "num_updates", "eval_every_updates")
        check_divides(self, "hidden_size", "num_heads")
        if self.num_critical > self.num_lines:
            raise UserError(
                f"num_critical must be at most num_lines {self.num_lines}, got {self.num_critical}"
            )

    @property
    def initial(self) -> "SftConfig":
        """Settings of the initial policy, which are these; as in every other training."""
        return self

    @property
    def updates_at_once(self) -> int:
        """Batches that are compiled together: many of a random model, which is small."""
        return 1 if self.model else 50


def _initial() -> Any:
    """The field of the settings that make the initial policy; no flag changes them."""
    return field(default_factory=SftConfig)


@dataclass(frozen=True)
class RlConfig:
    """PPO with advantages of one kind or another; everything else is shared."""

    initial: SftConfig = _initial()  # noqa: RUF009 (as `setting`)
    method: Literal["vineppo", "ppo", "grpo", "rloo", "shift"] = setting(
        "vineppo", "where advantages come from; shift: R - V(S_0) on every token"
    )
    num_rollouts: int = setting(9, "Monte Carlo rollouts per state (K)", low=1)
    max_states: int = setting(26, "states of a response with rollouts; 0: all", low=0)
    trace_decay: float = setting(
        0.0, "lambda: of step advantages for vineppo, 0; of GAE for ppo, 1", low=0.0, high=1.0
    )
    num_updates: int = setting(40, "iterations", low=1)
    eval_every_updates: int = setting(10, "iterations between evaluations", low=1)
    num_questions: int = setting(8, "questions per iteration", low=1)
    num_responses: int = setting(8, "responses to each (G)", low=2)
    minibatch_size: int = setting(32, "responses per optimiser step", low=1)
    num_epochs: int = setting(2, "passes over the responses of an iteration", low=1)
    learning_rate: float = setting(3e-4, "Adam, at its highest", low=0.0)
    critic_learning_rate: float = setting(3e-4, "Adam of the critic", low=0.0)
    critic_head: Literal["normal", "zero"] = setting("normal", "initial value head of the critic")
    critic_warmup: int = setting(0, "first iterations, in which only the critic learns", low=0)
    clip_epsilon: float = setting(0.2, "of ratio and of values", low=0.0)
    kl_coefficient: float = setting(1e-4, "beta of the KL penalty", low=0.0)
    is_whitened: bool = setting(True, "whether advantages are whitened in each minibatch")
    temperature: float = setting(0.6, "of sampling and of log-probabilities", low=0.0)
    top_p: float = setting(0.9, "of sampling", low=0.0, high=1.0)
    num_slots: int = setting(27, "rollouts of a trajectory that are sampled at once", low=1)
    groups_at_once: int = setting(0, "trajectories whose caches are held; 0: all", low=0)
    eval_samples: int = setting(16, "responses per question in an evaluation", low=1)
    eval_temperature: float = setting(0.35, "of sampling in an evaluation", low=0.0)
    model_shards: int = setting(
        0, "devices that share each matrix, the others share the batch; 0: one device", low=0
    )
    keeps_snapshots: bool = setting(False, "whether to keep the models of every evaluation")

    def __post_init__(self) -> None:
        """Refuses values outside their range and sizes that do not divide."""
        check_fields(self)
        check_divides(self, "num_updates", "eval_every_updates")
        if self.num_trajectories % self.minibatch_size:
            raise UserError(
                f"num_questions x num_responses {self.num_trajectories} must be a multiple of "
                f"minibatch_size {self.minibatch_size}; try minibatch_size {self.num_responses}"
            )

    @property
    def has_critic(self) -> bool:
        """Whether a value network is trained beside the policy."""
        return self.method == "ppo"

    @property
    def num_trajectories(self) -> int:
        """Responses of an iteration."""
        return self.num_questions * self.num_responses

    def with_learning_rate(self, rate: float) -> "RlConfig":
        """The same settings with another learning rate, the critic's too."""
        return replace(self, learning_rate=rate, critic_learning_rate=rate)

    @property
    def num_training_responses(self) -> int:
        """Responses to training questions in the whole run, without rollouts that give values."""
        return self.num_updates * self.num_trajectories

    @property
    def num_optimizer_steps(self) -> int:
        """Minibatches of the whole run."""
        return self.num_updates * self.num_epochs * self.num_trajectories // self.minibatch_size


@dataclass(frozen=True)
class RestEmConfig:
    """RestEM: rounds of sampling, keeping what is right, and imitation from the SFT model again."""

    initial: SftConfig = _initial()  # noqa: RUF009 (as `setting`)
    num_updates: int = setting(10, "rounds", low=1)
    eval_every_updates: int = setting(1, "rounds between evaluations", low=1)
    num_questions: int = setting(512, "questions sampled in a round", low=1)
    num_responses: int = setting(8, "responses to each", low=1)
    max_kept: int = setting(10, "right responses kept of a question", low=1)
    num_batches: int = setting(160, "batches of imitation in a round at most", low=1)
    choose_every_batches: int = setting(40, "batches between looks at validation", low=1)
    batch_size: int = setting(64, "responses per batch", low=1)
    learning_rate: float = setting(3e-4, "Adam, at its highest", low=0.0)
    temperature: float = setting(0.6, "of sampling", low=0.0)
    top_p: float = setting(0.9, "of sampling", low=0.0, high=1.0)
    eval_samples: int = setting(16, "responses per question in an evaluation", low=1)
    eval_temperature: float = setting(0.35, "of sampling in an evaluation", low=0.0)

    def __post_init__(self) -> None:
        """Refuses values outside their range and sizes that do not divide."""
        check_fields(self)
        check_divides(self, "num_updates", "eval_every_updates")
        check_divides(self, "num_batches", "choose_every_batches")

    def with_learning_rate(self, rate: float) -> "RestEmConfig":
        """The same settings with another learning rate."""
        return replace(self, learning_rate=rate)

    @property
    def num_training_responses(self) -> int:
        """Responses to training questions in the whole run."""
        return self.num_updates * self.num_questions * self.num_responses


@dataclass(frozen=True)
class DpoConfig:
    """DPO-Positive on pairs of a right and a wrong response of the SFT model."""

    initial: SftConfig = _initial()  # noqa: RUF009 (as `setting`)
    num_updates: int = setting(200, "batches of pairs", low=1)
    eval_every_updates: int = setting(50, "batches between evaluations", low=1)
    num_questions: int = setting(64, "questions sampled", low=1)
    num_responses: int = setting(64, "responses to each", low=2)
    max_pairs: int = setting(64, "pairs of a question", low=1)
    batch_size: int = setting(64, "pairs per batch", low=1)
    learning_rate: float = setting(3e-4, "Adam, at its highest", low=0.0)
    b: float = setting(0.3, "inverse temperature", low=0.0)
    lam: float = setting(50.0, "weight of the penalty", low=0.0)
    temperature: float = setting(0.6, "of sampling", low=0.0)
    top_p: float = setting(0.9, "of sampling", low=0.0, high=1.0)
    eval_samples: int = setting(16, "responses per question in an evaluation", low=1)
    eval_temperature: float = setting(0.35, "of sampling in an evaluation", low=0.0)

    def __post_init__(self) -> None:
        """Refuses values outside their range and sizes that do not divide."""
        check_fields(self)
        check_divides(self, "num_updates", "eval_every_updates")

    def with_learning_rate(self, rate: float) -> "DpoConfig":
        """The same settings with another learning rate."""
        return replace(self, learning_rate=rate)

    @property
    def num_training_responses(self) -> int:
        """Responses to training questions, all drawn before the first update."""
        return self.num_questions * self.num_responses


MethodConfig = RlConfig | RestEmConfig | DpoConfig  # of what begins with the initial policy
TrainingConfig = SftConfig | MethodConfig
