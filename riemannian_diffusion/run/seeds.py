"""Lifts the functions of one seed over all seeds of a run and spreads these over the devices."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from common.logger.errors import UserError

Metrics = dict[str, Array]
State = Any  # a tree of arrays and keys; with a leading axis of seeds where all seeds are meant
SEEDS = PartitionSpec("seeds")


class Program(NamedTuple):
    """The functions of a run over S seeds, compiled."""

    init: Callable[[Array], State]  # seeds [S] -> state
    advance: Callable[[State], tuple[State, Metrics]]  # donates; metrics [S, updates]
    monitor: Callable[[State], Metrics]  # [S]
    compile_seconds: float


def compile_program(
    init: Callable[[Array], State],
    advance: Callable[[State], tuple[State, Metrics]],
    monitor: Callable[[State], Metrics],
    *,
    num_seeds: int,
) -> Program:
    """Compiles a training run of several seeds.

    Args:
      init: seed -> state of one seed.
      advance: the updates between two log points, of one seed.
      monitor: what is measured of one seed's state at a log point.
      num_seeds: seeds of the run.
    """
    started = time.perf_counter()
    seeds = jax.ShapeDtypeStruct((num_seeds,), jnp.int32)
    states = shapes(init, num_seeds)
    return Program(
        init=over_seeds(init, seeds),
        advance=over_seeds(advance, states, donate_argnums=0),
        monitor=over_seeds(monitor, states),
        compile_seconds=time.perf_counter() - started,
    )


def shapes(init: Callable[[Array], State], num_seeds: int) -> State:
    """Returns the shapes and types of the state of all seeds."""
    return jax.eval_shape(jax.vmap(init), jax.ShapeDtypeStruct((num_seeds,), jnp.int32))


def over_seeds(function: Callable[[Any], Any], argument: Any, **options: Any) -> Any:
    """Compiles a function of one seed for all seeds.

    The seeds are spread over the largest number of devices that divides their number. No seed needs
    another: each device runs its own share without communication.

    Args:
      function: of one seed.
      argument: shapes and types of its argument, with a leading axis of seeds.
      **options: of `jax.jit`.
    """
    num_seeds = jax.tree.leaves(argument)[0].shape[0]
    num_devices = max(d for d in range(1, jax.device_count() + 1) if num_seeds % d == 0)
    mesh = jax.make_mesh(
        (num_devices,), ("seeds",), axis_types=(AxisType.Auto,), devices=jax.devices()[:num_devices]
    )
    lifted = jax.shard_map(
        jax.vmap(function), mesh=mesh, in_specs=SEEDS, out_specs=SEEDS, check_vma=False
    )
    sharding = NamedSharding(mesh, SEEDS)
    shaped = jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding), argument
    )
    compiled = jax.jit(lifted, **options).lower(shaped).compile()
    return lambda tree: compiled(jax.device_put(tree, sharding))


@contextmanager
def memory_errors_explained() -> Iterator[None]:
    """Turns JAX's error for lack of memory into a line on what to do about it.

    Raises:
      UserError: the memory of the device does not suffice.
    """
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        reason = str(error).splitlines()[0]
        raise UserError(f"{reason} Try a smaller batch_size, or fewer seeds at a time") from error
