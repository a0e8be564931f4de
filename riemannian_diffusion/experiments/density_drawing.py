"""Pictures of densities on manifolds: maps, plots of angles, discs, and turns on SO(3)."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from common.logger.curve_drawing import STYLES, Record, Rows
from riemannian_diffusion.experiments.sizes import manifold_of

DECADES = 4.0  # of density that the colours span


def draw_densities(record: Record, rows: Rows) -> Figure:
    """Learned log densities of the first seed beside the known ones, if there are any."""
    models = record["config"]["models"]
    target = models[0][1]["target"]
    if target == "so3_modes":
        figure = _draw_turns(rows)
    else:
        figure = _draw_maps([name for name, _ in models], target, rows)
    text = f"{record['experiment']} ({record['preset']}), seed {record['seeds'][0]}"
    figure.suptitle(text, fontsize=9)
    return figure


def _columns(rows: Rows) -> dict[str, np.ndarray]:
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _draw_maps(names: list[str], target: str, rows: Rows) -> Figure:
    """A row of panels per model: learned density with test points, and known density."""
    columns = _columns(rows)
    is_known = bool(np.any(np.isfinite(columns["known_log_density"])))
    is_map = manifold_of(target) == "sphere"
    is_disc = target.startswith("hyperbolic")
    width = 2 if is_known else 1
    size = (6.4 * width, 3.4 * len(names)) if is_map else (3.4 * width, 3.2 * len(names))
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(names), width, squeeze=False)
    for index, name in enumerate(names):
        of_model = columns["model"] == index
        nodes = of_model & (columns["is_point"] == 0)
        points = of_model & (columns["is_point"] == 1)
        known = columns["known_log_density"][nodes] if is_known else columns["log_density"][nodes]
        top = float(np.nanmax(known))
        for column, key in enumerate(("log_density", "known_log_density")[:width]):
            axes = grid[index, column]
            x, y = columns["second"][nodes], columns["first"][nodes]
            if not is_map:
                x, y = y, x
            _draw_field(axes, x, y, columns[key][nodes], top)
            if column == 0:
                shown = columns["second"][points], columns["first"][points]
                shown = shown if is_map else shown[::-1]
                axes.plot(*shown, ".", color="#D55E00", markersize=1.2)
            axes.set_title(f"{name}, {'learned' if column == 0 else 'known'}", fontsize=8)
            _label(axes, is_map=is_map, is_disc=is_disc)
    return figure


def _draw_field(axes: Axes, x: np.ndarray, y: np.ndarray, values: np.ndarray, top: float) -> None:
    """Colours the cells of a regular grid by log density, over some decades from the top."""
    first, second = np.unique(np.round(x, 6)), np.unique(np.round(y, 6))
    image = np.full((len(second), len(first)), np.nan)
    image[np.searchsorted(second, np.round(y, 6)), np.searchsorted(first, np.round(x, 6))] = values
    low = top - DECADES * math.log(10)
    shown = np.where(np.isnan(image), np.nan, np.maximum(image, low))
    axes.pcolormesh(first, second, shown, cmap="Blues", vmin=low, vmax=top, rasterized=True)


def _label(axes: Axes, *, is_map: bool, is_disc: bool) -> None:
    axes.set_aspect("equal")
    if is_map:
        axes.set(xlabel="longitude (degrees)", ylabel="latitude (degrees)")
        axes.set(xlim=(-180, 180), ylim=(-90, 90))
    elif is_disc:
        turn = np.linspace(0, 2 * np.pi, 200)
        axes.plot(np.cos(turn), np.sin(turn), "k-", lw=0.8)
        axes.set_axis_off()
    else:
        axes.set(xlabel="first angle (degrees)", ylabel="second angle (degrees)")


def _draw_turns(rows: Rows) -> Figure:
    """Density on SO(3) along the rotations around each axis: learned, and known dashed."""
    columns = _columns(rows)
    figure = Figure(figsize=(9, 3), layout="constrained")
    for axis, axes in enumerate(figure.subplots(1, 3, sharey=True)):
        along = (columns["first"] == axis) & (columns["is_point"] == 0)
        angles = columns["second"][along]
        for key, label, style in (
            ("log_density", "learned", STYLES[0]),
            ("known_log_density", "known", STYLES[2]),
        ):
            axes.plot(angles, np.exp(columns[key][along]), label=label, **style)
        axes.set(xlabel="angle (degrees)", title=f"turns around axis {axis + 1}")
    figure.axes[0].set_ylabel("density, Frobenius volume")
    figure.axes[0].legend(fontsize=7)
    return figure
