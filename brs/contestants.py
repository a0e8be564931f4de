"""Who can be examined: scripts by their name, and files of portable policies."""

from pathlib import Path
from typing import NamedTuple

from brs import exact_coin_game, portable
from brs.coin_game_players import CONTROLLERS, Player, controlled
from brs.errors import UserError
from brs.exact_coin_game import Values
from common.coin_game import CoinGame


class Contestant(NamedTuple):
    """An agent that is examined.

    Attributes:
      name: as it is shown.
      game: that it plays.
      player: its policy; the parameters are unused.
      exact: values of best responder and agent, if they can be computed.
    """

    name: str
    game: CoinGame
    player: Player
    exact: Values | None


def find(word: str) -> Contestant:
    """Returns the agent that a word of the command line means.

    Args:
      word: a name of `CONTROLLERS`, or the file of a portable policy.

    Raises:
      DamagedFileError: a file fails a check.
      UserError: there is no such agent, or it plays another kind of game; see `portable.load`.
    """
    if word in CONTROLLERS:
        game, controller = CoinGame(), CONTROLLERS[word]
        exact = exact_coin_game.best_response(game, exact_coin_game.tabulate(game, controller))
        return Contestant(word, game, controlled(game, controller), exact)
    path = Path(word)
    if not path.is_file():
        raise UserError(
            f"unknown agent '{word}': neither a file of a portable policy nor one of "
            f"{', '.join(CONTROLLERS)}"
        )
    policy = portable.load(path)
    if policy.game.num_players != 2 or policy.game.num_coins != 1:
        raise UserError(f"{path} plays a Coin Game of more than 2 players or a single coin")
    return Contestant(path.stem, policy.game, portable.player(policy.game, policy), None)
