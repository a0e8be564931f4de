"""Models of single evaluations, kept beside a run's checkpoints for measurements afterwards."""

from pathlib import Path
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from flax import serialization

from common.logger import atomic

Models = TypeVar("Models")


def save_snapshot(folder: Path, models: Any, step: int) -> None:
    """Writes models, a tree of arrays, of the evaluation after `step` updates."""
    payload = serialization.to_bytes(jax.device_get(models))
    atomic.write_checked(snapshot_path(folder, step), payload, {"step": step})


def load_snapshot(folder: Path, step: int, template: Models) -> Models:
    """Reads what `save_snapshot` wrote, into a tree like the template."""
    _, payload = atomic.read_checked(snapshot_path(folder, step))
    restored: Models = serialization.from_bytes(template, payload)
    return jax.tree.map(jnp.asarray, restored)


def snapshot_path(folder: Path, step: int) -> Path:
    """File of the snapshot after `step` updates."""
    return folder / f"snapshot_{step:08d}.ckpt"
