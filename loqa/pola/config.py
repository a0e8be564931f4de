"""Settings of POLA, the baseline."""

from dataclasses import dataclass
from typing import Literal

from common.logger.settings import check_divides, check_fields, setting


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
    eval_every_updates: int = setting(1, "epochs between evaluations", low=1)
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
