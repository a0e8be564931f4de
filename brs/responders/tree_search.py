"""Tree search with mctx against the true agent: the paper's MCTS opponent, made strong enough.

mctx keeps one child per node and action and simulates it once: chance is frozen at the first visit,
and deeper search plans with knowledge of sampled luck. Remedy: M independent trees for every move,
whose visits at the root are summed. And mctx's default exploration constant is far too small for
one noisy roll-out per leaf: it stays with what it tried first (see `certificate_tree_search`).
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import mctx
from jax import Array

from brs.responders import search_model
from brs.responders.config import SearchConfig
from brs.responders.search_model import Case, Model, Node


class Embedding(NamedTuple):
    """What mctx stores at each node; leading axis M."""

    node: Node
    key: Array  # [2] uint32


def choose(config: SearchConfig, model: Model, case: Case, node: Node, key: Array) -> Array:
    """Chooses the searcher's action at a node; consumes the key.

    Args:
      config: number of trees and simulations, roll-outs.
      model: game and agent.
      case: parameters of the agent, base policy and exploration constant.
      node: where the game really stands.
      key: consumed.

    Returns:
      Index of the action. Shape [].
    """
    num_trees, num_actions = config.num_trees, model.game.num_actions
    root_key, search_key = jax.random.split(key)

    def expand(embedding: Embedding, action: Array) -> tuple[Embedding, Array, Array]:
        """Steps from a node and values what follows: embedding, reward, value."""
        next_key, step_key, value_key = jax.random.split(jax.random.wrap_key_data(embedding.key), 3)
        after, reward = search_model.step(model, case, embedding.node, action, step_key)
        value = search_model.roll_out(model, case, after, config.roll_out_steps, value_key)
        return Embedding(after, jax.random.key_data(next_key)), reward, value

    def recurrent_fn(
        unused_params: Any, unused_key: Array, actions: Array, embeddings: Embedding
    ) -> tuple[mctx.RecurrentFnOutput, Embedding]:
        after, rewards, values = jax.vmap(expand)(embeddings, actions)
        prior = jnp.zeros((num_trees, num_actions))
        output = mctx.RecurrentFnOutput(
            reward=rewards, discount=jnp.ones(num_trees), prior_logits=prior, value=values
        )
        return output, after

    copies = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (num_trees, *leaf.shape)), node)
    keys = jax.vmap(jax.random.key_data)(jax.random.split(root_key, num_trees))
    root = mctx.RootFnOutput(
        prior_logits=jnp.zeros((num_trees, num_actions)),
        value=jnp.zeros(num_trees),
        embedding=Embedding(copies, keys),
    )
    found = mctx.muzero_policy(
        (),
        search_key,
        root,
        recurrent_fn,
        config.num_simulations,
        dirichlet_fraction=0.0,
        pb_c_init=case.exploration,
        temperature=1.0,
    )
    return jnp.argmax(jnp.sum(found.action_weights, axis=0))
