"""Settings of the trainings: MeVa, M-MAML and COLA.

The defaults are the published settings (the notebooks of arXiv 2307.08863v3): for MeVa those of the
repeated games; `LOGISTIC` gives those of the Logistic Game.
"""

from dataclasses import dataclass
from typing import Any, Literal

from common.logger.settings import check_divides, check_fields, setting

GameName = Literal["logistic", "ipd", "matching_pennies", "chicken", "concave", "bilinear"]
RepeatedGame = Literal["ipd", "matching_pennies", "chicken"]
Opponent = Literal["meva", "naive", "lola"]

# What the Logistic Game is trained with where that differs from the repeated games.
LOGISTIC: dict[str, Any] = {
    "game": "logistic",
    "num_updates": 5001,
    "eval_every_updates": 1667,
    "gradient_steps": 1,
    "explore_steps": 0,
    "path_length": 50,
    "form": "V",
    "target": "online",
    "exploration": "none",
    "hidden_size": 64,
    "num_quantiles": 16,
    "weight_decay": 0.0,
}


@dataclass(frozen=True)
class MetaValueConfig:
    """MeVa: the meta-value of a game against itself, or against a naive or LOLA learner."""

    game: Literal["logistic", "ipd", "matching_pennies", "chicken", "concave", "bilinear"] = (
        setting("ipd", "game that is learned")
    )
    opponent: Literal["meva", "naive", "lola"] = setting("meva", "learner in the second seat")
    num_updates: int = setting(1001, "outer steps, each from new initial policies", low=1)
    eval_every_updates: int = setting(91, "outer steps between evaluations", low=1)
    gradient_steps: int = setting(10, "gradient steps per outer step", low=1)
    batch_size: int = setting(128, "paths of learning side by side", low=1)
    explore_steps: int = setting(10, "steps of learning between two gradient steps", low=0)
    path_length: int = setting(10, "steps of the path that is learned from (T)", low=1)
    form: Literal["U", "V"] = setting("U", "what the network is: U with exact f, or V")
    trace_decay: float = setting(0.9, "lambda of the returns", low=0.0, high=1.0)
    num_quantiles: int = setting(64, "quantiles (Q); 1 is a plain value", low=1)
    hidden_size: int = setting(128, "units of every layer (H)", low=1)
    learning_rate: float = setting(1e-3, "Adam", low=0.0)
    weight_decay: float = setting(0.01, "decoupled, times the learning rate", low=0.0)
    target: Literal["slow", "online"] = setting("slow", "network that targets bootstrap from")
    target_decay: float = setting(0.99, "rho of the slow copy, per gradient", low=0.0, high=1.0)
    exploration: Literal["sign_flips", "noisy_parameters", "none"] = setting(
        "sign_flips", "how paths are made to differ from those of the clean network"
    )
    flip_probability: float = setting(1 / 16, "of a unit's sign", low=0.0, high=1.0)
    fixed_discount: float = setting(
        -1.0, "gamma of all paths; negative: drawn from Beta(1/2, 1/2)", low=-1.0, high=1.0
    )

    def __post_init__(self) -> None:
        """Refuses values outside their range and sizes that do not divide."""
        check_fields(self)
        check_divides(self, "num_updates", "eval_every_updates")

    @property
    def tells_players_apart(self) -> bool:
        """Whether seats differ: by the opponent's kind, or by the game."""
        return self.opponent != "meva" or self.game in ("matching_pennies", "bilinear")


@dataclass(frozen=True)
class MamlConfig:
    """M-MAML: initial policy and step size of a naive learner, meta-learned by exact gradients."""

    game: Literal["ipd", "matching_pennies", "chicken"] = setting("ipd", "game that is learned")
    num_updates: int = setting(1000, "meta-gradient steps", low=1)
    eval_every_updates: int = setting(100, "meta-gradient steps between evaluations", low=1)
    batch_size: int = setting(64, "random naive opponents per step", low=1)
    path_length: int = setting(300, "steps of joint naive learning (T)", low=1)
    opponent_step_size: float = setting(25.0, "alpha of the opponents in training", low=0.0)
    step_size: float = setting(25.0, "own alpha at the beginning; learned", low=0.0)
    learning_rate: float = setting(0.1, "Adam", low=0.0)
    weight_decay: float = setting(0.01, "decoupled, times the learning rate", low=0.0)

    def __post_init__(self) -> None:
        """Refuses values outside their range and sizes that do not divide."""
        check_fields(self)
        check_divides(self, "num_updates", "eval_every_updates")


@dataclass(frozen=True)
class ColaConfig:
    """COLA: consistent look-ahead, gradient fields learned for the Logistic Game."""

    game: Literal["logistic"] = setting(
        "logistic", "game that is learned; one parameter per player"
    )
    num_updates: int = setting(5001, "gradient steps", low=1)
    eval_every_updates: int = setting(1667, "gradient steps between evaluations", low=1)
    batch_size: int = setting(256, "joint policies per step", low=1)
    hidden_size: int = setting(64, "units of every layer (H)", low=1)
    largest_look_ahead: float = setting(30.0, "look-aheads are uniform up to it", low=0.0)
    learning_rate: float = setting(5e-4, "Adam", low=0.0)

    def __post_init__(self) -> None:
        """Refuses values outside their range and sizes that do not divide."""
        check_fields(self)
        check_divides(self, "num_updates", "eval_every_updates")
