"""Replay buffers: past selves, from which opponents are drawn, and earlier games to learn from.

Playing the whole history of itself, the untrained network included, is what keeps an agent
from trusting everybody. The buffer holds as many parameter sets as the run can push, no more.
Earlier games, of the Negotiation Game, show it what to do about players that are no longer met.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

Params = Any  # a tree of arrays; with a leading axis of N past selves in the buffer


def empty(params: Params, size: int) -> Params:
    """Returns a buffer of N = `size` slots, nothing in it yet."""
    return jax.tree.map(lambda leaf: jnp.zeros((size, *leaf.shape), leaf.dtype), params)


def push(buffer: Params, params: Params, step: Array, *, every_updates: int) -> Params:
    """Stores the parameters before update `step`, if it is the turn of it; the oldest give way.

    Only one slot is read and written, so that in a donated or scanned state nothing is copied.

    Args:
      buffer: [N, ...].
      params: of the agent now.
      step: updates done. Shape [].
      every_updates: updates between two pushes; the first is at update 0.
    """
    is_due = step % every_updates == 0

    def put(slots: Array, leaf: Array) -> Array:
        index = step // every_updates % slots.shape[0]
        return slots.at[index].set(jnp.where(is_due, leaf, slots[index]))

    return jax.tree.map(put, buffer, params)


def num_filled(size: int, step: Array, *, every_updates: int) -> Array:
    """Number of slots that hold a past self once update `step` has pushed. Shape []."""
    return jnp.minimum(step // every_updates + 1, size)


def draw(buffer: Params, step: Array, key: Array, *, every_updates: int, number: int) -> Params:
    """Draws past selves uniformly with replacement; consumes the key.

    Args:
      buffer: [N, ...].
      step: updates done; the one under way has pushed. Shape [].
      key: consumed.
      every_updates: updates between two pushes.
      number: K, of past selves drawn.

    Returns:
      Parameters [K, ...].
    """
    size = jax.tree.leaves(buffer)[0].shape[0]
    filled = num_filled(size, step, every_updates=every_updates)
    indices = jax.random.randint(key, (number,), 0, filled)
    return jax.tree.map(lambda slots: slots[indices], buffer)


def draw_games(buffer: Any, step: Array, key: Array, *, number: int) -> Any:
    """Draws earlier games uniformly with replacement; consumes the key.

    Args:
      buffer: [N, m, ...], with a slot of m games pushed at every update.
      step: updates done; the one under way has pushed. Shape [].
      key: consumed.
      number: R, of games drawn.

    Returns:
      Games [R, ...].
    """
    size, in_slot = jax.tree.leaves(buffer)[0].shape[:2]
    filled = num_filled(size, step, every_updates=1) * in_slot
    indices = jax.random.randint(key, (number,), 0, filled)
    return jax.tree.map(lambda slots: slots[indices // in_slot, indices % in_slot], buffer)
