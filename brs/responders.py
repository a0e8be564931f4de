"""Best responders by search in whole games: each real move of the searcher is a new search."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from brs import coin_game_players, open_loop_search, tree_search
from brs.coin_game_players import Controller, Player, inverse_draw
from brs.search_model import BASES, Case, Model, Node
from brs.study_configs import SearchConfig
from common import coin_game
from common.coin_game import CoinGame

_SEARCHES = {"mctx": tree_search.choose, "open_loop": open_loop_search.choose}


def make_case(agent: Any, base: str, exploration: float) -> Case:
    """What a search is told: the agent's parameters, a name of `BASES`, an exploration constant."""
    return Case(agent, jnp.array(list(BASES).index(base), jnp.int32), jnp.array(exploration))


def play(config: SearchConfig, game: CoinGame, agent: Player, case: Case, key: Array) -> Array:
    """Plays one episode of a searcher in seat 0 against an agent.

    Args:
      config: the search.
      game: parameters of the game.
      agent: in seat 1.
      case: see `make_case`.
      key: consumed.

    Returns:
      Rewards [T, P], of searcher and agent.
    """
    model, choose = Model(game, agent), _SEARCHES[config.kind]
    reset_key, play_key = jax.random.split(key)

    def one(node: Node, key: Array) -> tuple[Node, Array]:
        search_key, agent_key, step_key = jax.random.split(key, 3)
        action = choose(config, model, case, node, search_key)
        memory, probs = agent.act(case.agent, node.memory, node.state, 1)
        reply = inverse_draw(probs, jax.random.uniform(agent_key))
        actions = jnp.stack([action, reply])
        state, rewards = coin_game.step(game, node.state, actions, step_key)
        return Node(state, memory), rewards

    first: Any = Node(coin_game.reset(game, reset_key), agent.start(case.agent))
    _, rewards = lax.scan(one, first, jax.random.split(play_key, game.episode_length))
    return rewards


def play_many(
    config: SearchConfig, game: CoinGame, agent: Player, case: Case, keys: Array
) -> Array:
    """Rewards per step of searcher and agent in an episode for each key. Shape [B, P]."""
    rewards = jax.vmap(lambda key: play(config, game, agent, case, key))(keys)
    return jnp.mean(rewards, axis=1)


class Tables(NamedTuple):
    """A controller of two modes as numbers."""

    scripts: Array  # [M] int32, index into BASES: what it plays in each mode
    next_modes: Array  # [M, E] int32


def as_tables(controller: Controller) -> Tables:
    """The numbers of a controller whose scripts are of `BASES`."""
    known = list(BASES.values())
    scripts = [known.index(script) for script in controller.scripts]
    modes = [list(row) for row in controller.next_modes]
    if len(scripts) == 1:  # a second mode that is never reached
        scripts, modes = scripts * 2, modes * 2
    return Tables(jnp.array(scripts, jnp.int32), jnp.array(modes, jnp.int32))


def any_controller(game: CoinGame) -> Player:
    """The player whose parameters are `Tables`: one program plays all scripts."""

    def act(tables: Tables, memory: Any, state: Any, seat: int) -> tuple[Any, Array]:
        memory, event = coin_game_players.look(memory, state, seat)
        mode = tables.next_modes[memory.mode, event]
        probs = jnp.stack([script(game, state, seat) for script in BASES.values()])
        return memory._replace(mode=mode), probs[tables.scripts[mode]]

    return Player(lambda tables: coin_game_players.nothing_seen(), act)
