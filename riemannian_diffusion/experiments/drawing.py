"""What the figures share: two panels, titles, and the reading of a record."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from common.logger.experiment import Record


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
