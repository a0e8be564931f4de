"""How this paper's figures look, and what several of them draw. Imported while drawing only."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from common.logger.curve_drawing import STYLES, paper_values
from common.logger.experiment import Record, Rows
from meta_value.experiments.logistic_comparison import PANELS

Style = Mapping[str, Any]
# The one table of styles: a name in the records, and its line wherever it is drawn.
LINES: Mapping[str, Style] = {
    "first": STYLES[0],
    "second": STYLES[2],
    "path": {**STYLES[0], "linewidth": 0.8},
    "concave_error": STYLES[0],
    "bilinear_error": STYLES[2],
    "logistic_error": STYLES[4],
    "logistic_remainder": STYLES[3],
    "default": {**STYLES[4], "linestyle": "-", "linewidth": 2.4},
    "basic_exploration": STYLES[1],
    "lambda_1": STYLES[0],
    "lambda_0": STYLES[3],
    "no_target_network": STYLES[5],
    "no_distribution": STYLES[6],
    "no_u": STYLES[2],
    "fixed_gamma": STYLES[7],
}
POINTS: Mapping[str, Style] = {
    "start": {"marker": "o", "color": "0.5", "markerfacecolor": "white", "markersize": 3},
    "end": {"marker": "s", "color": STYLES[2]["color"], "markersize": 3, "zorder": 5},
    "random": {"marker": ".", "color": STYLES[0]["color"], "markersize": 2},
    "pair": {
        "marker": "D",
        "color": STYLES[6]["color"],
        "markeredgecolor": "black",
        "markersize": 6,
    },
    "stable": {
        "marker": "P",
        "color": "white",
        "markeredgecolor": "black",
        "markersize": 6,
        "zorder": 4,
    },
    "paper": {"marker": "*", "color": "black", "markersize": 9},
}
STABLE_POINTS = {"A": -5.0307, "B": 5.0307}  # of naive learning in the Logistic Game, both players
RETURN = "return per round"


def heading(record: Record, text: str) -> str:
    """Returns a figure's title: experiment, size, and what is shown."""
    return f"{record['experiment']} ({record['preset']}): {text}"


def points(axes: Axes, places: Sequence[tuple[float, float]], name: str, label: str = "") -> None:
    """Draws points in the style of a name in `POINTS`; without a label no legend shows them."""
    axes.plot(*zip(*places, strict=True), linestyle="none", label=label or None, **POINTS[name])


def legend_point(name: str, label: str) -> Line2D:
    """Returns the entry of a legend for the points of a name."""
    return Line2D([], [], linestyle="none", label=label, **POINTS[name])


def by_percent(rows: Rows) -> Rows:
    """Returns rows whose update is their gamma in percent, so that a metric is drawn over it."""
    return [{**row, "update": round(100 * row["discount"])} for row in rows]


def gamma_axis(axes: Axes) -> None:
    """Lets the x-axis show gammas from 0 to 1, of rows in percent."""
    axes.set_xlim(-5, 105)
    axes.set_xticks([0, 25, 50, 75, 100], ["0", ".25", ".5", ".75", "1"])
    axes.set_xlabel("gamma")


def logistic_panels(record: Record, half_width: float) -> tuple[Figure, dict[str, Axes]]:
    """Returns sixteen panels of the Logistic Game, a row per rule, by the names RULE_LEVEL.

    Args:
      record: whose shares, and the paper's, stand in the titles.
      half_width: both axes of every panel reach from minus it to it.
    """
    figure = Figure(figsize=(9, 9.8), layout="constrained")
    grid = figure.subplots(4, 4, sharex=True, sharey=True)
    claimed = paper_values(record)
    found = {}
    for line, (title, rule, unit, published) in zip(grid, PANELS, strict=True):
        for axes, (level, share) in zip(line, published.items(), strict=True):
            found[f"{rule}_{level:g}"] = axes
            metric = f"{rule}_{level:g}_share_to_B"
            ours, theirs = record["metrics"][metric]["mean"], claimed.get(metric, share)
            text = f"{title}, {unit} {level:g}\n{ours:.3f} to B, paper {theirs:g}"
            axes.set_title(text, fontsize=8)
            axes.set(aspect="equal")
            axes.set(xlim=(-half_width, half_width), ylim=(-half_width, half_width))
            for point, at in STABLE_POINTS.items():
                _letter(axes, point, at)
    for axes in grid[:, 0]:
        axes.set_ylabel("parameter $x_2$")
    for axes in grid[-1]:
        axes.set_xlabel("parameter $x_1$")
    return figure, found


def _letter(axes: Axes, name: str, at: float) -> None:
    """A cross at a stable point, and its letter beside it, on white so that it shows on grey."""
    points(axes, [(at, at)], "stable")
    axes.annotate(
        name,
        (at, at),
        (7, -7),
        textcoords="offset points",
        fontsize=8,
        weight="bold",
        ha="center",
        va="center",
        bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none"},
    )


def tournament(
    record: Record, names: Mapping[str, str], paper: Sequence[Sequence[float]]
) -> Figure:
    """Draws a table of returns: the row's learner against the column's, the paper's value below.

    Args:
      record: whose metrics are named ROW_vs_COLUMN.
      names: in words, by name in the metrics.
      paper: returns, rows and columns in the order of `names`.
    """
    figure = Figure(figsize=(6.6, 5), layout="constrained")
    axes = figure.subplots()
    claimed = paper_values(record)
    means = [[_mean(record, f"{row}_vs_{column}") for column in names] for row in names]
    shown = [[min(max(value, -3.0), 1.0) for value in line] for line in means]
    known = [value for line in shown for value in line if not math.isnan(value)]
    low, high = min(known), max(known)
    image = axes.imshow(shown, cmap="cividis", vmin=low, vmax=high)
    for i, row in enumerate(names):
        for j, column in enumerate(names):
            metric = f"{row}_vs_{column}"
            text = f"{_cell_text(record, metric)}\npaper {claimed.get(metric, paper[i][j]):g}"
            colour = "white" if means[i][j] <= 0.5 * (low + high) else "black"
            axes.text(j, i, text, ha="center", va="center", color=colour, fontsize=8)
    axes.set_xticks(range(len(names)), list(names.values()))
    axes.set_yticks(range(len(names)), list(names.values()))
    axes.set(xlabel="against", ylabel="return of")
    figure.colorbar(image, ax=axes, label=RETURN)
    text = "mean and 95 % interval over seeds, and the paper's mean"
    figure.suptitle(heading(record, text), fontsize=9)
    return figure


def _mean(record: Record, metric: str) -> float:
    entry = record["metrics"].get(metric)
    return math.nan if entry is None else float(entry["mean"])


def _cell_text(record: Record, metric: str) -> str:
    entry = record["metrics"].get(metric)
    if entry is None:
        return "not run"
    low, high = entry["ci95"] or (entry["mean"], entry["mean"])
    return f"{entry['mean']:.3f}\n[{low:.2f}, {high:.2f}]"
