"""Settings of a training run: LOQA and the naive learner in either game.

The defaults are the published settings (Aghajohari et al., arXiv 2405.01035, and its released
code).
"""

from dataclasses import dataclass
from typing import Literal

from loqa.errors import UserError
from loqa.settings import check_divides, check_fields, setting


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

    @property
    def checkpoint_every_updates(self) -> int:
        """Updates between checkpoints: the state is small, each evaluation is followed by one."""
        return self.eval_every_updates


@dataclass(frozen=True)
class CoinGameConfig:
    """LOQA, or the naive learner, in the Coin Game: self-play against past selves."""

    num_updates: int = setting(6000, "updates of a run", low=1)
    eval_every_updates: int = setting(100, "updates between evaluations", low=1)
    checkpoint_every_updates: int = setting(500, "updates between checkpoints", low=1)
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
        check_divides(self, "checkpoint_every_updates", "eval_every_updates")
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
class PolaConfig:
    """POLA-DiCE in either game; an update is an epoch of outer steps of both players.

    The defaults are the published settings of the Coin Game (Zhao et al., arXiv 2210.10125, and its
    released code). Those of the iterated prisoner's dilemma are in brackets where they differ. Its
    payoffs here are three times the original's, less two: the original's updates of the policies
    take both penalties times three and the inner rate over three (30, 300 and .00167).

    LOLA-DiCE is the case of no penalties and one inner and one outer step.
    """

    game: Literal["coin_game", "ipd"] = setting("coin_game", "what is played")
    num_updates: int = setting(251, "epochs of a run (ipd 101)", low=1)
    eval_every_updates: int = setting(1, "epochs between evaluation and checkpoint", low=1)
    num_eval_episodes: int = setting(512, "episodes against each opponent", low=1)
    grid_size: int = setting(3, "rows and columns of the Coin Game's grid", low=2)
    batch_size: int = setting(1000, "episodes per inner and per outer step (ipd 2000)", low=1)
    episode_length: int = setting(50, "steps per episode (T)", low=2)
    discount: float = setting(0.96, "gamma, per step", low=0.0, high=1.0)
    gae_discount: float = setting(1.0, "lambda of the advantages, per step", low=0.0, high=1.0)
    num_outer_steps: int = setting(200, "steps of a player per epoch", low=1)
    num_inner_steps: int = setting(4, "steps of the opponent in each look-ahead (ipd 2)", low=1)
    inner_learning_rate: float = setting(1e-2, "SGD, opponent's policy (ipd .005)", low=0.0)
    outer_learning_rate: float = setting(3e-3, "Adam, policy", low=0.0)
    value_learning_rate: float = setting(5e-4, "Adam, or SGD in the look-ahead, values", low=0.0)
    inner_penalty: float = setting(5.0, "weight of the opponent's KL (ipd 10)", low=0.0)
    outer_penalty: float = setting(150.0, "weight of the player's KL (ipd 100)", low=0.0)
    hidden_size: int = setting(64, "units of the towers of policy and values", low=1)
    num_players = 2  # no field: POLA knows no other number

    def __post_init__(self) -> None:
        """Refuses values outside their range and sizes that do not divide."""
        check_fields(self)
        check_divides(self, "num_updates", "eval_every_updates")

    @property
    def checkpoint_every_updates(self) -> int:
        """Updates between checkpoints: the state is small, each evaluation is followed by one."""
        return self.eval_every_updates


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
