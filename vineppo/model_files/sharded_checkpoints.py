"""The part of a training state that lies on several devices, kept by orbax: each host its share."""

from pathlib import Path
from typing import Any

import jax
import numpy as np

from common.logger.atomic import DamagedFileError
from vineppo.model_files import sharding

Shards = dict[str, jax.Array]  # by number of the leaf


def split(state: Any) -> tuple[Any, Shards]:
    """Takes what lies on several devices out of a state; empty arrays are left in its place."""
    leaves, structure = jax.tree.flatten(state)
    shards = {str(i): leaf for i, leaf in enumerate(leaves) if _is_sharded(leaf)}
    kept = [np.zeros(0, np.float32) if str(i) in shards else leaf for i, leaf in enumerate(leaves)]
    return jax.tree.unflatten(structure, kept), shards


def joined(rest: Any, shards: Shards) -> Any:
    """A state from the two parts of `split`."""
    leaves, structure = jax.tree.flatten(rest)
    whole = [shards.get(str(i), leaf) for i, leaf in enumerate(leaves)]
    return jax.tree.unflatten(structure, whole)


def folder_of(checkpoint: Path) -> Path:
    """Where the shards of a checkpoint lie, the same for all processes of a run."""
    return sharding.shared_folder(checkpoint.parent).absolute() / f"{checkpoint.stem}.shards"


def save(checkpoint: Path, shards: Shards) -> None:
    """Writes shards; every process of the run calls it, and returns when all is written."""
    from orbax.checkpoint import StandardCheckpointer

    with StandardCheckpointer() as checkpointer:
        checkpointer.save(folder_of(checkpoint), shards, force=True)


def load(checkpoint: Path, template: Shards) -> Shards:
    """Reads shards to where those of the template lie.

    Raises:
      DamagedFileError: they are not there, or something else is.
    """
    from orbax.checkpoint import StandardCheckpointer

    places = {
        name: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=leaf.sharding)
        for name, leaf in template.items()
    }
    folder = folder_of(checkpoint)
    try:
        with StandardCheckpointer() as checkpointer:
            found: Shards = checkpointer.restore(folder, places)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).partition("\n")[0]
        raise DamagedFileError(f"{folder} is damaged: {reason}") from error
    return found


def _is_sharded(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and len(leaf.sharding.device_set) > 1
