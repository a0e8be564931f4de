"""Lifts the functions of one seed over all seeds of a run and spreads these over the devices.

Shapes: S seeds, R rows: the seeds, and copies of the last where they do not divide by the devices.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from common.logger.errors import UserError

Metrics = dict[str, Array]
State = Any  # a tree of arrays and keys; with a leading axis of seeds where all seeds are meant
SEEDS = PartitionSpec("seeds")


class Progress(NamedTuple):
    """How far the training of a seed is: all that a checkpoint holds."""

    state: State
    series: Metrics  # [E] each, of the updates since the last evaluation; then of older ones


class Spread(NamedTuple):
    """How S seeds lie on the devices: no seed needs another, each device works for itself.

    Attributes:
      num_seeds: S.
      num_rows: R.
      mesh: of the devices; None if one has all rows: inside of a mesh Python would run through
        every function once more.
    """

    num_seeds: int
    num_rows: int
    mesh: Mesh | None

    def rows(self, tree: Any) -> Any:
        """Puts a tree of [S, ...] on the devices, as [R, ...]."""
        missing = self.num_rows - self.num_seeds
        if missing:
            tree = jax.tree.map(lambda leaf: _with_copies(leaf, missing), tree)
        return jax.device_put(tree, self.mesh and NamedSharding(self.mesh, SEEDS))

    def seeds(self, tree: Any) -> Any:
        """The rows of a tree that are seeds, [S, ...]."""
        if self.num_rows == self.num_seeds:
            return tree
        return jax.tree.map(lambda leaf: leaf[: self.num_seeds], tree)

    def compile(
        self, function: Callable[..., Any], rows: Any, *numbers: Any, donate: bool = False
    ) -> Any:
        """Compiles a function of one row for all rows.

        A device does its rows one after the other: side by side in one program, the products of
        small matrices of several networks take longer.

        Args:
          function: of one row's tree, and of numbers that all rows share.
          rows: shapes and types of [R, ...].
          *numbers: of the shared numbers.
          donate: whether the memory of the rows is given away.
        """

        def on_device(tree: Any, *shared: Any) -> Any:
            return lax.map(lambda row: function(row, *shared), tree)

        lifted: Callable[..., Any] = on_device
        if self.mesh:
            sharding = NamedSharding(self.mesh, SEEDS)
            rows = jax.tree.map(
                lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding), rows
            )
            lifted = jax.shard_map(
                on_device,
                mesh=self.mesh,
                in_specs=(SEEDS, *(PartitionSpec() for _ in numbers)),
                out_specs=SEEDS,
                check_vma=False,
            )
        jitted = jax.jit(lifted, donate_argnums=0 if donate else ())
        return jitted.lower(rows, *numbers).compile()


class Program(NamedTuple):
    """The functions of a training of S seeds, compiled; rows [R, ...] in and out."""

    spread: Spread
    init: Callable[[Array], Progress]  # seeds [R]
    advance: Callable[[Progress, Array, Array], Progress]  # from, number of updates; donates
    evaluate: Callable[[Progress], Metrics]
    compile_seconds: float


def spread_over_devices(num_seeds: int) -> Spread:
    """Spreads seeds over as many devices as can be used, as evenly as can be."""
    per_device = math.ceil(num_seeds / jax.device_count())
    num_devices = math.ceil(num_seeds / per_device)
    if num_devices == 1:
        return Spread(num_seeds, per_device, None)
    devices = jax.devices()[:num_devices]
    mesh = jax.make_mesh((num_devices,), ("seeds",), axis_types=(AxisType.Auto,), devices=devices)
    return Spread(num_seeds, num_devices * per_device, mesh)


def start(init: Callable[[Array], State], update: Callable, num_updates: int) -> Callable:
    """Seed -> `Progress` before the first update, with room for the metrics of `num_updates`."""

    @jax.jit
    def begin(seed: Array) -> Progress:
        state = init(seed)
        metrics = jax.eval_shape(lambda: update(state)[1])
        empty = jax.tree.map(
            lambda leaf: jnp.zeros((num_updates, *leaf.shape), leaf.dtype), metrics
        )
        return Progress(state, empty)

    return begin


def compile_program(
    begin: Callable[[Array], Progress],
    update: Callable[[State], tuple[State, Metrics]],
    evaluate: Callable[[State], Metrics],
    num_seeds: int,
) -> Program:
    """Compiles a training of several seeds.

    Args:
      begin: see `start`.
      update: one update of one seed.
      evaluate: what is measured of one seed's state.
      num_seeds: S.
    """
    started = time.perf_counter()

    def advance(progress: Progress, first: Array, number: Array) -> Progress:
        def one(index: Array, progress: Progress) -> Progress:
            state, metrics = update(progress.state)
            series = jax.tree.map(
                lambda values, value: values.at[first + index].set(value), progress.series, metrics
            )
            return Progress(state, series)

        return lax.fori_loop(0, number, one, progress)

    spread, number = spread_over_devices(num_seeds), jnp.int32(0)
    rows = shapes(begin, spread.num_rows)
    return Program(
        spread=spread,
        init=spread.compile(begin, jax.ShapeDtypeStruct((spread.num_rows,), jnp.int32)),
        advance=spread.compile(advance, rows, number, number, donate=True),
        evaluate=spread.compile(lambda progress: evaluate(progress.state), rows),
        compile_seconds=time.perf_counter() - started,
    )


def shapes(init: Callable[[Array], State], num_seeds: int) -> State:
    """Returns the shapes and types of what a function gives for all seeds."""
    of_one = jax.eval_shape(init, jax.ShapeDtypeStruct((), jnp.int32))
    return jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct((num_seeds, *leaf.shape), leaf.dtype), of_one
    )


def over_seeds(function: Callable[[Any], Any], argument: Any) -> Any:
    """Applies a function of one seed to all, on all devices; a tree of [S, ...] in and out."""
    spread = spread_over_devices(jax.tree.leaves(argument)[0].shape[0])
    rows = spread.rows(argument)
    return spread.seeds(spread.compile(function, rows)(rows))


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


def _with_copies(leaf: Array, number: int) -> Array:
    return jnp.concatenate([leaf, *(leaf[-1:] for _ in range(number))])
