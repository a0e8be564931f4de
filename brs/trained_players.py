"""Which player of the Coin Game a trained agent is."""

from collections.abc import Callable
from typing import Any, NamedTuple

from brs import coin_table, exact_coin_brs, exact_coin_game, learned_evaluation, train
from brs.coin_game_players import Player
from brs.errors import UserError
from brs.methods import Config
from brs.training_configs import BrsConfig, ExactCoinConfig
from common.coin_game import CoinGame


class TrainedPlayer(NamedTuple):
    """A game, and who plays it with the parameters of a run's agent."""

    game: CoinGame
    player: Player
    tables: Callable[[Any], exact_coin_game.Agent] | None  # of parameters, if its memory is finite


def of_config(config: Config, name: str) -> TrainedPlayer:
    """The player that a training with these settings makes.

    Args:
      config: settings.
      name: of the run, for the error.

    Raises:
      UserError: it is not of the Coin Game.
    """
    if isinstance(config, ExactCoinConfig):
        game = exact_coin_brs.make_game(config)
        return TrainedPlayer(game, coin_table.player(game), coin_table.tables)
    if not isinstance(config, BrsConfig) or config.game != "coin_game":
        raise UserError(f"{name} is no run of the Coin Game: only its players are exported")
    game = train.make_coin_game(config)
    actor = learned_evaluation.agent_player(game, train.make_players(config))
    return TrainedPlayer(
        game,
        Player(
            start=lambda params: actor.start(params["actor"]),
            act=lambda params, *seen: actor.act(params["actor"], *seen),
        ),
        (lambda params: coin_table.tables(params["actor"])) if config.agent == "table" else None,
    )
