"""Settings of the trainings. What the paper's readable parts do not give is marked (ours)."""

from dataclasses import dataclass
from typing import Literal

from common.logger.settings import check_divides, check_fields, setting


@dataclass(frozen=True)
class ExactConfig:
    """A memory-one agent trained by exact gradients against an exact detective."""

    num_updates: int = setting(600, "updates (ours)", low=1)
    eval_every_updates: int = setting(50, "updates between evaluations", low=1)
    discount: float = setting(0.96, "gamma, per step", low=0.0, high=0.999)
    detective: Literal["fixed_point", "tree_search"] = setting(
        "fixed_point", "soft best response: endless, or a search of search_depth steps"
    )
    search_depth: int = setting(64, "steps that the tree search looks ahead (ours)", low=1)
    temperature: float = setting(1.0, "tau of the soft response, in rewards (ours)", low=1e-3)
    through_detective: bool = setting(True, "whether the gradient passes through the detective")
    learning_rate: float = setting(0.05, "Adam, against the detective; 0 is without it", low=0.0)
    self_play: Literal["own_step", "weighted", "none"] = setting(
        "own_step", "self-play term: a step and optimiser of its own, or a share of one objective"
    )
    self_play_learning_rate: float = setting(0.05, "Adam, own step of self-play (ours)", low=0.0)
    self_play_weight: float = setting(
        0.5, "share of self-play where it is weighted", low=0.0, high=1.0
    )

    def __post_init__(self) -> None:
        """Refuses values outside their range and sizes that do not divide."""
        check_fields(self)
        check_divides(self, "num_updates", "eval_every_updates")

    @property
    def checkpoint_every_updates(self) -> int:
        """Updates between checkpoints: the state is small, each evaluation is followed by one."""
        return self.eval_every_updates


@dataclass(frozen=True)
class ExactCoinConfig:
    """A tabular agent of the Coin Game, trained by exact gradients against its exact response."""

    num_updates: int = setting(400, "updates (ours)", low=1)
    eval_every_updates: int = setting(50, "updates between evaluations", low=1)
    grid_size: int = setting(3, "rows and columns of the grid", low=2)
    episode_length: int = setting(50, "steps per episode (T)", low=2)
    discount: float = setting(0.96, "gamma, per step", low=0.0, high=1.0)
    temperature: float = setting(1.0, "tau of the soft response, in rewards (ours)", low=1e-3)
    through_detective: bool = setting(True, "whether the gradient passes through the detective")
    self_play: bool = setting(True, "whether there is a step of self-play")
    learning_rate: float = setting(0.05, "Adam, against the detective (ours)", low=0.0)
    self_play_learning_rate: float = setting(0.05, "Adam, self-play (ours)", low=0.0)

    def __post_init__(self) -> None:
        """Refuses values outside their range and sizes that do not divide."""
        check_fields(self)
        check_divides(self, "num_updates", "eval_every_updates")

    @property
    def checkpoint_every_updates(self) -> int:
        """Updates between checkpoints."""
        return self.eval_every_updates


@dataclass(frozen=True)
class AmortisedConfig:
    """A learned detective of the prisoner's dilemma, trained by exact gradients; all ours."""

    num_updates: int = setting(600, "updates", low=1)
    eval_every_updates: int = setting(50, "updates between evaluations", low=1)
    discount: float = setting(0.96, "gamma, per step", low=0.0, high=0.999)
    roll_out_steps: int = setting(8, "steps of the answers (L)", low=2)
    hidden_size: int = setting(32, "units of the detective", low=1)
    agent_buffer: bool = setting(True, "whether the detective meets past agents, with noise")
    num_drawn_agents: int = setting(16, "agents per step of the detective", low=1)
    noise: float = setting(1.0, "sigma of the noise on their logits", low=0.0)
    detective_updates: int = setting(4, "detective steps per update", low=1)
    self_play: bool = setting(True, "whether there is a step of self-play")
    detective_learning_rate: float = setting(0.01, "Adam, detective", low=0.0)
    learning_rate: float = setting(0.05, "Adam, agent against the detective", low=0.0)
    self_play_learning_rate: float = setting(0.05, "Adam, self-play", low=0.0)

    def __post_init__(self) -> None:
        """Refuses values outside their range and sizes that do not divide."""
        check_fields(self)
        check_divides(self, "num_updates", "eval_every_updates")

    @property
    def checkpoint_every_updates(self) -> int:
        """Updates between checkpoints."""
        return self.eval_every_updates


@dataclass(frozen=True)
class BrsConfig:
    """BRS with a learned detective that asks questions, in either game."""

    game: Literal["ipd", "coin_game"] = setting("coin_game", "what is played")
    num_updates: int = setting(5000, "iterations of the three steps (ours)", low=1)
    eval_every_updates: int = setting(100, "iterations between evaluations", low=1)
    num_eval_episodes: int = setting(512, "episodes of every match of the evaluation", low=1)
    grid_size: int = setting(3, "rows and columns of the Coin Game's grid", low=2)
    batch_size: int = setting(128, "episodes of each step (ours)", low=1)
    episode_length: int = setting(50, "steps per episode (T)", low=2)
    discount: float = setting(0.96, "gamma, per step", low=0.0, high=1.0)
    agent: Literal["recurrent", "table"] = setting(
        "recurrent", "of the Coin Game: a GRU, or logits of every state and of Coin-TFT's memory"
    )
    hidden_size: int = setting(128, "units of the agent's layers (ours)", low=1)
    detective_hidden_size: int = setting(128, "units of the detective's layers (ours)", low=1)
    questions: Literal["returns", "policy_probs"] = setting(
        "returns", "what the detective asks for"
    )
    num_roll_outs: int = setting(1, "roll-outs per question (K; ours)", low=1)
    roll_out_steps: int = setting(16, "steps of a roll-out (L; ours)", low=2)
    through_detective: bool = setting(True, "whether the gradient passes through the detective")
    stop_carry_gradient: bool = setting(
        False, "whether the agent's memory is constant in the answers (ours)"
    )
    self_play: bool = setting(True, "whether the agent also learns from itself")
    agent_buffer: bool = setting(True, "whether the detective meets past agents, with noise")
    buffer_capacity: int = setting(1000, "past agents at most (ours)", low=1)
    push_every_updates: int = setting(10, "iterations between two pushes (ours)", low=1)
    num_drawn_agents: int = setting(32, "agents per batch of the detective (ours)", low=1)
    noise: float = setting(0.05, "sigma of the noise on drawn agents (ours)", low=0.0)
    detective_updates: int = setting(4, "detective steps per iteration (ours)", low=1)
    detective_learning_rate: float = setting(3e-4, "Adam, detective (ours)", low=0.0)
    learning_rate: float = setting(3e-4, "Adam, agent against the detective (ours)", low=0.0)
    self_play_learning_rate: float = setting(3e-4, "Adam, self-play (ours)", low=0.0)
    critic_learning_rate: float = setting(3e-4, "Adam, every critic (ours)", low=0.0)
    detective_entropy_weight: float = setting(0.01, "bonus of its policy (ours)", low=0.0)
    entropy_weight: float = setting(0.05, "bonus against the detective (ours)", low=0.0)
    self_play_entropy_weight: float = setting(0.05, "bonus in self-play (ours)", low=0.0)
    max_grad_norm: float = setting(1.0, "clipping of the agent's gradients (ours)", low=0.0)
    detective_max_grad_norm: float = setting(10.0, "clipping of the detective's", low=0.0)

    def __post_init__(self) -> None:
        """Refuses values outside their range and sizes that do not divide."""
        check_fields(self)
        check_divides(self, "num_updates", "eval_every_updates")
        check_divides(self, "batch_size", "num_drawn_agents")

    @property
    def checkpoint_every_updates(self) -> int:
        """Updates between checkpoints."""
        return self.eval_every_updates

    @property
    def buffer_size(self) -> int:
        """Past agents that a run can push, at most the capacity: more would never be filled."""
        return min(-(-self.num_updates // self.push_every_updates), self.buffer_capacity)
