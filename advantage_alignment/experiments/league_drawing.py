"""Figures of leagues: everybody against everybody, beside the paper, and the way there."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from advantage_alignment.experiments.comparison_drawing import (
    draw_entrants,
    entrants_of,
    new_figure,
)
from common.logger.curve_drawing import Record, Rows

_SCRIPTS = ("always_cooperate", "always_defect", "random")
_SHORT = {"always_cooperate": "AC", "always_defect": "AD"}


def draw_league(record: Record, rows: Rows) -> Figure:
    """Heat map of rewards, row player against column player; three curves over training."""
    names = entrants_of(record)
    scripts = [name for name in _SCRIPTS if f"{names[0]}_vs_{name}" in record["metrics"]]
    figure = new_figure(record, (10, 7))
    heat, *curves = figure.subplots(2, 2).flat
    _draw_heat_map(heat, record, names, scripts)
    for axes, metric, title in (
        (curves[0], "self_play", "self-play"),
        (curves[1], "vs_always_defect", "against always-defect"),
        (curves[2], "always_defect_vs_agent", "what always-defect gets"),
    ):
        draw_entrants(axes, rows, names, metric)
        axes.set(xlabel="update", ylabel="reward per step")
        axes.set_title(f"{title}; mean and range over seeds", fontsize=8)
    curves[0].legend(fontsize=7)
    return figure


def _draw_heat_map(
    axes: Axes, record: Record, names: Sequence[str], scripts: Sequence[str]
) -> None:
    columns, rows = ["self", "other_seeds", *names, *scripts], [*names, *scripts]
    values = [[_reward(record, row, column) for column in columns] for row in rows]
    axes.imshow(values, cmap="cividis", aspect="auto")
    flat = [value for row in values for value in row if value == value]
    middle = (min(flat) + max(flat)) / 2
    paper = {claim["metric"]: claim["paper_value"] for claim in record["claims"]}
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            if values[i][j] == values[i][j]:
                theirs = paper.get(_metric(row, column))
                text = f"{values[i][j]:.2f}" + (f"\n({theirs:.2f})" if theirs is not None else "")
                colour = "black" if values[i][j] > middle else "white"
                axes.text(j, i, text, ha="center", va="center", fontsize=7, color=colour)
    labels = [_SHORT.get(name, name.replace("_", " ")) for name in (*columns, *rows)]
    axes.set_xticks(range(len(columns)), labels[: len(columns)], fontsize=7, rotation=30)
    axes.set_yticks(range(len(rows)), labels[len(columns) :], fontsize=7)
    axes.set_title("reward per step of the row player (paper's in brackets)", fontsize=8)


def _metric(row: str, column: str) -> str:
    return f"{row}_self" if column == "self" else f"{row}_vs_{column}"


def _reward(record: Record, row: str, column: str) -> float:
    metric = record["metrics"].get(_metric(row, column))
    return float("nan") if metric is None else metric["mean"]
