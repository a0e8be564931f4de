"""How the figures look: a style per method, curves, likelihoods, and densities on manifolds."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from common.logger.curve_drawing import STYLES, Record, Rows, draw_seeds, mark_paper
from riemannian_diffusion.data import coastline
from riemannian_diffusion.experiments.sizes import manifold_of


class Look(NamedTuple):
    """How a training, a density or an estimate is named and drawn.

    Attributes:
      words: its name in a figure.
      style: of its line.
      marker: of its points.
    """

    words: str
    style: Mapping[str, Any]
    marker: str = "o"


LOOKS = {
    "rdm": Look("RDM", STYLES[0]),
    "mixture": Look("mixture", STYLES[2], "s"),
    "mixture_as_published": Look("mixture, fixed means", STYLES[3], "D"),
    "rsgm": Look("RSGM's process", STYLES[4], "v"),
    "rdm_deduplicated": Look("RDM, each point once", STYLES[1], "^"),
    "sphere": Look("sphere $S^2$", STYLES[0]),
    "torus": Look("torus $T^2$", STYLES[1], "s"),
    "so3": Look("SO(3)", STYLES[2], "^"),
    "hyperbolic": Look("hyperbolic $H^2$", STYLES[3], "D"),
    "uniform": Look("uniform times", STYLES[0]),
    "learned": Look("learned density of time", STYLES[2], "s"),
    "power": Look("power law of times", STYLES[3], "^"),
    "optimal": Look("optimal density, model at the end", STYLES[4]),
    "steps_2": Look("2 steps", STYLES[0]),
    "steps_3": Look("3 steps", STYLES[1]),
    "steps_5": Look("5 steps", STYLES[1]),
    "steps_10": Look("10 steps", STYLES[5]),
    "steps_50": Look("50 steps", STYLES[6]),
    "steps_100": Look("100 steps", STYLES[2]),
    "steps_500": Look("500 steps", STYLES[7]),
    "direct": Look("exact paths", STYLES[4]),
    "nll": Look("exact likelihood", STYLES[0]),
    "negative_kelbo": Look("bound of K paths (KELBO)", STYLES[1], "^"),
    "negative_elbo": Look("bound (ELBO)", STYLES[2], "s"),
    "simulated": Look("bound on simulated paths", STYLES[0]),
    "exact": Look("exact heat kernel", STYLES[2], "^"),
}
ESTIMATES = ("nll", "negative_kelbo", "negative_elbo")
DODGE = 0.22  # between the estimates of one model
TARGETS = {
    "flood": "floods",
    "fire": "fires",
    "torus_mixture": "mixture on the torus",
    "wrapped": "one wrapped normal",
    "gaussians": "five normals",
    "crossed": "four crossed normals",
}
DOTS = "#D55E00"
DECADES = 4.0  # of density that the colours span
AREAS = {"sphere": "steradian", "torus": "square radian", "hyperbolic": "unit of area"}


def two_panels(record: Record, text: str) -> tuple[Figure, Axes, Axes]:
    """Returns a figure with a title and two panels side by side."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    figure.suptitle(title(record, text), fontsize=9)
    return figure, left, right


def title(record: Record, text: str) -> str:
    """Returns the title of a figure: experiment, preset, seeds, and what is seen."""
    return f"{record['experiment']} ({record['preset']}, {len(record['seeds'])} seeds): {text}"


def mean(record: Record, metric: str) -> float:
    """Returns the mean of a metric over seeds; NaN if a seed has no value."""
    value = record["metrics"][metric]["mean"]
    return math.nan if value is None else value


def training_names(record: Record, suffix: str) -> list[str]:
    """Returns what comes before a suffix in the names of metrics, in their order.

    Metrics that compare two trainings are left out.
    """
    names = [name.removesuffix(suffix) for name in record["metrics"] if name.endswith(suffix)]
    return [
        name
        for name in names
        if not name.endswith("_minus") and "_minus_" not in name and "_over_" not in name
    ]


def draw_curves(axes: Axes, rows: Rows, names: list[str], metric: str) -> None:
    """Draws a metric of several trainings over updates: mean and range of the seeds."""
    for name in names:
        draw_seeds(axes, rows, f"{name}_{metric}", LOOKS[name].words, LOOKS[name].style)
    axes.set_xlabel("update")
    axes.legend(fontsize=7)


def plain_logarithmic(axis: Axis) -> None:
    """Labels 1, 2 and 5 of every decade with plain numbers."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


def draw_likelihoods(axes: Axes, record: Record, names: list[str]) -> None:
    """Draws likelihood and bounds of every seed, beside the truth and the paper's value."""
    for column, estimate in enumerate(ESTIMATES):
        look = LOOKS[estimate]
        label = look.words
        for place, name in enumerate(names):
            if f"{name}_{estimate}" in record["metrics"]:
                seeds = record["metrics"][f"{name}_{estimate}"]["per_seed"]
                x = [place + DODGE * (column - 1)] * len(seeds)
                color = look.style["color"]
                axes.plot(x, seeds, look.marker, color=color, markersize=5, label=label)
                label = "_"
    label = "truth (entropy of the target)"
    for place, name in enumerate(names):
        if f"{name}_entropy" in record["metrics"]:
            entropy = mean(record, f"{name}_entropy")
            axes.plot([place - 0.4, place + 0.4], [entropy] * 2, "k-", lw=1, label=label)
            label = "_"
    for claim in record["claims"]:
        if claim["paper_value"] is not None and claim["metric"].endswith("_nll"):
            mark_paper(axes, claim["paper_value"], f"the paper, RDM: {claim['paper_value']:g}")
    words = [LOOKS[name].words.replace(", ", ",\n") for name in names]
    axes.set_xticks(range(len(names)), words, fontsize=7)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_ylabel("test negative log-likelihood (nats)")
    axes.legend(fontsize=7)


def draw_densities(record: Record, rows: Rows, dots: str = "test points") -> Figure:
    """Learned log densities of the first seed beside the known ones, if there are any.

    Args:
      record: its config holds the models.
      rows: nodes and points of every model.
      dots: what the points are.
    """
    models = record["config"]["models"]
    target = models[0][1]["target"]
    text = f"{record['experiment']} ({record['preset']}), seed {record['seeds'][0]}"
    if target == "so3_modes":
        figure = _draw_turns(rows)
    else:
        figure = _draw_fields([name for name, _ in models], target, rows)
        text += f": colour is log density, dots are {dots}"
    figure.suptitle(text, fontsize=9)
    return figure


def _columns(rows: Rows) -> dict[str, np.ndarray]:
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _grid_of_panels(num_models: int, width: int, manifold: str) -> tuple[Figure, np.ndarray]:
    """Panels [model, learned and known]; on the page learned above known if there are many."""
    if manifold == "sphere":
        figure = Figure(figsize=(7.4 * width, 3.4 * num_models), layout="constrained")
        return figure, figure.subplots(num_models, width, squeeze=False)
    if num_models == 1:
        figure = Figure(figsize=(3.8 * width, 3.6), layout="constrained")
        return figure, figure.subplots(1, width, squeeze=False)
    figure = Figure(figsize=(3.1 * num_models, 3.1 * width), layout="constrained")
    return figure, figure.subplots(width, num_models, squeeze=False).T


def _draw_fields(names: list[str], target: str, rows: Rows) -> Figure:
    """Panels of every model: learned density with points, and known density, in one scale."""
    columns = _columns(rows)
    keys = ["log_density"]
    if np.any(np.isfinite(columns["known_log_density"])):
        keys.append("known_log_density")
    manifold = manifold_of(target)
    figure, grid = _grid_of_panels(len(names), len(keys), manifold)
    for index, name in enumerate(names):
        nodes = (columns["model"] == index) & (columns["is_point"] == 0)
        points = (columns["model"] == index) & (columns["is_point"] == 1)
        first, second = ("second", "first") if manifold == "sphere" else ("first", "second")
        top = float(np.nanmax(columns[keys[-1]][nodes]))
        for axes, key, kind in zip(grid[index], keys, ("learned", "known"), strict=False):
            x, y = columns[first][nodes], columns[second][nodes]
            mesh = _draw_field(axes, x, y, columns[key][nodes], top)
            if kind == "learned":
                shown = columns[first][points], columns[second][points]
                axes.plot(*shown, ".", color=DOTS, markersize=1.5)
            axes.set_title(f"{TARGETS.get(name, name)}, {kind}", fontsize=8)
            _label(axes, manifold, is_earth=not target.startswith("sphere"))
        bar = figure.colorbar(mesh, ax=list(grid[index]), shrink=0.8, extend="min")
        bar.set_label(f"log density (nats, per {AREAS[manifold]})", fontsize=7)
        bar.ax.tick_params(labelsize=7)
    return figure


def _draw_field(
    axes: Axes, x: np.ndarray, y: np.ndarray, values: np.ndarray, top: float
) -> QuadMesh:
    """Colours the cells of a regular grid by log density, over some decades from the top."""
    first, second = np.unique(np.round(x, 6)), np.unique(np.round(y, 6))
    image = np.full((len(second), len(first)), np.nan)
    image[np.searchsorted(second, np.round(y, 6)), np.searchsorted(first, np.round(x, 6))] = values
    low = top - DECADES * math.log(10)
    shown = np.where(np.isnan(image), np.nan, np.maximum(image, low))
    return axes.pcolormesh(first, second, shown, cmap="Blues", vmin=low, vmax=top, rasterized=True)


def _label(axes: Axes, manifold: str, *, is_earth: bool) -> None:
    axes.set_aspect("equal")
    if manifold == "sphere":
        axes.set(xlabel="longitude (degrees)", ylabel="latitude (degrees)")
        axes.set(xlim=(-180, 180), ylim=(-90, 90))
        axes.set(xticks=range(-180, 181, 60), yticks=range(-90, 91, 30))
        for line in coastline.lines() if is_earth else ():
            axes.plot(line[:, 0], line[:, 1], color="0.25", linewidth=0.5)
    elif manifold == "hyperbolic":
        turn = np.linspace(0, 2 * np.pi, 200)
        axes.plot(np.cos(turn), np.sin(turn), "k-", lw=0.8)
        axes.set(xticks=[], yticks=[])
        axes.set_axis_off()
    else:
        axes.set(xlabel="first angle (degrees)", ylabel="second angle (degrees)")
        axes.set(xticks=range(-180, 181, 90), yticks=range(-180, 181, 90))


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
            density = np.exp(columns[key][along])
            if np.any(np.isfinite(density)):
                axes.plot(angles, density, label=label, **style)
        axes.set(xlabel="angle (degrees)", xticks=range(-180, 181, 90))
        axes.set_title(f"turns around axis {axis + 1}", fontsize=9)
    figure.axes[0].set_ylabel("density per Frobenius volume")
    figure.axes[0].legend(fontsize=7)
    return figure
