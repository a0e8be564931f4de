"""Settings of a training run: LOQA and the naive learner in either game.

The defaults are the published settings (Aghajohari et al., arXiv 2405.01035, and its released
code).
"""

from dataclasses import dataclass
from typing import Literal

from common.logger.errors import UserError
from common.logger.settings import check_divides, check_fields, setting


@dataclass(frozen=True)
class IpdConfig:
    """LOQA, or the naive learner, by self-play in the iterated prisoner's dilemma."""

    num_updates: int = setting(7000, "updates of a run", low=1)
    eval_every_updates: int = setting(250, "updates between evaluations", low=1)
    batch_size: int = setting(2048, "episodes per update", low=1)
    episode_length: int = setting(50, "steps per episode (T)", low=2)
    discount: float = setting(0.96, "gamma, per step", low=0.0, high=1.0)
    dice_discount: float = setting(0.9, "lambda, extra discount on our reach", low=0.0, high=1.0)
    exploration: float = setting(0.2, "epsilon: uniform play of both", low=0.0, high=1.0)
    shaping_weight: float = setting(1.0, "weight of opponent shaping; 0 is the naive learner")
    entropy_weight: float = setting(0.0, "beta of the entropy bonus", low=0.0)
    softmax_temperature: float = setting(1.0, "tau of the opponent's softmax", low=1e-3)
    stop_grad_advantage: bool = setting(False, "textbook advantage; the released code leaks")
    stop_grad_normalizer: bool = setting(False, "hold the opponent's softmax normaliser constant")
    num_differentiable_rewards: int = setting(
        0, "our reach in the opponent's next rewards; 0: all, loaded DiCE as published", low=0
    )
    advantage: Literal["td", "returns"] = setting(
        "td", "of the agent: one-step as published, or truncated return minus value"
    )
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
        check_divides(self, "num_updates", "eval_every_updates")


@dataclass(frozen=True)
class CoinGameConfig:
    """LOQA, or the naive learner, in the Coin Game: self-play against past selves."""

    num_updates: int = setting(6000, "updates of a run", low=1)
    eval_every_updates: int = setting(100, "updates between evaluations", low=1)
    num_eval_episodes: int = setting(512, "episodes against each opponent", low=1)
    grid_size: int = setting(3, "rows and columns of the grid", low=2)
    num_players: int = setting(2, "players; the agent learns in seat 0", low=2, high=3)
    batch_size: int = setting(512, "episodes per update", low=1)
    episode_length: int = setting(50, "steps per episode (T)", low=2)
    discount: float = setting(0.96, "gamma, per step", low=0.0, high=1.0)
    dice_discount: float = setting(0.9, "lambda, extra discount on our reach", low=0.0, high=1.0)
    shaping_weight: float = setting(1.0, "weight of opponent shaping; 0 is the naive learner")
    entropy_weight: float = setting(0.1, "beta of the entropy bonus", low=0.0)
    softmax_temperature: float = setting(1.0, "tau of the opponent's softmax", low=1e-3)
    stop_grad_advantage: bool = setting(False, "textbook advantage; the released code leaks")
    stop_grad_normalizer: bool = setting(False, "hold the opponent's softmax normaliser constant")
    num_differentiable_rewards: int = setting(
        0, "our reach in the opponent's next rewards; 0: all, loaded DiCE as published", low=0
    )
    advantage: Literal["td", "returns"] = setting(
        "td", "of the agent: one-step as published, or truncated return minus value"
    )
    taken_value: Literal["return", "critic"] = setting(
        "return", "value of the opponent's action inside its softmax: sampled return or critic"
    )
    critic_targets: Literal["sarsa", "returns"] = setting(
        "sarsa", "what the critic fits: one-step SARSA as published, or truncated returns"
    )
    target_decay: float = setting(0.99, "decay of the slow copy, per update", low=0.0, high=1.0)
    opponents: Literal["past_selves", "current_self"] = setting(
        "past_selves", "who is played: drawn from the agent replay buffer, or the agent as it is"
    )
    num_opponents: int = setting(
        512, "past selves drawn per update; each plays an equal share of the batch", low=1
    )
    self_play: bool = setting(True, "one agent; otherwise two, each playing the other's past")
    buffer_capacity: int = setting(10000, "past selves kept at most", low=1)
    push_every_updates: int = setting(10, "updates between two past selves", low=1)
    actor_hidden_size: int = setting(128, "units of the policy's GRU tower", low=1)
    critic_hidden_size: int = setting(64, "units of the critic's GRU tower", low=1)
    actor_learning_rate: float = setting(1e-3, "Adam, policy", low=0.0)
    critic_learning_rate: float = setting(1e-2, "Adam, critic", low=0.0)
    max_grad_norm: float = setting(1.0, "clipping of the actor's gradient", low=0.0)

    def __post_init__(self) -> None:
        """Refuses values outside their range and sizes that do not divide."""
        check_fields(self)
        check_divides(self, "num_updates", "eval_every_updates")
        if self.opponents == "past_selves":
            check_divides(self, "batch_size", "num_opponents")
        if not self.self_play and self.opponents == "current_self":
            raise UserError("self_play False needs opponents past_selves")

    @property
    def buffer_size(self) -> int:
        """Past selves that a run can push, at most the capacity: more would never be filled."""
        num_pushes = -(-self.num_updates // self.push_every_updates)
        return min(num_pushes, self.buffer_capacity)


LoqaConfig = IpdConfig | CoinGameConfig
