"""A made-up player of the Coin Game, and policies that somebody else has written to a file."""

from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, export

from common import coin_game_policy
from common.coin_game import CoinGame
from common.logger import atomic

GAME = CoinGame(episode_length=4)
ORIGIN = coin_game_policy.Origin("made_up", "figure_3_coin_game", seed=43, update=120)
MIXING = jax.random.normal(jax.random.key(3), (3, 3))
VIEWING = jax.random.normal(jax.random.key(4), (36, 3))
ACTING = jax.random.normal(jax.random.key(5), (3, 4))
HERE = ({"gpu": "cuda"}.get(jax.default_backend(), jax.default_backend()),)
UNIFORM = np.log(np.full((1, 4), 0.25, np.float32))


class Memory(NamedTuple):
    """Carry of a class of the writer's own."""

    hidden: Array
    num_moves: Array


def start():
    return Memory(jnp.zeros(3), jnp.zeros((), jnp.int32))


def act(memory, observation):
    """A recurrent player with fixed weights."""
    hidden = jnp.tanh(memory.hidden @ MIXING + observation.reshape(-1) @ VIEWING)
    log_probs = jax.nn.log_softmax(hidden @ ACTING)
    return Memory(hidden, memory.num_moves + 1), log_probs


def write(path: Path) -> Path:
    """Writes the player to a file."""
    coin_game_policy.save(path, start, act, GAME, ORIGIN)
    return path


def rewritten(written, path, changes, payload=None):
    """A copy of the file with other entries in its header, or another payload."""
    header, functions = atomic.read_checked(written)
    atomic.write_checked(path, functions if payload is None else payload, {**header, **changes})
    return path


def exported(initial_carry, act, carry, platforms=HERE, calls=()):
    """Header entries and payload of functions that somebody else has written."""
    (rows,) = export.symbolic_shape("n")
    seen = jax.ShapeDtypeStruct((rows, *GAME.observation_shape), jnp.float32)
    keys = jax.ShapeDtypeStruct((rows, 2), jnp.uint32)
    carries = jax.tree.map(lambda size: jax.ShapeDtypeStruct((rows, size), jnp.float32), carry)
    unchecked = [export.DisabledSafetyCheck.custom_call(name) for name in calls]
    parts = [
        export.export(jax.jit(function), platforms=platforms, disabled_checks=unchecked)(
            *arguments
        ).serialize()
        for function, arguments in ((initial_carry, (seen,)), (act, (carries, seen, keys)))
    ]
    sizes = dict(zip(coin_game_policy.FUNCTIONS, map(len, parts), strict=True))
    return {"function_bytes": sizes, "platforms": list(platforms)}, b"".join(map(bytes, parts))


def no_carry(seen):
    del seen
    return ()


def always(log_probs, action=0):
    """A policy without memory whose log-probabilities are always the same."""

    def act(carry, seen, key):
        del key
        rows = seen.shape[0]
        chosen = jnp.broadcast_to(jnp.asarray(action, jnp.int32), rows)
        return carry, chosen, jnp.broadcast_to(jnp.asarray(log_probs), (rows, 4))

    return act


def calling(program):
    """A policy that calls a program outside XLA for its move."""

    def act_rows(carry, seen, key):
        called = jax.ffi.ffi_call(program, jax.ShapeDtypeStruct(key.shape, key.dtype))(key)
        return always(UNIFORM, action=called[:, 0].astype(jnp.int32))(carry, seen, key)

    return act_rows
