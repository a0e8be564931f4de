"""What the figures share: how each agent looks, bars, curves, and the reading of a record.

It imports matplotlib: experiments import it inside their `draw` functions only.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from common.logger.curve_drawing import (
    HATCHES,
    STYLES,
    Record,
    Rows,
    draw_seeds,
    label_lines,
    mark_paper,
    paper_values,
)

MOST_BANDS = 3  # ranges of more agents than this cover each other
MOST_IN_LEGEND = 5  # more lines than this are labelled at their ends


class Look(NamedTuple):
    """How an agent is drawn.

    Attributes:
      label: its name in words.
      line: colour, dashes and marker of its curves.
      bar: of its bars.
    """

    label: str
    line: Mapping[str, Any]
    bar: Mapping[str, Any]


def _look(label: str, place: int) -> Look:
    """Colour, dashes, marker and hatch by place; markers of two places are not on one update."""
    style = STYLES[place]
    line = {**style, "marker": "os^DvPX*"[place], "markersize": 4, "markevery": (place % 4, 4)}
    return Look(label, line, bar_style(style["color"], HATCHES[place]))


def bar_style(colour: str, hatch: str) -> dict[str, Any]:
    """A light bar with an edge and a hatch of a colour, on which dots are seen."""
    return {"color": "0.95", "edgecolor": colour, "hatch": hatch, "linewidth": 1.2, "capsize": 3}


# By name of the agent. Agents of one figure have different places.
LOOKS = {
    "alignment": _look("Advantage Alignment", 0),
    "loqa": _look("LOQA", 3),
    "naive": _look("naive learner", 2),
    "ppo": _look("PPO", 2),
    "ppo_sum": _look("PPO, summed rewards", 3),
    "random": _look("random play", 4),
    "beta_0": _look("beta 0", 2),
    "beta_0_1": _look("beta 0.1", 1),
    "beta_0_3": _look("beta 0.3", 1),
    "beta_0_5": _look("beta 0.5", 0),
    "beta_1": _look("beta 1", 0),
    "beta_1_5": _look("beta 1.5", 0),
    "beta_2": _look("beta 2", 3),
    "beta_3": _look("beta 3", 3),
    "none": _look("all quadrants", 0),
    "empathetic": _look("no empathetic", 2),
    "vengeful": _look("no vengeful", 1),
    "spiteful": _look("no spiteful", 3),
    "cooperative": _look("no cooperative", 4),
    "cooperative_empathetic": _look("no cooperative, no empathetic", 4),
    "vengeful_spiteful": _look("no vengeful, no spiteful", 5),
    "everything": _look("quick size", 0),
    "no_replay": _look("no replay", 1),
    "no_last_values": _look("last values not seen", 2),
    "no_step": _look("critic without the step", 3),
    "slow_copy_as_published": _look("slower copy, as published", 4),
    "no_lag": _look("critic without lag", 5),
    "discounted_td": _look("discounted", 0),
    "discounted_gae": _look("discounted", 0),
    "outer_discounted_td": _look("outer discounted", 1),
    "outer_discounted_gae": _look("outer discounted", 1),
    "damped_mean_td": _look("damped mean", 2),
    "damped_mean_gae": _look("damped mean", 2),
    "mean_td": _look("mean", 3),
    "mean_gae": _look("mean", 3),
}


def new_figure(record: Record, size: tuple[float, float]) -> Figure:
    """An empty figure, titled with the experiment, its preset and the number of seeds."""
    figure = Figure(figsize=size, layout="constrained")
    title = f"{record['experiment']} ({record['preset']}, {len(record['seeds'])} seeds)"
    figure.suptitle(title, fontsize=9)
    return figure


def entrants_of(record: Record) -> list[str]:
    """Names of the entrants of an experiment."""
    return [name for name, _ in record["config"]["entrants"]]


def draw_entrants(axes: Axes, rows: Rows, names: Sequence[str], metric: str) -> None:
    """Draws a metric of every entrant over training, with ranges if they are few."""
    band = len(names) <= MOST_BANDS
    for name in names:
        look = LOOKS[name]
        draw_seeds(axes, rows, f"{name}_{metric}", look.label, look.line, band=band)
    axes.set(xlabel="update")
    axes.set_title("mean and range over seeds" if band else "mean over seeds", fontsize=8)


def name_lines(axes: Axes) -> None:
    """Names the lines of axes: in a legend if they are few, else at their ends."""
    if len(axes.get_legend_handles_labels()[1]) > MOST_IN_LEGEND:
        label_lines(axes, size=6)
    else:
        axes.legend(fontsize=6)


def draw_bar(
    axes: Axes,
    place: float,
    found: Mapping[str, Any],
    style: Mapping[str, Any],
    *,
    width: float = 0.7,
    base: float = 0.0,
    label: str | None = None,
) -> None:
    """Draws one bar: mean of a metric, its interval, seeds as dots side by side.

    Args:
      axes: to draw in.
      place: of its middle.
      found: metric of a record.
      style: of the bar.
      width: of the bar.
      base: where it stands.
      label: in the legend.
    """
    mean, seeds = found["mean"], found["per_seed"]
    low, high = found["ci95"] or (mean, mean)
    ends = [[mean - low], [high - mean]]
    axes.bar(place, mean - base, width, bottom=base, yerr=ends, label=label, **style)
    step = 0.8 * width / max(len(seeds) - 1, 1)
    places = [place + step * (k - (len(seeds) - 1) / 2) for k in range(len(seeds))]
    axes.plot(places, seeds, "ko", markersize=3, markeredgecolor="white", markeredgewidth=0.3)


def mark_bar(axes: Axes, place: float, value: float, width: float = 0.7) -> None:
    """Draws the paper's value at a bar: a star."""
    ends = [place - width / 2, place, place + width / 2]
    star = {"marker": "*", "markevery": [1], "markersize": 9, "markeredgecolor": "white"}
    axes.plot(ends, [value] * 3, color="0.1", linestyle=(0, (1, 1)), linewidth=1.0, **star)


def draw_bars(
    axes: Axes, record: Record, names: Sequence[str], metric: str, base: float = 0.0
) -> None:
    """Bars of a metric over entrants: interval of the mean, seeds, the paper's value if any."""
    theirs = paper_values(record)
    axes.use_sticky_edges = False  # seeds at the base are seen whole
    title = "bars: mean, 95 % interval; dots: seeds"
    for i, name in enumerate(names):
        key = f"{name}_{metric}"
        draw_bar(axes, i, record["metrics"][key], LOOKS[name].bar, base=base)
        if key in theirs:
            mark_bar(axes, i, theirs[key])
            title = "bars: mean, 95 % interval; dots: seeds; stars: the paper"
    labels = [LOOKS[name].label for name in names]
    middle, half = (len(names) - 1) / 2, max(len(names), 3) / 2
    axes.set_xlim(middle - half - 0.1, middle + half + 0.1)  # a lone bar is not a block
    axes.set_xticks(range(len(names)), labels, rotation=30, ha="right", fontsize=7)
    axes.set_title(title, fontsize=8)


def draw_self_play(
    record: Record, rows: Rows, label: str, marks: Sequence[tuple[float, str]], base: float = 0.0
) -> Figure:
    """Draws the reward of self-play over entrants: bars, and curves over training.

    Args:
      record: of the experiment.
      rows: its curves.
      label: of the axis.
      marks: values to compare with, and what they are.
      base: where bars stand.
    """
    names = entrants_of(record)
    figure = new_figure(record, (9, 3.6))
    bars, lines = figure.subplots(1, 2, sharey=True)
    draw_bars(bars, record, names, "self_play", base)
    draw_entrants(lines, rows, names, "self_play")
    draw_marks((bars, lines), marks)
    bars.set(ylabel=label)
    name_lines(lines)
    return figure


def draw_marks(panels: Sequence[Axes], marks: Sequence[tuple[float, str]]) -> None:
    """Draws values to compare with into panels, and writes beside the last what they are."""
    for value, meaning in marks:
        for axes in panels:
            axes.axhline(value, color="0.5", lw=0.8, ls=":", zorder=0)
        panels[-1].annotate(
            meaning.replace(" ", "\n", 1),
            (1.01, value),
            xycoords=("axes fraction", "data"),
            fontsize=6,
            color="0.3",
            va="center",
            annotation_clip=False,
        )


def mark_entrants(axes: Axes, record: Record, names: Sequence[str], form: str) -> None:
    """Marks the paper's value of a metric of entrants in axes of curves.

    Args:
      axes: to draw in.
      record: of the experiment.
      names: of the entrants.
      form: of the metric, with `{}` for the entrant.
    """
    theirs = paper_values(record)
    for name in names:
        if form.format(name) in theirs:
            mark_paper(axes, theirs[form.format(name)], f"paper: {LOOKS[name].label}")
