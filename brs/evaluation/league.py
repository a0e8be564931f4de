"""Who takes part in a league: agents trained here, scripts, and agents read from portable files.

Shapes: S seeds.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from brs import coin_game_players
from brs.coin_game_players import CONTROLLERS, Player
from brs.evaluation import portable_players
from brs.evaluation.config import LeagueConfig
from brs.exact import coin_game_brs, coin_game_values, coin_table
from brs.exact.coin_game_values import Agent
from common.coin_game import CoinGame
from common.logger.curves import curve_rows, side_by_side
from common.logger.errors import UserError
from common.logger.experiment import Rows


class LeagueAgent(NamedTuple):
    """An agent of S seeds, or one whose S seeds are the same."""

    game: CoinGame  # that it was made for
    player: Player
    params: Any  # [S, ...], or nothing
    tables: Sequence[Agent]  # of every seed, if its memory is finite; else none


class League(NamedTuple):
    """All that take part, and the curves of those that were trained."""

    agents: dict[str, LeagueAgent]
    curves: Rows


def gather(config: LeagueConfig, trainer: Any) -> League:
    """Trains, tabulates and reads all that take part.

    Raises:
      UserError: nobody takes part, two have one name, or a file plays another kind of game.
    """
    agents, curves = _trained_agents(config, trainer)
    for name in config.scripts:
        game = next(iter(agents.values())).game
        agents[name] = _script(name, game, len(trainer.seeds))
    for file in config.policies:
        name = Path(file).stem
        if name in agents:
            raise UserError(f"two agents are called {name}: rename the file {file}")
        agents[name] = LeagueAgent(*portable_players.read(Path(file)), params=(), tables=[])
    if not agents:
        raise UserError(
            "nobody takes part: give files of players, --policies FOLDER (make: POLICIES=FOLDER)"
        )
    return League(agents, curves or [{"update": 0, "seed": seed} for seed in trainer.seeds])


def params_of(agent: LeagueAgent, index: Any) -> Any:
    """Parameters of one seed."""
    return jax.tree.map(lambda leaf: jnp.asarray(leaf)[index], agent.params)


def _trained_agents(config: LeagueConfig, trainer: Any) -> tuple[dict[str, LeagueAgent], Rows]:
    agents: dict[str, LeagueAgent] = {}
    curves = {}
    for name, variant in config.variants:
        result = trainer.train(variant, name)
        game, params = coin_game_brs.make_game(variant), jax.device_get(result.params)
        agent = LeagueAgent(game, coin_table.player(game), params, [])
        each = [params_of(agent, index) for index in range(len(trainer.seeds))]
        agents[name] = agent._replace(tables=[coin_table.tables(own) for own in each])
        curves[name] = curve_rows(result.log, trainer.seeds)
    return agents, side_by_side(curves)


def _script(name: str, game: CoinGame, num_seeds: int) -> LeagueAgent:
    controller = CONTROLLERS[name]
    numbers = coin_game_players.as_tables(controller)
    params = jax.tree.map(lambda leaf: np.stack([leaf] * num_seeds), numbers)
    player = coin_game_players.any_controller(game)  # one program for all scripts
    return LeagueAgent(
        game, player, params, [coin_game_values.tabulate(game, controller)] * num_seeds
    )
