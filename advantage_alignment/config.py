"""Settings of a training run: Advantage Alignment and what it is compared with, in any game.

The fields are the same in the four games; `PUBLISHED` has the paper's settings of each (Duque et
al., arXiv 2406.14662, and its released code; where none are public, ours: see NOTES.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

from common.logger.errors import UserError
from common.logger.settings import check_divides, check_fields, setting

NUM_HEADS = 4  # of the transformer's attention
NETWORKS: Mapping[str, tuple[str, ...]] = {
    "ipd": ("tabular", "gru"),
    "coin_game": ("gru",),
    "negotiation": ("gru", "feed_forward"),
    "commons_harvest": ("gru", "feed_forward", "transformer"),
}
# Options that mean nothing in any other game.
_OF_ONE_GAME = {
    "shows_last_values": "negotiation",
    "critic_sees_time": "negotiation",
    "proposals": "negotiation",
    "harvest_map": "commons_harvest",
}


@dataclass(frozen=True)
class TrainingConfig:
    """Advantage Alignment, LOQA or the naive learner (beta 0) in one of the games."""

    game: Literal["ipd", "coin_game", "negotiation", "commons_harvest"] = setting(
        "ipd", "what is played"
    )
    num_updates: int = setting(4000, "updates of a run", low=1)
    eval_every_updates: int = setting(200, "updates between evaluations", low=1)
    num_eval_episodes: int = setting(128, "episodes of each evaluation", low=1)
    batch_size: int = setting(256, "environments side by side", low=1)
    num_steps: int = setting(50, "steps played per update in each (T)", low=2)
    num_windows: int = setting(1, "updates between two resets of a game", low=1)

    beta: float = setting(1.0, "weight of the alignment; 0 is the naive learner")
    weighting: Literal["discounted", "outer_discounted", "damped_mean", "mean", "dice"] = setting(
        "discounted", "weights of our past advantages"
    )
    shaping: Literal["alignment", "loqa"] = setting(
        "alignment", "loqa: each past event times 1 - pi_hat(b | s), Theorem 2"
    )
    own_advantage: Literal["td", "gae", "returns"] = setting(
        "gae", "of our past and in the policy gradient"
    )
    others_advantage: Literal["td", "gae", "returns"] = setting("gae", "of the others at present")
    normalizes_advantages: bool = setting(True, "over batch, steps and players, before A*")
    keeps_cooperative: bool = setting(True, "keep products of signs + +")
    keeps_empathetic: bool = setting(True, "keep products + -")
    keeps_vengeful: bool = setting(True, "keep products - +")
    keeps_spiteful: bool = setting(True, "keep products - -")
    sums_rewards: bool = setting(False, "every player is paid the sum of all rewards")
    discount: float = setting(0.96, "gamma, per step", low=0.0, high=1.0)
    gae_decay: float = setting(0.95, "lambda, per step", low=0.0, high=1.0)

    entropy_weight: float = setting(0.01, "of the entropy bonus", low=0.0)
    num_passes: int = setting(1, "gradient steps on a batch", low=1)
    clip_epsilon: float = setting(0.0, "PPO's clip; 0 is the plain policy gradient", low=0.0)
    actor_learning_rate: float = setting(1e-2, "Adam, policy", low=0.0)
    critic_learning_rate: float = setting(1e-2, "Adam, critic", low=0.0)
    weight_decay: float = setting(0.0, "L2 of the actor, in its gradient", low=0.0)
    max_grad_norm: float = setting(10.0, "clipping of each gradient", low=0.0)
    critic_targets: Literal["td", "returns"] = setting("td", "what the critic fits")
    baseline: Literal["online", "slow"] = setting("online", "critic of the advantages")
    target_decay: float = setting(0.99, "decay of the slow copy", low=0.0, high=1.0)

    num_players: int = setting(2, "seats of the game", low=2, high=7)
    num_learners: int = setting(2, "seats that learn; the others hold past selves", low=1, high=7)
    num_opponents: int = setting(1, "past selves drawn per update", low=1)
    buffer_capacity: int = setting(10000, "past selves kept at most", low=1)
    push_every_updates: int = setting(10, "updates between two past selves", low=1)

    replayed_share: float = setting(
        0.0, "of a batch, replaced by games of earlier batches", low=0.0, high=1.0
    )
    stored_share: float = setting(0.03, "of a batch, stored for that", low=0.0, high=1.0)
    stored_capacity: int = setting(100000, "games stored at most", low=1)

    network: Literal["tabular", "feed_forward", "gru", "transformer"] = setting(
        "tabular", "kind of agent"
    )
    hidden_size: int = setting(64, "units of every layer", low=1)
    shows_last_values: bool = setting(
        False, "Negotiation Game: observe also what the items of the last round were worth"
    )
    critic_sees_time: bool = setting(False, "Negotiation Game: tell the critic the step")
    proposals: Literal["continuous", "discrete"] = setting(
        "continuous", "kind of action in the Negotiation Game"
    )
    harvest_map: Literal["open", "small"] = setting("open", "map of Commons Harvest")
    episode_length: int = setting(50, "steps of an evaluated episode, and of LOQA's", low=2)

    def __post_init__(self) -> None:
        """Refuses values outside their range and sizes that do not divide or fit."""
        check_fields(self)
        check_divides(self, "num_updates", "eval_every_updates")
        check_divides(self, "episode_length", "num_steps")
        if self.num_learners > self.num_players:
            raise UserError(
                f"num_learners {self.num_learners} must be at most num_players {self.num_players}"
            )
        if self.game != "commons_harvest" and self.num_players != 2:
            raise UserError(f"num_players of {self.game} must be 2, got {self.num_players}")
        if self.has_past_selves:
            check_divides(self, "batch_size", "num_opponents")
        if self.shaping == "loqa" and self.game != "coin_game":
            raise UserError("shaping loqa needs a critic of action values: game coin_game")
        if self.replayed_share and self.has_past_selves:
            raise UserError("replayed_share needs self-play: num_learners equal to num_players")
        if self.network not in NETWORKS[self.game]:
            raise UserError(
                f"network {self.network} does not fit the game {self.game}; "
                f"valid: {', '.join(NETWORKS[self.game])}"
            )
        if self.network == "transformer" and self.hidden_size % NUM_HEADS:
            raise UserError(
                f"hidden_size {self.hidden_size} must be a multiple of the {NUM_HEADS} heads of a "
                f"transformer; try {-(-self.hidden_size // NUM_HEADS) * NUM_HEADS}"
            )
        for name, game in _OF_ONE_GAME.items():
            default = next(each.default for each in fields(self) if each.name == name)
            if getattr(self, name) != default and self.game != game:
                raise UserError(f"{name} is of {game}, not of {self.game}")

    @property
    def has_past_selves(self) -> bool:
        """Whether some seats are held by past selves."""
        return self.num_learners < self.num_players

    @property
    def can_be_lengthened(self) -> bool:
        """Whether nothing in a run depends on how many updates it has: no buffer does."""
        return not (self.has_past_selves or self.num_replayed)

    @property
    def num_replayed(self) -> int:
        """Earlier games in a batch."""
        return round(self.replayed_share * self.batch_size)

    @property
    def num_stored(self) -> int:
        """Games that a batch leaves for later ones, at least one."""
        return max(round(self.stored_share * self.batch_size), 1)

    @property
    def num_stored_batches(self) -> int:
        """Batches of which games are stored at a time, at most as many as a run has updates."""
        return min(max(self.stored_capacity // self.num_stored, 1), self.num_updates)

    @property
    def buffer_size(self) -> int:
        """Past selves that a run can push, at most the capacity: more would never be filled."""
        num_pushes = -(-self.num_updates // self.push_every_updates)
        return min(num_pushes, self.buffer_capacity)


PUBLISHED: Mapping[str, TrainingConfig] = {
    "ipd": TrainingConfig(
        num_updates=400,
        eval_every_updates=20,
        beta=0.5,
        own_advantage="td",
        critic_learning_rate=0.2,
        target_decay=0.0,
    ),
    "coin_game": TrainingConfig(
        game="coin_game",
        num_updates=6000,
        eval_every_updates=100,
        num_eval_episodes=512,
        batch_size=512,
        weighting="dice",
        own_advantage="td",
        others_advantage="returns",
        normalizes_advantages=False,
        entropy_weight=0.1,
        actor_learning_rate=1e-3,
        critic_learning_rate=1e-2,
        num_learners=1,
        num_opponents=512,
        network="gru",
    ),
    "negotiation": TrainingConfig(
        game="negotiation",
        num_updates=2000,
        eval_every_updates=20,
        num_eval_episodes=32,
        batch_size=16384,
        beta=3.0,
        weighting="mean",
        normalizes_advantages=False,
        entropy_weight=0.005,
        num_passes=2,
        actor_learning_rate=1e-3,
        critic_learning_rate=1e-3,
        weight_decay=1e-4,
        max_grad_norm=1.0,
        critic_targets="returns",
        baseline="slow",
        target_decay=0.995,
        replayed_share=0.05,
        stored_share=500 / 16384,
        network="gru",
    ),
    "commons_harvest": TrainingConfig(
        game="commons_harvest",
        num_updates=34000,
        eval_every_updates=1000,
        num_eval_episodes=20,
        batch_size=6,
        num_steps=15,
        num_windows=66,
        beta=1.5,
        weighting="mean",
        discount=0.99,
        entropy_weight=0.1,
        num_passes=2,
        clip_epsilon=0.1,
        actor_learning_rate=1e-5,
        critic_learning_rate=1e-5,
        target_decay=0.995,
        num_players=7,
        num_learners=5,
        buffer_capacity=200,
        push_every_updates=20,
        network="transformer",
        hidden_size=192,
        episode_length=990,
    ),
}
