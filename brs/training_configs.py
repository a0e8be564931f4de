"""Settings of the trainings. What the paper's readable parts do not give is marked (ours)."""

from dataclasses import dataclass
from typing import Literal

from brs.settings import check_divides, check_fields, setting


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
