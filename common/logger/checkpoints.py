"""Checkpoints of a run: the whole training state, checksummed, the last two kept.

A checkpoint is a checked file of `common.logger.atomic`. Its header has the schema version, the
settings, the number of updates done and a line for each array of the state: where it stands in the
state, type and shape. The payload is the arrays' bytes, one after the other. Nothing in it is
executable, and neither writing nor reading holds more than one array beside the state.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from common.logger import atomic
from common.logger.errors import UserError
from common.logger.settings import differing_fields

SCHEMA_VERSION = 2
NUM_KEPT = 2

State = TypeVar("State")
Reader = Callable[[Path, Any, Mapping[str, Any]], tuple[Any, int]]  # see `load`


def save(folder: Path, state: Any, step: int, settings: Mapping[str, Any]) -> Path:
    """Writes a checkpoint atomically and drops all but the last two.

    Args:
      folder: of the run.
      state: a tree of arrays and typed random keys.
      step: updates done.
      settings: configuration and seeds, JSON values; a checkpoint of others is refused.

    Returns:
      The path written.
    """
    path = folder / file_name(step)
    leaves = [leaf for _, leaf in _named_leaves(state)]
    header = {
        "schema_version": SCHEMA_VERSION,
        "step": step,
        "settings": settings,
        "arrays": _described(state),
    }

    def parts() -> Iterator[np.ndarray]:
        return (_bytes_of(leaf) for leaf in leaves)

    atomic.write_checked(path, parts, header)
    for old in list_checkpoints(folder)[:-NUM_KEPT]:
        old.unlink()
    return path


def file_name(step: int) -> str:
    """Returns the name of the checkpoint after some updates."""
    return f"checkpoint_{step:08d}.ckpt"


def list_checkpoints(folder: Path) -> list[Path]:
    """Returns the checkpoints of a run, oldest first."""
    return sorted(folder.glob("checkpoint_*.ckpt"))


def load(path: Path, template: State, settings: Mapping[str, Any]) -> tuple[State, int]:
    """Reads one checkpoint.

    Args:
      path: the file.
      template: a state of the same shapes, for example of `jax.eval_shape`; where it has a NumPy
        array, one is read.
      settings: those of the run that wants to continue.

    Returns:
      The state and the number of updates done.

    Raises:
      DamagedFileError: the file fails a check.
      UserError: it is of another version, or of other settings, which are listed.
    """
    with atomic.open_checked(path) as (header, file):
        version = header.get("schema_version")
        if version != SCHEMA_VERSION or "settings" not in header:
            raise UserError(
                f"{path} is no checkpoint of schema version {SCHEMA_VERSION}, which this code "
                f"reads; its version is {version}"
            )
        differences = differing_fields(settings, header["settings"])
        if differences:
            raise UserError(f"{path} is of another configuration: {'; '.join(differences)}")
        if header["arrays"] != _described(template):
            raise UserError(f"{path} holds another training state: other code wrote it")
        state = jax.tree.map(lambda leaf: _read_leaf(file, leaf), template)
        return state, header["step"]


def load_newest(
    folder: Path,
    template: State,
    settings: Mapping[str, Any],
    warn: Callable[[str], None],
    read: Reader = load,
) -> tuple[State, int] | None:
    """Reads the newest checkpoint of a run that is sound.

    Args:
      folder: of the run.
      template: see `load`.
      settings: see `load`.
      warn: told about each damaged checkpoint that is passed over.
      read: how a checkpoint is read.

    Returns:
      State and updates done, or None if the run has no checkpoint yet.

    Raises:
      UserError: every checkpoint is damaged, or the newest sound one is of other settings.
    """
    paths = list_checkpoints(folder)[::-1]
    for path in paths:
        try:
            return read(path, template, settings)
        except atomic.DamagedFileError as error:
            warn(f"{error}; trying the one before")
    if paths:
        raise UserError(f"no checkpoint in {folder} is sound; start afresh without --resume")
    return None


def load_chosen(
    folder: Path,
    checkpoint: Path | None,
    template: State,
    settings: Mapping[str, Any],
    read: Reader = load,
) -> tuple[State, int]:
    """Reads the checkpoint of a run that the user chose, or the newest.

    Args:
      folder: of the run.
      checkpoint: the file; None for the newest.
      template: see `load`.
      settings: see `load`.
      read: how a checkpoint is read.

    Raises:
      FileNotFoundError: there is no such checkpoint.
      DamagedFileError: the file fails a check; the message offers an older one.
      UserError: see `load`.
    """
    kept = list_checkpoints(folder)
    if checkpoint is None and not kept:
        raise FileNotFoundError(f"{folder} has no checkpoint: the run was stopped before its first")
    chosen = checkpoint or kept[-1]
    try:
        return read(chosen, template, settings)
    except atomic.DamagedFileError as error:
        others = [str(other) for other in kept if other.resolve() != chosen.resolve()]
        offer = f"; try --checkpoint {others[-1]}" if others else ""
        raise atomic.DamagedFileError(f"{error}{offer}") from error


def _named_leaves(state: Any) -> list[tuple[str, Any]]:
    leaves, _ = jax.tree_util.tree_flatten_with_path(state)
    return [(jax.tree_util.keystr(path), leaf) for path, leaf in leaves]


def _described(state: Any) -> list[list[Any]]:
    """Place, type and shape of each array, in the order of the payload."""
    return [[name, str(leaf.dtype), list(leaf.shape)] for name, leaf in _named_leaves(state)]


def _is_key(leaf: Any) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _bytes_of(leaf: Any) -> np.ndarray:
    values = np.asarray(jax.random.key_data(leaf) if _is_key(leaf) else leaf)
    return np.ascontiguousarray(values).reshape(-1).view(np.uint8)


def _read_leaf(file: BinaryIO, leaf: Any) -> Any:
    stored = jax.eval_shape(jax.random.key_data, leaf) if _is_key(leaf) else leaf
    num_bytes = stored.dtype.itemsize * int(np.prod(stored.shape, dtype=int))
    values = np.frombuffer(file.read(num_bytes), stored.dtype).reshape(stored.shape)
    if isinstance(leaf, np.ndarray):  # of the host, where 64 bits are kept
        return values.copy()
    array = jnp.asarray(values)
    return jax.random.wrap_key_data(array) if _is_key(leaf) else array
