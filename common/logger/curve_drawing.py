"""What figures share: looks that differ in grey too, curves over training, the paper's value."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.axes import Axes

Record = Mapping[str, Any]
Rows = list[dict[str, float]]

# Okabe and Ito's colours, told apart by the colour-blind; lines differ in style, bars in hatch.
STYLES: tuple[Mapping[str, Any], ...] = (
    {"color": "#0072B2", "linestyle": "-"},
    {"color": "#56B4E9", "linestyle": "--"},
    {"color": "#D55E00", "linestyle": "-."},
    {"color": "#009E73", "linestyle": ":"},
    {"color": "#000000", "linestyle": (0, (5, 1, 1, 1))},
    {"color": "#CC79A7", "linestyle": (0, (1, 3))},
    {"color": "#E69F00", "linestyle": (0, (8, 2))},
    {"color": "#882255", "linestyle": (0, (3, 1, 1, 1, 1, 1))},
)
HATCHES = ("", "////", "....", "xxx", "\\\\\\\\", "+++", "ooo", "---")
_PAPER = {"color": "0.35", "linewidth": 1.0, "linestyle": (0, (1, 1)), "marker": "*"}
_LINE_OF_TEXT = 1.25  # font sizes from one direct label to the next


def draw_seeds(
    axes: Axes,
    rows: Rows,
    metric: str,
    label: str,
    style: Mapping[str, Any],
    *,
    band: bool = True,
) -> None:
    """Draws a metric over updates: mean over seeds, and their range as a band.

    Args:
      axes: to draw in.
      rows: of curves; of those without the metric (nan) nothing is drawn.
      metric: its column.
      label: in the legend.
      style: one of `STYLES`.
      band: whether to draw the range; bands of many curves cover everything.
    """
    by_update: dict[int, list[float]] = {}
    for row in rows:
        if not math.isnan(row[metric]):
            by_update.setdefault(int(row["update"]), []).append(row[metric])
    updates = list(by_update)
    means = [sum(values) / len(values) for values in by_update.values()]
    axes.plot(updates, means, label=label, **style)
    if band:
        ends: tuple[Callable[..., float], ...] = (min, max)
        low, high = ([end(values) for values in by_update.values()] for end in ends)
        axes.fill_between(updates, low, high, color=style["color"], alpha=0.2, lw=0)


def paper_values(record: Record) -> dict[str, float]:
    """Returns the values that the paper prints, by metric, of the claims of a record."""
    found = {claim["metric"]: claim["paper_value"] for claim in record["claims"]}
    return {metric: value for metric, value in found.items() if value is not None}


def mark_paper(
    axes: Axes, value: float, label: str = "the paper", *, vertical: bool = False
) -> None:
    """Draws a value that the paper prints: a thin dotted line with stars at its ends."""
    (axes.axvline if vertical else axes.axhline)(value, label=label, zorder=1, **_PAPER)


def label_lines(axes: Axes, size: float = 7) -> None:
    """Writes each line's label at its right end, in its colour, in place of a legend.

    Labels that would lie on each other are moved apart, as little as can be. Call it when the
    limits are final.
    """
    from scipy.optimize import isotonic_regression

    lines = [line for line in axes.get_lines() if not str(line.get_label()).startswith("_")]
    to_axes = axes.transData + axes.transAxes.inverted()
    ends = {line: to_axes.transform(line.get_xydata()[-1])[1] for line in lines}
    lines.sort(key=ends.__getitem__)
    height = axes.get_window_extent().height * 72 / axes.figure.dpi
    steps = [number * _LINE_OF_TEXT * size / height for number in range(len(lines))]
    free = [ends[line] - step for line, step in zip(lines, steps, strict=True)]
    for line, place, step in zip(lines, isotonic_regression(free).x, steps, strict=True):
        axes.annotate(
            str(line.get_label()),
            (1.01, place + step),
            xycoords="axes fraction",
            color=line.get_color(),
            fontsize=size,
            va="center",
            annotation_clip=False,
        )
