"""Figures of comparisons: a number per entrant, and how it came about in training."""

from collections.abc import Callable, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from advantage_alignment.curve_drawing import STYLES, Record, Rows, draw_seeds


def entrants_of(record: Record) -> list[str]:
    """Names of the entrants of an experiment."""
    return [name for name, _ in record["config"]["entrants"]]


def style_of(index: int) -> dict[str, Any]:
    """Colour and dashes of the line of an entrant."""
    return dict(STYLES[index % len(STYLES)])


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


def comparison(
    metric: str, label: str, marks: Sequence[tuple[float, str]]
) -> Callable[[Record, Rows], Figure]:
    """A drawing of one metric over entrants: bars, and curves over training.

    Args:
      metric: name of it within a run.
      label: of the axis.
      marks: values to compare with, and what they are.
    """

    def draw(record: Record, rows: Rows) -> Figure:
        names = entrants_of(record)
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        bars, lines = figure.subplots(1, 2, sharey=True)
        draw_bars(bars, record, names, metric)
        for i, name in enumerate(names):
            draw_seeds(lines, rows, f"{name}_{metric}", name.replace("_", " "), style_of(i))
        for value, meaning in marks:
            for axes in (bars, lines):
                axes.axhline(value, color="0.5", lw=0.8, ls=":")
            bars.text(-0.45, value, meaning, fontsize=6, va="bottom", color="0.35")
        bars.set(ylabel=label)
        bars.set_title("bars: mean, 95 % interval; dots: seeds", fontsize=8)
        lines.set(xlabel="update")
        lines.set_title("mean and range over seeds", fontsize=8)
        lines.legend(fontsize=6, ncols=2)
        figure.suptitle(f"{record['experiment']} ({record['preset']})", fontsize=9)
        return figure

    return draw


def draw_retaliation(record: Record, rows: Rows) -> Figure:
    """What defecting costs each entrant's opponents, and the two rewards that it is made of."""
    names = entrants_of(record)
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    bars, *curves = figure.subplots(1, 3)
    draw_bars(bars, record, names, "late_cost_of_defecting")
    bars.axhline(0.0, color="0.5", lw=0.8, ls=":")
    bars.set(ylabel="self-play less what always-defect gets")
    bars.set_title("second half of training; dots: seeds", fontsize=8)
    for axes, metric, title in (
        (curves[0], "self_play", "self-play"),
        (curves[1], "always_defect_vs_agent", "what always-defect gets"),
    ):
        for i, name in enumerate(names):
            draw_seeds(axes, rows, f"{name}_{metric}", name.replace("_", " "), style_of(i))
        axes.set(xlabel="update", ylabel="return", ylim=(0.1, 0.57))
        axes.set_title(f"{title}; mean and range over seeds", fontsize=8)
    curves[0].legend(fontsize=6)
    figure.suptitle(f"{record['experiment']} ({record['preset']})", fontsize=9)
    return figure


def draw_exploitability(record: Record, rows: Rows) -> Figure:
    """What the best responses get, and leave to the frozen agents."""
    del rows
    names = entrants_of(record)
    figure = Figure(figsize=(5.5, 3.4), layout="constrained")
    axes = figure.subplots()
    for i, name in enumerate(names):
        for place, metric, colour, label in (
            (i - 0.2, f"best_response_vs_{name}", "0.45", "best response"),
            (i + 0.2, f"{name}_vs_best_response", "0.85", "frozen agent"),
        ):
            values = record["metrics"][metric]
            shown = label if i == 0 else None
            axes.bar(place, values["mean"], 0.4, color=colour, edgecolor="0.2", label=shown)
            axes.plot([place] * len(values["per_seed"]), values["per_seed"], "k.", markersize=4)
    axes.axhline(0.3, color="0.5", lw=0.8, ls=":")
    axes.set_xticks(range(len(names)), names)
    axes.set(ylabel="return")
    axes.set_title("dotted: mutual defection; dots: seeds", fontsize=8)
    axes.legend(fontsize=7)
    figure.suptitle(f"{record['experiment']} ({record['preset']})", fontsize=9)
    return figure


def draw_harvest(record: Record, rows: Rows) -> Figure:
    """Apples per agent, apples alive over an episode, apples and zaps along training."""
    names = entrants_of(record)
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    bars, alive, apples, zaps = figure.subplots(1, 4)
    draw_bars(bars, record, [*names, "random"], "apples_per_agent")
    bars.set(ylabel="apples per agent and episode")
    for i, name in enumerate([*names, "random"]):
        marks = [record["metrics"][f"{name}_alive_{mark}"]["mean"] for mark in range(1, 7)]
        label = name.replace("_", " ")
        alive.plot(range(7), [1.0, *marks], marker="o", markersize=3, label=label, **style_of(i))
    alive.set(xlabel="sixths of an episode", ylabel="share of apples alive", ylim=(-0.03, 1.03))
    alive.legend(fontsize=6)
    for axes, metric in ((apples, "apples_per_agent"), (zaps, "zaps_per_agent")):
        for i, name in enumerate(names):
            draw_seeds(axes, rows, f"{name}_{metric}", name, style_of(i))
        axes.set(xlabel="update", ylabel=metric.replace("_", " "))
    figure.suptitle(f"{record['experiment']} ({record['preset']})", fontsize=9)
    return figure
