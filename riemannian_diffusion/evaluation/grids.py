"""Grids of points on which densities are drawn and summed, by manifold."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from riemannian_diffusion.manifolds import hyperboloid, orthogonal, sphere, torus

DISC_RADIUS = 0.97  # of the part of the Poincare disc that is drawn


class Grid(NamedTuple):
    """Points with their coordinates in the picture.

    Attributes:
      coordinates: of each point: latitude and longitude in degrees, two angles in degrees, a point
        of the disc, or axis (0, 1, 2) and angle of a rotation. Shape [G, 2].
      points: shape [G, E].
      areas: of the cells; empty where the grid does not cover the manifold. Shape [G] or [0].
    """

    coordinates: np.ndarray
    points: Array
    areas: np.ndarray


def make_grid(name: str, size: int) -> Grid:
    """Builds the grid of a manifold.

    Args:
      name: of the manifold: S^2, T^2, H^2 or SO(3).
      size: nodes per axis, in longitude twice as many.
    """
    return {"S^2": _sphere, "T^2": _torus, "H^2": _disc, "SO(3)": _turns}[name](size)


def coordinates(name: str, points: np.ndarray) -> np.ndarray:
    """Coordinates in the picture of points [M, E]; none on SO(3). Shape [M, 2]."""
    if name == "S^2":
        latitudes = np.arcsin(np.clip(points[:, 2], -1, 1))
        return np.rad2deg(np.stack([latitudes, np.arctan2(points[:, 1], points[:, 0])], axis=1))
    if name == "T^2":
        return np.rad2deg(np.arctan2(points[:, 1::2], points[:, 0::2]))
    if name == "H^2":
        return points[:, 1:] / (1 + points[:, :1])
    return np.zeros((0, 2))


def node_rows(
    place: Mapping[str, float], grid: Grid, log_density: np.ndarray, known: np.ndarray
) -> list[dict[str, float]]:
    """Rows of a table of densities, one per node.

    Args:
      place: update, seed and model, the first columns of every row.
      grid: G nodes.
      log_density: of a model at the nodes. Shape [G].
      known: the true one; not finite where it is unknown or zero. Shape [G].
    """
    rows = zip(grid.coordinates, log_density, known, strict=True)
    return [
        {
            **place,
            "is_point": 0,
            "first": float(first),
            "second": float(second),
            "log_density": float(learned),
            "known_log_density": float(true) if np.isfinite(true) else math.nan,
        }
        for (first, second), learned, true in rows
    ]


def point_rows(place: Mapping[str, float], coordinates: np.ndarray) -> list[dict[str, float]]:
    """Rows of the same table for points [M, 2] that are drawn over the density."""
    return [
        {
            **place,
            "is_point": 1,
            "first": float(first),
            "second": float(second),
            "log_density": math.nan,
            "known_log_density": math.nan,
        }
        for first, second in coordinates
    ]


def _midpoints(low: float, high: float, number: int) -> np.ndarray:
    return low + (high - low) * (np.arange(number) + 0.5) / number


def _pairs(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.stack(np.meshgrid(first, second, indexing="ij"), axis=-1).reshape(-1, 2)


def _sphere(size: int) -> Grid:
    """Cells of equal latitude and longitude; areas are exact."""
    edges = np.linspace(-math.pi / 2, math.pi / 2, size + 1)
    degrees = _pairs(_midpoints(-90, 90, size), _midpoints(-180, 180, 2 * size))
    rings = np.diff(np.sin(edges)) * (math.pi / size)
    points = sphere.from_degrees(jnp.asarray(degrees[:, 0]), jnp.asarray(degrees[:, 1]))
    return Grid(degrees, points, np.repeat(rings, 2 * size))


def _torus(size: int) -> Grid:
    degrees = _pairs(_midpoints(-180, 180, size), _midpoints(-180, 180, size))
    points = jax.vmap(torus.from_angles)(jnp.deg2rad(jnp.asarray(degrees)))
    return Grid(degrees, points, np.full(len(degrees), (2 * math.pi / size) ** 2))


def _disc(size: int) -> Grid:
    axis = _midpoints(-1, 1, size)
    disc = _pairs(axis, axis)
    disc = disc[np.sum(disc**2, axis=1) < DISC_RADIUS**2]
    points = jax.vmap(hyperboloid.from_poincare_disc)(jnp.asarray(disc))
    return Grid(disc, points, np.zeros(0))


def _turns(size: int) -> Grid:
    """Rotations around each of the three axes, by angles from -180 to 180 degrees."""
    places = _pairs(np.arange(3.0), _midpoints(-180, 180, 4 * size))
    axes = jnp.eye(3)[places[:, 0].astype(int)]
    turns = jax.vmap(orthogonal.rotation)(axes, jnp.deg2rad(jnp.asarray(places[:, 1])))
    return Grid(places, turns.reshape(len(places), 9), np.zeros(0))
