"""Checkpoints of a run: the whole training state, checksummed, the last two kept.

A checkpoint holds the state's arrays (flax's message pack) and a header with the schema version,
the configuration and the number of updates done. Nothing in it is executable.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from flax import serialization

from common.logger import atomic
from common.logger.errors import UserError
from common.logger.settings import differing_fields

SCHEMA_VERSION = 1
NUM_KEPT = 2

State = TypeVar("State")


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
    path = folder / f"checkpoint_{step:08d}.ckpt"
    header = {"schema_version": SCHEMA_VERSION, "step": step, "settings": settings}
    atomic.write_checked(path, serialization.to_bytes(_with_key_data(state)), header)
    for old in list_checkpoints(folder)[:-NUM_KEPT]:
        old.unlink()
    return path


def list_checkpoints(folder: Path) -> list[Path]:
    """Returns the checkpoints of a run, oldest first."""
    return sorted(folder.glob("checkpoint_*.ckpt"))


def load(path: Path, template: State, settings: Mapping[str, Any]) -> tuple[State, int]:
    """Reads one checkpoint.

    Args:
      path: the file.
      template: a state of the same shapes, for example of `jax.eval_shape`.
      settings: those of the run that wants to continue.

    Returns:
      The state and the number of updates done.

    Raises:
      DamagedFileError: the file fails a check.
      UserError: it is of another version, or of other settings, which are listed.
    """
    header, payload = atomic.read_checked(path)
    version = header.get("schema_version")
    if version != SCHEMA_VERSION or "settings" not in header:
        raise UserError(
            f"{path} is no checkpoint of schema version {SCHEMA_VERSION}, which this code reads; "
            f"its version is {version}"
        )
    differences = differing_fields(settings, header["settings"])
    if differences:
        raise UserError(f"{path} is of another configuration: {'; '.join(differences)}")
    return _unpack(payload, template, path), header["step"]


def load_newest(
    folder: Path, template: State, settings: Mapping[str, Any], warn: Callable[[str], None]
) -> tuple[State, int] | None:
    """Reads the newest checkpoint of a run that is sound.

    Args:
      folder: of the run.
      template: see `load`.
      settings: see `load`.
      warn: told about each damaged checkpoint that is passed over.

    Returns:
      State and updates done, or None if the run has no checkpoint yet.

    Raises:
      UserError: every checkpoint is damaged, or the newest sound one is of other settings.
    """
    paths = list_checkpoints(folder)[::-1]
    for path in paths:
        try:
            return load(path, template, settings)
        except atomic.DamagedFileError as error:
            warn(f"{error}; trying the one before")
    if paths:
        raise UserError(f"no checkpoint in {folder} is sound; start afresh without --resume")
    return None


def _unpack(payload: bytes, template: State, path: Path) -> State:
    keyless = jax.eval_shape(_with_key_data, template)
    try:
        state = serialization.from_bytes(keyless, payload)
        fits = jax.tree.map(lambda a, b: (a.shape, a.dtype) == (b.shape, b.dtype), keyless, state)
    except ValueError:  # another tree
        fits = False
    if not all(jax.tree.leaves(fits)):
        raise UserError(
            f"{path} holds another training state: it is of another version of riemannian_diffusion"
        )
    return jax.tree.map(_restore_key, template, state)


def _is_key(leaf: Any) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _with_key_data(state: Any) -> Any:
    return jax.tree.map(lambda leaf: jax.random.key_data(leaf) if _is_key(leaf) else leaf, state)


def _restore_key(template: Any, leaf: Any) -> Any:
    return jax.random.wrap_key_data(leaf) if _is_key(template) else leaf
