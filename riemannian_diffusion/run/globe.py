"""Frames of a turning globe, in orthographic projection: density as colour, samples as dots."""

import numpy as np
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

NUM_FRAMES = 36
NUM_PIXELS = 240  # across the globe
TILT = np.deg2rad(20.0)  # of the axis towards the reader
DECADES = 4.0


def frames(log_density: np.ndarray, samples: np.ndarray, size: int) -> list[np.ndarray]:
    """Returns the frames of one turn.

    Args:
      log_density: at the nodes of the grid of S^2, latitude by longitude. Shape [2 * size * size].
      samples: points of S^2. Shape [M, 3].
      size: of the grid.

    Returns:
      Images of 8-bit colours. Shape [H, W, 3] each.
    """
    table = log_density.reshape(size, 2 * size)
    top = float(table.max())
    shades = np.clip((table - top) / (DECADES * np.log(10)) + 1, 0, 1)
    colours = colormaps["Blues"](0.1 + 0.9 * shades)[..., :3]
    turns = np.linspace(0, 2 * np.pi, NUM_FRAMES, endpoint=False)
    return [_frame(colours, samples, turn) for turn in turns]


def view(turn: float) -> np.ndarray:
    """Rows are right, up and towards the reader, in coordinates of the globe. Shape [3, 3]."""
    toward = np.array([np.cos(TILT) * np.cos(turn), np.cos(TILT) * np.sin(turn), np.sin(TILT)])
    right = np.array([-np.sin(turn), np.cos(turn), 0.0])
    return np.stack([right, np.cross(toward, right), toward])


def _frame(colours: np.ndarray, samples: np.ndarray, turn: float) -> np.ndarray:
    axes_of_view = view(turn)
    axis = np.linspace(-1, 1, NUM_PIXELS)
    right, up = np.meshgrid(axis, axis)
    is_globe = right**2 + up**2 <= 1
    toward = np.sqrt(np.where(is_globe, 1 - right**2 - up**2, 0.0))
    points = np.stack([right, up, toward], axis=-1) @ axes_of_view
    size = len(colours)
    latitude = np.arcsin(np.clip(points[..., 2], -1, 1)) / np.pi + 0.5
    longitude = np.arctan2(points[..., 1], points[..., 0]) / (2 * np.pi) + 0.5
    row = np.minimum((latitude * size).astype(int), size - 1)
    column = np.minimum((longitude * 2 * size).astype(int), 2 * size - 1)
    image = np.where(is_globe[..., None], colours[row, column], 1.0)
    seen = samples @ axes_of_view.T
    seen = seen[seen[:, 2] > 0]
    figure = Figure(figsize=(3, 3), dpi=100)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.02, 0.02, 0.96, 0.96))
    axes.imshow(image, origin="lower", extent=(-1, 1, -1, 1))
    axes.plot(seen[:, 0], seen[:, 1], ".", color="#D55E00", markersize=1.5)
    axes.set_axis_off()
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
