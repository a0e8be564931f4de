"""The model that both tree searches plan with: the true game and the true policy of the agent.

A node is a state of the game and the agent's memory before it looks at that state. An edge is an
action of the searcher: the agent's action is drawn from its policy, which does not see the
searcher's, and the game steps. The searcher sits in seat 0, the agent in seat 1; rewards are the
searcher's, undiscounted, and stop with the episode.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from brs.coin_game_players import SCRIPTS, Player, inverse_draw
from common import coin_game
from common.coin_game import CoinGame, CoinGameState


class Case(NamedTuple):
    """What a compiled search is told when it runs."""

    agent: Any  # parameters of the agent
    base: Array  # [] int32, index into SCRIPTS: how the searcher plays in roll-outs
    exploration: Array  # []


class Node(NamedTuple):
    """Where a search stands."""

    state: CoinGameState
    memory: Any  # of the agent, before it looks at the state


class Model(NamedTuple):
    """What can be simulated."""

    game: CoinGame
    agent: Player


def step(model: Model, case: Case, node: Node, action: Array, key: Array) -> tuple[Node, Array]:
    """Plays an action of the searcher; consumes the key.

    Returns:
      The next node, and the searcher's reward, which is zero once the episode is over.
    """
    agent_key, step_key = jax.random.split(key)
    memory, probs = model.agent.act(case.agent, node.memory, node.state, 1)
    reply = inverse_draw(probs, jax.random.uniform(agent_key))
    state, rewards = coin_game.step(model.game, node.state, jnp.stack([action, reply]), step_key)
    is_on = node.state.time < model.game.episode_length
    return Node(state, memory), jnp.where(is_on, rewards[0], 0.0)


def base_probs(model: Model, case: Case, node: Node) -> Array:
    """How the searcher plays in roll-outs. Shape [A]."""
    probs = jnp.stack([script(model.game, node.state, 0) for script in SCRIPTS.values()])
    return probs[case.base]


def roll_out(model: Model, case: Case, node: Node, num_steps: int, key: Array) -> Array:
    """Return of the base policy over some steps, or until the episode ends. Consumes the key."""

    def one(node: Node, key: Array) -> tuple[Node, Array]:
        action_key, step_key = jax.random.split(key)
        probs = base_probs(model, case, node)
        action = inverse_draw(probs, jax.random.uniform(action_key))
        return step(model, case, node, action, step_key)

    _, rewards = lax.scan(one, node, jax.random.split(key, num_steps))
    return jnp.sum(rewards)
