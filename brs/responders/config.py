"""Sizes of the best responders; all of them ours."""

from dataclasses import dataclass

from common.logger.settings import check_fields, setting


@dataclass(frozen=True)
class SearchConfig:
    """A tree search for the best response to an agent of the Coin Game.

    Attributes:
      kind: "mctx" or "open_loop".
      num_simulations: of each tree.
      num_trees: M, of mctx, whose visits are summed.
      roll_out_steps: of a leaf's roll-out; of a whole simulation where the search is open-loop.
      exploration: pb_c_init of mctx, or c of the open-loop search.
    """

    kind: str = "mctx"
    num_simulations: int = 128
    num_trees: int = 8
    roll_out_steps: int = 16
    exploration: float = 10.0


MCTX = SearchConfig()
OPEN_LOOP = SearchConfig("open_loop", num_simulations=384, roll_out_steps=20, exploration=1.0)
MCTX_DEFAULT_EXPLORATION = 1.25


@dataclass(frozen=True)
class ResponderConfig:
    """A trained best responder to a frozen agent of the Coin Game: sizes and rates, our own."""

    num_updates: int = setting(300, "updates", low=1)
    num_eval_episodes: int = setting(1024, "episodes of the final evaluation", low=1)
    batch_size: int = setting(128, "episodes per update", low=1)
    num_epochs: int = setting(8, "gradient steps per update", low=1)
    hidden_size: int = setting(32, "units of actor and critic", low=1)
    trace_decay: float = setting(0.95, "lambda of the advantages", low=0.0, high=1.0)
    learning_rate: float = setting(5e-3, "Adam, at the start; falls to 0 linearly", low=0.0)
    entropy_weight: float = setting(0.01, "bonus of the policy", low=0.0)
    clip_epsilon: float = setting(0.2, "clipping of the policy's ratio", low=0.0)
    max_grad_norm: float = setting(0.5, "clipping of the gradient", low=0.0)

    def __post_init__(self) -> None:
        """Refuses values outside their range."""
        check_fields(self)


@dataclass(frozen=True)
class DistillationConfig:
    """A finite controller fitted to a frozen agent, and its best response: sizes, our own."""

    num_remembered_coins: int = setting(
        2, "coins that the other took last, which the controller remembers", low=0, high=6
    )
    num_episodes: int = setting(512, "episodes against each opponent and response", low=1)
    num_rounds: int = setting(4, "responses, each fitted with the play of those before", low=1)
    prior_visits: float = setting(0.1, "weight of the shorter memory, in visits", low=1e-6)

    def __post_init__(self) -> None:
        """Refuses values outside their range."""
        check_fields(self)
