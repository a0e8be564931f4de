"""The agents that the detective is trained on: past ones, with noise on their parameters.

Diversity is what makes the detective an answer to agents, not to one agent.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

Params = Any  # a tree of arrays; with a leading axis of N past agents in the buffer


def empty(params: Params, size: int) -> Params:
    """Returns a buffer of N = `size` slots, nothing in it yet."""
    return jax.tree.map(lambda leaf: jnp.zeros((size, *leaf.shape), leaf.dtype), params)


def push(buffer: Params, params: Params, step: Array, *, every_updates: int) -> Params:
    """Stores the agent before update `step`, if it is the turn of it; the oldest give way."""
    is_due = step % every_updates == 0

    def put(slots: Array, leaf: Array) -> Array:
        index = step // every_updates % slots.shape[0]
        return slots.at[index].set(jnp.where(is_due, leaf, slots[index]))

    return jax.tree.map(put, buffer, params)


def draw(
    buffer: Params, step: Array, key: Array, *, every_updates: int, number: int, noise: float
) -> Params:
    """Draws past agents uniformly with replacement and adds noise; consumes the key.

    Args:
      buffer: [N, ...].
      step: updates done; the one under way has pushed. Shape [].
      key: consumed.
      every_updates: updates between two pushes.
      number: G, of agents drawn.
      noise: sigma, standard deviation of what is added to every parameter.

    Returns:
      Parameters [G, ...].
    """
    leaves, structure = jax.tree.flatten(buffer)
    filled = jnp.minimum(step // every_updates + 1, leaves[0].shape[0])
    index_key, *noise_keys = jax.random.split(key, 1 + len(leaves))
    indices = jax.random.randint(index_key, (number,), 0, filled)
    drawn = [
        slots[indices] + noise * jax.random.normal(key, (number, *slots.shape[1:]))
        for slots, key in zip(leaves, noise_keys, strict=True)
    ]
    return jax.tree.unflatten(structure, drawn)
