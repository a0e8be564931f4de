"""Checkpoints of which a part may lie on several devices: orbax keeps that, each host its share.

A checkpoint is one of `common.logger.checkpoints`. Arrays that lie on several devices are in a
folder of orbax beside it, complete before the checkpoint is there.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import jax
import numpy as np

from common.logger import checkpoints
from common.logger.atomic import DamagedFileError
from vineppo.model_files import sharding

State = TypeVar("State")
Shards = dict[str, jax.Array]  # by number of the leaf


def save(folder: Path, state: Any, step: int, settings: Mapping[str, Any]) -> None:
    """Writes a checkpoint; every process of a run calls it, and returns when all is written.

    Args:
      folder: of the run; of this process in it, if there are several.
      state: a tree of arrays and typed random keys.
      step: updates done.
      settings: configuration and seeds.
    """
    rest, shards = split(state)
    if shards:
        _save_shards(folder / checkpoints.file_name(step), shards)
    checkpoints.save(folder, rest, step, settings)
    if shards and not jax.process_index():
        kept = {shards_of(path) for path in checkpoints.list_checkpoints(folder)}
        for old in set(folder.absolute().glob("*.shards")) - kept:
            shutil.rmtree(old, ignore_errors=True)


def load(path: Path, template: State, settings: Mapping[str, Any]) -> tuple[State, int]:
    """Reads a checkpoint, arrays on several devices to where those of the template lie.

    Raises:
      Exception: see `checkpoints.load`.
      DamagedFileError: the part on several devices is not there, or something else is.
    """
    rest, places = split(template)
    state, step = checkpoints.load(path, rest, settings)
    return (joined(state, _load_shards(path, places)) if places else state), step


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


def shards_of(checkpoint: Path) -> Path:
    """Where the shards of a checkpoint lie, the same for all processes of a run."""
    return sharding.shared_folder(checkpoint.parent).absolute() / f"{checkpoint.stem}.shards"


def _save_shards(checkpoint: Path, shards: Shards) -> None:
    from orbax.checkpoint import StandardCheckpointer

    with StandardCheckpointer() as checkpointer:
        checkpointer.save(shards_of(checkpoint), shards, force=True)


def _load_shards(checkpoint: Path, template: Shards) -> Shards:
    from orbax.checkpoint import StandardCheckpointer

    places = {
        name: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=leaf.sharding)
        for name, leaf in template.items()
    }
    folder = shards_of(checkpoint)
    try:
        with StandardCheckpointer() as checkpointer:
            found: Shards = checkpointer.restore(folder, places)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).partition("\n")[0]
        raise DamagedFileError(f"{folder} is damaged: {reason}") from error
    return found


def _is_sharded(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and len(leaf.sharding.device_set) > 1
