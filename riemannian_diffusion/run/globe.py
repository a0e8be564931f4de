"""Frames of a turning globe, in orthographic projection: density as colour, samples as dots.

Below the globe stand what is shown, the scale of the colours, and the longitude that faces us.
"""

from typing import NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure

from riemannian_diffusion.config import EARTH
from riemannian_diffusion.data import coastline

NUM_FRAMES = 36
NUM_PIXELS = 240  # across the globe
TILT = np.deg2rad(20.0)  # of the axis towards the reader
DECADES = 4.0


class Scene(NamedTuple):
    """What every frame shows.

    Attributes:
      colours: of the cells, latitude by longitude. Shape [size, 2 * size, 3].
      samples: points of S^2. Shape [M, 3].
      coast: points of S^2, NaN between lines. Shape [V, 3].
      top: log density of the darkest cell.
      text: what is shown.
    """

    colours: np.ndarray
    samples: np.ndarray
    coast: np.ndarray
    top: float
    text: str


def frames(
    log_density: np.ndarray, samples: np.ndarray, size: int, name: str = "", updates: int = 0
) -> list[np.ndarray]:
    """Returns the frames of one turn.

    Args:
      log_density: at the nodes of the grid of S^2, latitude by longitude. Shape [2 * size * size].
      samples: points of S^2. Shape [M, 3].
      size: of the grid.
      name: of the target; its label, and the coast of the continents if it is on the Earth.
      updates: after which the model stands.

    Returns:
      Images of 8-bit colours. Shape [H, W, 3] each.
    """
    table = log_density.reshape(size, 2 * size)
    top = float(table.max())
    shades = np.clip((table - top) / (DECADES * np.log(10)) + 1, 0, 1)
    colours = colormaps["Blues"](0.1 + 0.9 * shades)[..., :3]
    text = f"{name}, model after {updates} updates\n" if name else ""
    text += "colour: log density of the model (nats per steradian)\ndots: samples of the model"
    coast = coast_points() if name in EARTH else np.zeros((0, 3))
    scene = Scene(colours, samples, coast, top, text)
    turns = np.linspace(0, 2 * np.pi, NUM_FRAMES, endpoint=False)
    return [_frame(scene, turn) for turn in turns]


def coast_points() -> np.ndarray:
    """Returns the coast as points of S^2; NaN between its lines. Shape [V, 3]."""
    gap = np.full((1, 2), np.nan)
    parts = [part for line in coastline.lines() for part in (line, gap)]
    longitude, latitude = np.deg2rad(np.concatenate(parts)).T
    ring = np.cos(latitude)
    return np.stack([ring * np.cos(longitude), ring * np.sin(longitude), np.sin(latitude)], axis=-1)


def view(turn: float) -> np.ndarray:
    """Rows are right, up and towards the reader, in coordinates of the globe. Shape [3, 3]."""
    toward = np.array([np.cos(TILT) * np.cos(turn), np.cos(TILT) * np.sin(turn), np.sin(TILT)])
    right = np.array([-np.sin(turn), np.cos(turn), 0.0])
    return np.stack([right, np.cross(toward, right), toward])


def _frame(scene: Scene, turn: float) -> np.ndarray:
    axes_of_view = view(turn)
    axis = np.linspace(-1, 1, NUM_PIXELS)
    right, up = np.meshgrid(axis, axis)
    is_globe = right**2 + up**2 <= 1
    toward = np.sqrt(np.where(is_globe, 1 - right**2 - up**2, 0.0))
    points = np.stack([right, up, toward], axis=-1) @ axes_of_view
    size = len(scene.colours)
    latitude = np.arcsin(np.clip(points[..., 2], -1, 1)) / np.pi + 0.5
    longitude = np.arctan2(points[..., 1], points[..., 0]) / (2 * np.pi) + 0.5
    row = np.minimum((latitude * size).astype(int), size - 1)
    column = np.minimum((longitude * 2 * size).astype(int), 2 * size - 1)
    image = np.where(is_globe[..., None], scene.colours[row, column], 1.0)
    seen = scene.samples @ axes_of_view.T
    seen = seen[seen[:, 2] > 0]
    figure = Figure(figsize=(3, 4), dpi=100)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.02, 0.265, 0.96, 0.72))
    axes.imshow(image, origin="lower", extent=(-1, 1, -1, 1))
    x, y, height = axes_of_view @ scene.coast.T
    axes.plot(np.where(height > 0, x, np.nan), y, color="0.25", linewidth=0.5)
    axes.plot(seen[:, 0], seen[:, 1], ".", color="#D55E00", markersize=1.5)
    axes.set_axis_off()
    _label(figure, scene, np.rad2deg(turn))
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _label(figure: Figure, scene: Scene, longitude: float) -> None:
    """Writes the text, the scale of the colours and the longitude in the middle of the globe."""
    shades = colormaps["Blues"](np.linspace(0.1, 1, 256))
    low = scene.top - DECADES * np.log(10)
    scale = ScalarMappable(Normalize(low, scene.top), ListedColormap(shades))
    place = figure.add_axes((0.1, 0.225, 0.8, 0.02))
    bar = figure.colorbar(scale, cax=place, orientation="horizontal", extend="min")
    bar.ax.tick_params(labelsize=6)
    degrees = round((longitude + 180) % 360 - 180)
    text = f"{scene.text}\nlongitude in the middle: {degrees:+d} degrees"
    figure.text(0.03, 0.01, text, fontsize=7)
