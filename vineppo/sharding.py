"""Spreads a model and its batches over the devices of a mesh, data x model.

Every matrix is split over the model axis, inputs of a block by columns and its outputs by rows, so
that a block needs two sums; sequences are split over the data axis. The compiler does the rest:
no other file knows of it. Optimiser states are laid out like the parameters they belong to.
"""

from typing import Any

import jax
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from vineppo.errors import UserError

_BY_COLUMNS = ("query", "key", "value", "gate", "up", "head")
_BY_ROWS = ("output", "down", "embedding")
_BIASES = ("query_bias", "key_bias", "value_bias")


def make_mesh(model_shards: int) -> Mesh:
    """All devices: `model_shards` share each matrix, the others share the batch.

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
        return jax.device_put(leaf, NamedSharding(mesh, spec))

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
    return jax.tree.map(lambda leaf: jax.device_put(leaf, sharding), arrays)


def _spec(name: str, rank: int) -> PartitionSpec:
    if rank == 2 and name in _BY_COLUMNS:
        return PartitionSpec(None, "model")
    if rank == 2 and name in _BY_ROWS:
        return PartitionSpec("model", None)
    return PartitionSpec("model") if rank == 1 and name in _BIASES else PartitionSpec()
