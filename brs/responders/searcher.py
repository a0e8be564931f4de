"""Best responders by search in whole games: each real move of the searcher is a new search."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from brs.coin_game_players import SCRIPTS, Player, inverse_draw
from brs.responders import open_loop_search, tree_search
from brs.responders.config import SearchConfig
from brs.responders.search_model import Case, Model, Node
from common import coin_game
from common.coin_game import CoinGame

_SEARCHES = {"mctx": tree_search.choose, "open_loop": open_loop_search.choose}


def make_case(agent: Any, base: str, exploration: float) -> Case:
    """What a compiled search is told: `base` is a name of `SCRIPTS`."""
    return Case(agent, jnp.array(list(SCRIPTS).index(base), jnp.int32), jnp.array(exploration))


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
