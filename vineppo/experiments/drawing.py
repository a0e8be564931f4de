"""What several figures draw alike: bars with intervals, means along training, accuracy curves."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from common.logger.curve_drawing import STYLES, draw_seeds
from common.logger.experiment import Record, Rows
from vineppo.experiments.comparison import LABELS


def new_figure(width: float = 9, height: float = 3.4) -> Figure:
    """Returns an empty figure; inches."""
    return Figure(figsize=(width, height), layout="constrained")


def title(record: Record) -> str:
    """Returns experiment, preset and number of seeds."""
    return f"{record['experiment']} ({record['preset']}, {len(record['seeds'])} seeds)"


def method_names(record: Record) -> list[str]:
    """Returns the methods of a comparison, the one that the others are compared with first."""
    return [name for name, _ in record["config"]["contestants"]]


def estimate(record: Record, metric: str) -> tuple[float, float, float]:
    """Mean and both ends of its interval, which are the mean where there is none."""
    found = record["metrics"][metric]
    mean = math.nan if found["mean"] is None else found["mean"]
    low, high = found["ci95"] or (mean, mean)
    return mean, low, high


def draw_bars(axes: Axes, record: Record, metrics: dict[str, str]) -> None:
    """Draws a bar with its interval for each label and its metric."""
    for place, metric in enumerate(metrics.values()):
        mean, low, high = estimate(record, metric)
        style = STYLES[place % len(STYLES)]
        axes.bar(place, mean, color=style["color"], width=0.7, alpha=0.85)
        axes.plot([place, place], [low, high], color="black", lw=1.2)
        axes.text(place, high, f"{mean:.2f}", ha="center", va="bottom", fontsize=7)
    axes.set_xticks(range(len(metrics)), list(metrics), fontsize=7)


def mean_points(rows: Rows, cost: str, metric: str) -> list[tuple[float, float]]:
    """Means over seeds of a cost and a metric, a point per update at which both were measured."""
    by_update: dict[int, list[tuple[float, float]]] = {}
    for row in rows:
        if not (math.isnan(row[metric]) or math.isnan(row[cost])):
            by_update.setdefault(int(row["update"]), []).append((row[cost], row[metric]))
    return [
        (sum(x for x, _ in pairs) / len(pairs), sum(y for _, y in pairs) / len(pairs))
        for pairs in by_update.values()
    ]


def draw_accuracies(record: Record, rows: Rows) -> Figure:
    """Draws the test accuracy of all methods over iterations, and a bar for its mean."""
    figure = new_figure()
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    names = method_names(record)
    for place, name in enumerate(names):
        style = STYLES[place % len(STYLES)]
        label = LABELS.get(name, name.replace("_", " "))
        draw_seeds(left, rows, f"{name}_test_accuracy", label, style)
    left.set(xlabel="iterations", ylabel="test accuracy", title=title(record))
    left.legend(fontsize=7)
    draw_bars(right, record, {name.replace("_", "\n"): f"{name}_mean_accuracy" for name in names})
    right.set_ylabel("test accuracy, mean over training")
    return figure
