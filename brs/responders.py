"""Best responders by search in whole games: each real move of the searcher is a new search."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from brs import open_loop_search, tree_search
from brs.coin_game_players import Params, Player, inverse_draw
from brs.search_model import BASES, Model, Node
from brs.study_configs import SearchConfig
from common import coin_game
from common.coin_game import CoinGame

_SEARCHES = {"mctx": tree_search.choose, "open_loop": open_loop_search.choose}


def make_model(config: SearchConfig, game: CoinGame, agent: Player) -> Model:
    """The model of a search against an agent."""
    return Model(game, agent, BASES[config.base])


def play(config: SearchConfig, game: CoinGame, agent: Player, params: Params, key: Array) -> Array:
    """Plays one episode of a searcher in seat 0 against an agent.

    Args:
      config: the search.
      game: parameters of the game.
      agent: in seat 1.
      params: of the agent.
      key: consumed.

    Returns:
      Rewards [T, P], of searcher and agent.
    """
    model = make_model(config, game, agent)
    choose = _SEARCHES[config.kind]
    reset_key, play_key = jax.random.split(key)

    def one(node: Node, key: Array) -> tuple[Node, Array]:
        search_key, agent_key, step_key = jax.random.split(key, 3)
        action = choose(config, model, params, node, search_key)
        memory, probs = agent.act(params, node.memory, node.state, 1)
        reply = inverse_draw(probs, jax.random.uniform(agent_key))
        actions = jnp.stack([action, reply])
        state, rewards = coin_game.step(game, node.state, actions, step_key)
        return Node(state, memory), rewards

    first: Any = Node(coin_game.reset(game, reset_key), agent.start(params))
    _, rewards = lax.scan(one, first, jax.random.split(play_key, game.episode_length))
    return rewards


def play_many(
    config: SearchConfig,
    game: CoinGame,
    agent: Player,
    params: Params,
    key: Array,
    num_episodes: int,
) -> Array:
    """Rewards per step of searcher and agent in B episodes. Shape [B, P]; consumes the key."""
    keys = jax.random.split(key, num_episodes)
    rewards = jax.vmap(lambda key: play(config, game, agent, params, key))(keys)
    return jnp.mean(rewards, axis=1)
