"""Spreads a model and its batches over the devices of a mesh, data x model, of one host or several.

Every matrix is split over the model axis, inputs of a block by columns and its outputs by rows, so
that a block needs two sums; sequences are split over the data axis. The compiler does the rest.
Optimiser states are laid out like the parameters they belong to. With several hosts each runs the
same program, draws the same questions and keys, and holds its part of every array.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from common.logger.errors import UserError

_BY_COLUMNS = ("query", "key", "value", "gate", "up", "head")
_BY_ROWS = ("output", "down", "embedding")
_BIASES = ("query_bias", "key_bias", "value_bias")


def join(coordinator: str, num_processes: int, index: int) -> None:
    """Makes this process one of several that share all their devices; before JAX is used.

    Args:
      coordinator: address and port of the first process.
      num_processes: of the run.
      index: of this one.
    """
    jax.distributed.initialize(coordinator, num_processes, index)


@contextmanager
def after_first_process() -> Iterator[None]:
    """What the first process does here is done before the others begin it."""
    if jax.process_index():
        multihost_utils.sync_global_devices("first process is through")
    yield
    if not jax.process_index():
        multihost_utils.sync_global_devices("first process is through")


def own_folder(folder: Path) -> Path:
    """Where this process writes: the folder itself for the first, one in it for the others."""
    index = jax.process_index()
    return folder / f"process_{index}" if index else folder


def shared_folder(folder: Path) -> Path:
    """The folder of the run, from a process's own."""
    return folder.parent if jax.process_index() else folder


def make_mesh(model_shards: int) -> Mesh:
    """All devices of all hosts: `model_shards` share each matrix, the others share the batch.

    Raises:
      UserError: the number of devices is no multiple of it.
    """
    number = jax.device_count()
    if number % model_shards:
        raise UserError(
            f"model_shards {model_shards} must divide the number of devices {number}; try 1"
        )
    shape = (number // model_shards, model_shards)
    return jax.make_mesh(shape, ("data", "model"), axis_types=(AxisType.Auto, AxisType.Auto))


def place_params(params: Any, mesh: Mesh) -> Any:
    """Lays out a tree that holds a model's parameters; leaves of other names go everywhere."""

    def placed(path: tuple[Any, ...], leaf: Any) -> Any:
        spec = _spec(str(getattr(path[-1], "key", "")), leaf.ndim)
        if any(
            axis is not None and size % mesh.shape[axis]
            for axis, size in zip(spec, leaf.shape, strict=False)
        ):
            spec = PartitionSpec()  # sizes that do not divide stay whole
        return _placed(leaf, NamedSharding(mesh, spec))

    return jax.tree_util.tree_map_with_path(placed, params)


def place_rows(arrays: Any, mesh: Mesh) -> Any:
    """Splits arrays by their first axis.

    Raises:
      UserError: the number of rows is no multiple of the data axis.
    """
    number, parts = jax.tree.leaves(arrays)[0].shape[0], mesh.shape["data"]
    if number % parts:
        raise UserError(
            f"{number} sequences cannot be split over {parts} devices; "
            f"try {-(-number // parts) * parts}"
        )
    sharding = NamedSharding(mesh, PartitionSpec("data"))
    return jax.tree.map(lambda leaf: _placed(leaf, sharding), arrays)


def beside(params: Any, rows: np.ndarray) -> Any:
    """Rows split over the devices that hold a model; as they are if it lies on one device.

    Rows that do not divide go everywhere.
    """
    sharding = jax.tree.leaves(params)[0].sharding
    if not isinstance(sharding, NamedSharding):
        return jax.numpy.asarray(rows)
    divides = len(rows) % sharding.mesh.shape["data"] == 0
    spec = PartitionSpec("data") if divides else PartitionSpec()
    return _placed(rows, NamedSharding(sharding.mesh, spec))


def fetch(tree: Any) -> Any:
    """Arrays as NumPy arrays, whole on every host."""

    def whole(leaf: Any) -> Any:
        if not isinstance(leaf, jax.Array) or leaf.is_fully_addressable or leaf.is_fully_replicated:
            return jax.device_get(leaf)
        return multihost_utils.process_allgather(leaf, tiled=True)

    return jax.tree.map(whole, tree)


def _placed(leaf: Any, sharding: NamedSharding) -> jax.Array:
    """An array in a layout; one that lies on a mesh is laid out anew by the devices."""
    if isinstance(leaf, jax.Array) and isinstance(leaf.sharding, NamedSharding):
        is_there = leaf.sharding.is_equivalent_to(sharding, leaf.ndim)
        return leaf if is_there else jax.device_put(leaf, sharding)
    whole = np.asarray(leaf)
    return jax.make_array_from_callback(whole.shape, sharding, lambda index: whole[index])


def _spec(name: str, rank: int) -> PartitionSpec:
    if rank == 2 and name in _BY_COLUMNS:
        return PartitionSpec(None, "model")
    if rank == 2 and name in _BY_ROWS:
        return PartitionSpec("model", None)
    return PartitionSpec("model") if rank == 1 and name in _BIASES else PartitionSpec()
