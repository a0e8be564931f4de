"""The agent replay buffer: past selves, from which the opponents of every batch are drawn.

Playing the whole history of itself, the untrained network included, is what keeps LOQA from
trusting everybody. The buffer holds as many parameter sets as the run can push, no more.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

# Second-level caches of today's CPUs hold 1 to 2 MB per core, those of all cores a few times that.
CORE_CACHE_BYTES = 5 * 2**18
SMALL_BYTES = 2**22

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


def draw(size: int, step: Array, key: Array, *, every_updates: int, number: int) -> Array:
    """Draws slots that hold a past self, uniformly with replacement; consumes the key.

    Args:
      size: N, slots of the buffer.
      step: updates done; the one under way has pushed. Shape [].
      key: consumed.
      every_updates: updates between two pushes.
      number: K, of slots drawn.

    Returns:
      Indices of slots. Shape [K], int32.
    """
    filled = num_filled(size, step, every_updates=every_updates)
    return jax.random.randint(key, (number,), 0, filled)


def take(buffer: Params, index: Array) -> Params:
    """Returns the past self in a slot of a buffer [N, ...]."""
    return jax.tree.map(lambda slots: slots[index], buffer)


def num_at_a_time(params: Params, number: int) -> int:
    """Number of past selves to work on together, a divisor of how many are met in all.

    Whoever plays a game of T steps reads its parameters T times. On a CPU that is from the cache if
    few enough play at a time, and from memory otherwise. Accelerators gain nothing from it.

    Args:
      params: shapes and types of one past self.
      number: K, past selves that are met in a batch.
    """
    num_bytes = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(params))
    if jax.default_backend() != "cpu" or number * num_bytes <= SMALL_BYTES:
        return number
    num_fitting = max(1, CORE_CACHE_BYTES // num_bytes)
    return max(n for n in range(1, number + 1) if number % n == 0 and n <= num_fitting)
