"""Data sets of the paper: events on the Earth (S^2), torsion angles of proteins and RNA (tori).

Nothing is committed and nothing in a file is trusted: sizes and checksums are checked where they
are known, every number is read as one. Files lie in `--data-dir`, its subfolders `earth/` and
`torus/`, or right in it.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from common.logger.errors import UserError
from riemannian_diffusion.config import SYNTHETIC, DiffusionConfig, MixtureConfig
from riemannian_diffusion.data.data_files import FILES, DataFile, find_file
from riemannian_diffusion.data.targets import Target, make_target
from riemannian_diffusion.manifolds import sphere, torus


@dataclass(frozen=True)
class Split:
    """How many points of a data set are for what; which ones, a seed decides."""

    num_train: int
    num_valid: int
    num_test: int


def split_sizes(num_points: int) -> Split:
    """80 % for training, 10 % for validation, the rest for testing."""
    num_train, num_valid = int(0.8 * num_points), int(0.1 * num_points)
    return Split(num_train, num_valid, num_points - num_train - num_valid)


def load_target(config: DiffusionConfig | MixtureConfig, data_dir: Path) -> Target:
    """Returns the distribution or data set that a setting names.

    Raises:
      UserError: a data set is missing or damaged.
    """
    if config.target in SYNTHETIC:
        return make_target(config.target)
    return load(config.target, data_dir, deduplicate=config.deduplicate)


def load(name: str, data_dir: Path, *, deduplicate: bool = False) -> Target:
    """Loads a data set.

    Args:
      name: of it.
      data_dir: folder of the files.
      deduplicate: whether to keep only one of identical points. In `volcano` 267 of 827 points are
        distinct: most of a test split also occurs in training, and the likelihood that memorising
        reaches has no bound.

    Raises:
      UserError: the file is missing or damaged.
    """
    angles = read_degrees(name, data_dir)  # [N, n]
    if deduplicate:
        _, first = np.unique(angles, axis=0, return_index=True)
        angles = angles[np.sort(first)]
    if FILES[name].folder == "earth":
        points = np.asarray(sphere.from_degrees(*jnp.asarray(angles.T)))
        manifold = sphere.sphere(2)
    else:
        radians = np.deg2rad(angles)
        pairs = np.stack([np.cos(radians), np.sin(radians)], axis=-1)
        points = pairs.reshape(len(angles), 2 * angles.shape[1])
        manifold = torus.torus(angles.shape[1])
    return Target(name, manifold, points=jnp.asarray(points, jnp.float32))


def read_degrees(name: str, data_dir: Path) -> np.ndarray:
    """Angles in degrees as in the file: latitude and longitude, or torsions. Shape [N, n].

    Raises:
      UserError: the file is missing or damaged; the message says what runs without it.
    """
    described = FILES[name]
    path = find_file(described, data_dir)
    if path is None:
        raise UserError(described.missing(data_dir))
    contents = path.read_bytes()
    described.check_sum(contents, path)
    rows = _parse(contents, described, path)
    if described.num_rows and len(rows) != described.num_rows:
        raise UserError(
            f"{path} is damaged or another version: {name} has {described.num_rows} rows, "
            f"found {len(rows)}"
        )
    return rows


def _parse(contents: bytes, described: DataFile, path: Path) -> np.ndarray:
    """Numbers of the columns, of the rows of the class; every one finite and an angle."""
    try:
        lines = contents.decode("utf-8").splitlines()[described.skip_lines :]
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is damaged: it is not text ({error})") from error
    rows: list[list[float]] = []
    for number, line in enumerate(lines, described.skip_lines + 1):
        cells = line.split(described.separator)
        if not line.strip():
            continue
        if described.class_name and cells[-1].strip() != described.class_name:
            continue
        try:
            values = [float(cells[column]) for column in described.columns]
        except (ValueError, IndexError):
            values = [math.nan]
        if not all(abs(value) <= 360 for value in values):
            raise UserError(
                f"{path} is damaged: line {number} should hold {len(described.columns)} angles in "
                f"degrees, got {line[:60]!r}"
            )
        rows.append(values)
    if not rows:
        of_class = f" of class {described.class_name}" if described.class_name else ""
        raise UserError(f"{path} is damaged: it has no rows{of_class}")
    return np.array(rows)
