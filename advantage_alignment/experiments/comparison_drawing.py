"""Parts of figures that compare entrants: bars of a metric, and how it came about in training."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from common.logger.curve_drawing import STYLES, Record, Rows, draw_seeds


def new_figure(record: Record, size: tuple[float, float]) -> Figure:
    """An empty figure, titled with the experiment and its preset."""
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(f"{record['experiment']} ({record['preset']})", fontsize=9)
    return figure


def entrants_of(record: Record) -> list[str]:
    """Names of the entrants of an experiment."""
    return [name for name, _ in record["config"]["entrants"]]


def style_of(index: int) -> dict[str, Any]:
    """Colour and dashes of the line of an entrant."""
    return dict(STYLES[index % len(STYLES)])


def draw_entrants(axes: Axes, rows: Rows, names: Sequence[str], metric: str) -> None:
    """Draws a metric of every entrant over training."""
    for i, name in enumerate(names):
        draw_seeds(axes, rows, f"{name}_{metric}", name.replace("_", " "), style_of(i))


def draw_bars(axes: Axes, record: Record, names: Sequence[str], metric: str) -> None:
    """Bars of a metric over entrants, with seeds as dots and the interval of the mean."""
    for i, name in enumerate(names):
        values = record["metrics"][f"{name}_{metric}"]
        low, high = values["ci95"] or (values["mean"], values["mean"])
        ends = [[values["mean"] - low], [high - values["mean"]]]
        axes.bar(i, values["mean"], 0.7, yerr=ends, color="0.8", edgecolor="0.2", capsize=3)
        axes.plot([i] * len(values["per_seed"]), values["per_seed"], "k.", markersize=4)
    labels = [name.replace("_", " ") for name in names]
    axes.set_xticks(range(len(names)), labels, rotation=25, ha="right", fontsize=7)


def draw_self_play(
    record: Record, rows: Rows, label: str, marks: Sequence[tuple[float, str]]
) -> Figure:
    """Draws the reward of self-play over entrants: bars, and curves over training.

    Args:
      record: of the experiment.
      rows: its curves.
      label: of the axis.
      marks: values to compare with, and what they are.
    """
    names = entrants_of(record)
    figure = new_figure(record, (9, 3.6))
    bars, lines = figure.subplots(1, 2, sharey=True)
    draw_bars(bars, record, names, "self_play")
    draw_entrants(lines, rows, names, "self_play")
    for value, meaning in marks:
        for axes in (bars, lines):
            axes.axhline(value, color="0.5", lw=0.8, ls=":")
        bars.text(-0.45, value, meaning, fontsize=6, va="bottom", color="0.35")
    bars.set(ylabel=label)
    bars.set_title("bars: mean, 95 % interval; dots: seeds", fontsize=8)
    lines.set(xlabel="update")
    lines.set_title("mean and range over seeds", fontsize=8)
    lines.legend(fontsize=6, ncols=2)
    return figure
