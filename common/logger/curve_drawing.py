"""Curves over training as every figure draws them: mean over seeds, and their range as a band."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.axes import Axes

Record = Mapping[str, Any]
Rows = list[dict[str, float]]

# Okabe and Ito's colours, told apart by the colour-blind; lines differ in style too.
STYLES: tuple[Mapping[str, Any], ...] = (
    {"color": "#0072B2", "linestyle": "-"},
    {"color": "#56B4E9", "linestyle": "--"},
    {"color": "#D55E00", "linestyle": "-."},
    {"color": "#009E73", "linestyle": ":"},
    {"color": "#000000", "linestyle": (0, (5, 1, 1, 1))},
    {"color": "#CC79A7", "linestyle": (0, (1, 3))},
    {"color": "#E69F00", "linestyle": (0, (8, 2))},
)


def draw_seeds(axes: Axes, rows: Rows, metric: str, label: str, style: Mapping[str, Any]) -> None:
    """Draws a metric over updates: mean over seeds, and their range as a band."""
    by_update: dict[int, list[float]] = {}
    for row in rows:
        if not math.isnan(row[metric]):
            by_update.setdefault(int(row["update"]), []).append(row[metric])
    updates = list(by_update)
    means = [sum(values) / len(values) for values in by_update.values()]
    axes.plot(updates, means, label=label, **style)
    ends: tuple[Callable[..., float], ...] = (min, max)
    low, high = ([end(values) for values in by_update.values()] for end in ends)
    axes.fill_between(updates, low, high, color=style["color"], alpha=0.2, lw=0)
