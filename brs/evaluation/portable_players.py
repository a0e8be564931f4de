"""Players of the Coin Game in files that any program can play, and whoever wrote such a file."""

from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import Array

from brs.coin_game_players import Params, Player, seen_state
from common import coin_game, coin_game_policy
from common.coin_game import CoinGame, CoinGameState
from common.coin_game_policy import Origin
from common.logger.errors import UserError


class PortablePlayer(NamedTuple):
    """A player that was read from a file; its parameters are unused, for they are baked in."""

    game: CoinGame  # that it was trained in
    player: Player


def read(path: Path) -> PortablePlayer:
    """Reads a player.

    Raises:
      DamagedFileError: the file fails a check.
      UserError: it is no policy, or plays another kind of game; see `coin_game_policy.load`.
    """
    policy = coin_game_policy.load(path)
    game, functions = policy.game, coin_game_policy.functions(policy)
    if game.num_players != 2 or game.num_coins != 1:
        raise UserError(f"{path} plays a Coin Game of more than 2 players or a single coin")

    def act(params: Params, carry: Any, state: CoinGameState, seat: int) -> tuple[Any, Array]:
        del params
        carry, log_probs = functions.act(carry, coin_game.observe(game, state)[seat])
        return carry, jnp.exp(log_probs)

    return PortablePlayer(game, Player(lambda params: functions.start(), act))


def write(path: Path, player: Player, params: Params, game: CoinGame, origin: Origin) -> None:
    """Writes a player with its parameters; it may not look at the time that has passed."""

    def act(carry: Any, observation: Array) -> tuple[Any, Array]:
        carry, probs = player.act(params, carry, seen_state(game, observation), 0)
        return carry, jnp.log(probs)

    coin_game_policy.save(path, lambda: player.start(params), act, game, origin)
