"""How settings of each class are trained, and which player of the Coin Game comes of it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from brs import train
from brs.coin_game_players import Player
from brs.config import AmortisedConfig, BrsConfig, ExactCoinConfig, ExactConfig
from brs.evaluation.evaluate import agent_player, evaluate
from brs.exact import amortised_brs, coin_game_brs, coin_table, ipd_brs
from brs.train_state import Training
from common.coin_game import CoinGame
from common.logger.errors import UserError

Config = ExactConfig | ExactCoinConfig | AmortisedConfig | BrsConfig


class TrainedPlayer(NamedTuple):
    """A game, and the player of it whose parameters are those of a run's agent."""

    game: CoinGame
    player: Player


class Kind(NamedTuple):
    """What is done with settings of one class.

    Attributes:
      make_train: builds the training of one seed.
      make_player: the player of the Coin Game that comes of it; None if it plays another game.
    """

    make_train: Callable[[Any], Training]
    make_player: Callable[[Any], TrainedPlayer | None]


def make_train(config: Config) -> Training:
    """Builds the training of one seed."""
    return KINDS[type(config)].make_train(config)


def make_player(config: Config, name: str) -> TrainedPlayer:
    """The player of the Coin Game that a training with these settings makes.

    Raises:
      UserError: it is of another game; the message names the run.
    """
    player = KINDS[type(config)].make_player(config)
    if player is None:
        raise UserError(f"{name} is no run of the Coin Game: only its players are exported")
    return player


def _table_player(config: ExactCoinConfig) -> TrainedPlayer:
    game = coin_game_brs.make_game(config)
    return TrainedPlayer(game, coin_table.player(game))


def _actor_player(config: BrsConfig) -> TrainedPlayer | None:
    if config.game != "coin_game":
        return None
    game = train.make_coin_game(config)
    actor = agent_player(game, train.make_players(config))
    return TrainedPlayer(
        game,
        Player(
            start=lambda params: actor.start(params["actor"]),
            act=lambda params, *seen: actor.act(params["actor"], *seen),
        ),
    )


KINDS: dict[type[Config], Kind] = {
    ExactConfig: Kind(ipd_brs.make_train, lambda config: None),
    ExactCoinConfig: Kind(coin_game_brs.make_train, _table_player),
    AmortisedConfig: Kind(amortised_brs.make_train, lambda config: None),
    BrsConfig: Kind(lambda config: train.make_train(config, evaluate), _actor_player),
}
