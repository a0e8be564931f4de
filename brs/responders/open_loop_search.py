"""Our own tree search: open-loop UCT, whose nodes are sequences of the searcher's actions.

Every simulation starts again from the true position with new luck, so that a node's statistics are
over all that chance and the agent's mixing can bring after its actions, and nothing is frozen. One
simulation of H steps:

    follow   a = argmax_a  W(n, a) / N(n, a) + c sqrt( log N(n) / N(n, a) )    while in the tree
    grow     by one node, then play the base policy to the end of the H steps
    back up  into every (n, a) on the way the rewards that came from there on

Shapes: N nodes of the tree, H steps, A actions.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from brs.coin_game_players import inverse_draw
from brs.responders import search_model
from brs.responders.config import SearchConfig
from brs.responders.search_model import Case, Model, Node

_NONE = -1


class Tree(NamedTuple):
    """The tree so far; node 0 is the root."""

    children: Array  # [N, A] int32, _NONE where there is none
    visits: Array  # [N, A]
    totals: Array  # [N, A], sums of returns
    size: Array  # [] int32


class Walk(NamedTuple):
    """Where a simulation stands."""

    node: Node
    place: Array  # [] int32, node of the tree; _NONE once it has been left
    children: Array  # [N, A] int32
    size: Array  # [] int32


def choose(config: SearchConfig, model: Model, case: Case, node: Node, key: Array) -> Array:
    """Chooses the searcher's action at a node: the one visited most. Consumes the key.

    Args:
      config: number of simulations, and steps of each.
      model: game and agent.
      case: parameters of the agent, base policy and exploration constant.
      node: where the game really stands.
      key: consumed.

    Returns:
      Index of the action. Shape [].
    """
    shape = (config.num_simulations + 1, model.game.num_actions)
    tree = Tree(
        children=jnp.full(shape, _NONE, jnp.int32),
        visits=jnp.zeros(shape),
        totals=jnp.zeros(shape),
        size=jnp.ones((), jnp.int32),
    )

    def simulate(tree: Tree, key: Array) -> tuple[Tree, None]:
        return _simulate(config, model, case, node, tree, key), None

    tree, _ = lax.scan(simulate, tree, jax.random.split(key, config.num_simulations))
    return jnp.argmax(tree.visits[0])


def upper_bounds(visits: Array, totals: Array, exploration: Array) -> Array:
    """Mean plus bonus of each action; infinite where it was never tried. Shape [A]."""
    means = totals / jnp.maximum(visits, 1)
    bonus = exploration * jnp.sqrt(jnp.log(jnp.sum(visits) + 1) / jnp.maximum(visits, 1))
    return jnp.where(visits > 0, means + bonus, jnp.inf)


def _simulate(
    config: SearchConfig, model: Model, case: Case, root: Node, tree: Tree, key: Array
) -> Tree:
    """One simulation from the true position; consumes the key."""

    def one(walk: Walk, key: Array) -> tuple[Walk, tuple[Array, Array, Array]]:
        action_key, step_key = jax.random.split(key)
        is_inside = walk.place >= 0
        place = jnp.maximum(walk.place, 0)
        bounds = upper_bounds(tree.visits[place], tree.totals[place], case.exploration)
        uniform = jax.random.uniform(action_key)
        # Of untried actions any may be first.
        noise = jnp.where(
            jnp.isinf(bounds), jnp.roll(jnp.arange(4.0), (4 * uniform).astype(int)), 0
        )
        inside = jnp.argmax(jnp.where(jnp.isinf(bounds), 1e9, bounds) + noise)
        outside = inverse_draw(search_model.base_probs(model, case, walk.node), uniform)
        action = jnp.where(is_inside, inside, outside)
        node, reward = search_model.step(model, case, walk.node, action, step_key)

        child = walk.children[place, action]
        grows = is_inside & (child == _NONE) & (walk.size == tree.size)
        children = walk.children.at[place, action].set(jnp.where(grows, walk.size, child))
        after = jnp.where(is_inside, child, _NONE)
        walk = Walk(node, after, children, walk.size + grows)
        return walk, (jnp.where(is_inside, place, _NONE), action, reward)

    start = Walk(root, jnp.zeros((), jnp.int32), tree.children, tree.size)
    end, (places, actions, rewards) = lax.scan(
        one, start, jax.random.split(key, config.roll_out_steps)
    )
    to_go = jnp.cumsum(rewards[::-1])[::-1]
    is_inside = (places >= 0).astype(jnp.float32)
    return Tree(
        children=end.children,
        visits=tree.visits.at[places, actions].add(is_inside),
        totals=tree.totals.at[places, actions].add(is_inside * to_go),
        size=end.size,
    )
