"""The meta-game that a training is about: game, meta-value, and how the two players learn in it."""

from typing import NamedTuple

import optax
from jax import Array

from meta_value import learners
from meta_value.config import MetaValueConfig
from meta_value.games import GAMES, Game
from meta_value.learners import Field
from meta_value.meta_value import MetaValue
from meta_value.networks import LogisticNetwork, MatrixNetwork


class Setup(NamedTuple):
    """What a training is about, built from its settings.

    Attributes:
      config: the settings.
      game: whose meta-value is learned.
      meta_value: its form and its network.
      optimizer: of the network.
    """

    config: MetaValueConfig
    game: Game
    meta_value: MetaValue
    optimizer: optax.GradientTransformation


def make_setup(config: MetaValueConfig) -> Setup:
    """Builds game, network and optimiser."""
    game = GAMES[config.game]
    kind = MatrixNetwork if game.is_repeated else LogisticNetwork
    network = kind(config.hidden_size, config.num_quantiles, config.tells_players_apart)
    optimizer = optax.adamw(config.learning_rate, b2=0.99, weight_decay=config.weight_decay)
    return Setup(config, game, MetaValue(network, game.objectives, config.form), optimizer)


def learn(setup: Setup, field: Field, policies: Array, num_steps: int) -> tuple[Array, Array]:
    """Both players learn, the first by `field`, the second so too or as the opponent does."""
    opponent = opponent_field(setup)
    if opponent is not None:
        field = learners.against(field, opponent)
    return learners.ascend(field, policies, num_steps, setup.game.step_size)


def opponent_field(setup: Setup) -> Field | None:
    """How the player in the second seat learns; None if by the meta-value, as the first."""
    objectives, step_size = setup.game.objectives, setup.game.step_size
    return {
        "meva": None,
        "naive": learners.naive(objectives),
        "lola": learners.lola(objectives, step_size),
    }[setup.config.opponent]
