"""Figures of leagues: everybody against everybody, beside the paper, and the way there."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from advantage_alignment.experiments.drawing import (
    LOOKS,
    draw_bars,
    draw_entrants,
    entrants_of,
    mark_entrants,
    new_figure,
)
from common.logger.curve_drawing import Record, Rows, label_lines, paper_values

_SCRIPTS = ("always_cooperate", "always_defect", "random")
_LABELS = {
    "self": "itself",
    "other_seeds": "its other seeds",
    "always_cooperate": "always-cooperate",
    "always_defect": "always-defect",
}
_UNITS = {"coin_game": "reward per step", "negotiation": "return"}
_CURVES = (  # metric along training, metric of the league, title
    ("self_play", "{}_self", "self-play"),
    ("vs_always_defect", "{}_vs_always_defect", "against always-defect"),
    ("always_defect_vs_agent", "always_defect_vs_{}", "what always-defect gets"),
)


def draw_league(record: Record, rows: Rows) -> Figure:
    """Heat map of rewards, row player against column player; bars; three curves over training."""
    names = entrants_of(record)
    scripts = [name for name in _SCRIPTS if f"{names[0]}_vs_{name}" in record["metrics"]]
    unit = _UNITS[record["config"]["entrants"][0][1]["game"]]
    figure = new_figure(record, (12, 7.5))
    above, below = figure.subfigures(2, 1)
    heat, bars = above.subplots(1, 2, width_ratios=(2, 1))
    curves = below.subplots(1, len(_CURVES))
    _draw_heat_map(heat, record, names, scripts, unit)
    among = "self" if f"{names[0]}_self" in paper_values(record) else "vs_other_seeds"
    draw_bars(bars, record, names, among)
    bars.set(ylabel=f"{unit} with {'itself' if among == 'self' else 'its other seeds'}")
    bars.axhline(0.0, color="0.5", lw=0.8)
    for axes, (metric, of_league, title) in zip(curves, _CURVES, strict=True):
        draw_entrants(axes, rows, names, metric)
        if _played_as_in_training(record):
            mark_entrants(axes, record, names, of_league)
        axes.set(ylabel=unit)
        axes.set_title(f"{title}; {axes.get_title()}", fontsize=8)
    figure.draw_without_rendering()  # the heights, by which labels are moved apart
    for axes in curves:
        label_lines(axes, size=6)
    return figure


def _played_as_in_training(record: Record) -> bool:
    """Whether games of the league are as long as those along training."""
    config = record["config"]
    return config["lengths"][0] == config["entrants"][0][1]["episode_length"]


def _draw_heat_map(
    axes: Axes, record: Record, names: Sequence[str], scripts: Sequence[str], unit: str
) -> None:
    columns, rows = ["self", "other_seeds", *names, *scripts], [*names, *scripts]
    values = [[_reward(record, row, column) for column in columns] for row in rows]
    axes.imshow(values, cmap="cividis", aspect="auto")
    flat = [value for row in values for value in row if value == value]
    middle = (min(flat) + max(flat)) / 2
    paper = paper_values(record)
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            if values[i][j] == values[i][j]:
                theirs = paper.get(_metric(row, column))
                text = f"{round(values[i][j], 2) + 0.0:.2f}" + (
                    f"\n({theirs:.2f})" if theirs is not None else ""
                )
                colour = "black" if values[i][j] > middle else "white"
                axes.text(j, i, text, ha="center", va="center", fontsize=7, color=colour)
    axes.set_xticks(
        range(len(columns)),
        [_label(name) for name in columns],
        fontsize=7,
        rotation=30,
        ha="right",
        rotation_mode="anchor",
    )
    axes.set_yticks(range(len(rows)), [_label(name) for name in rows], fontsize=7)
    axes.set_title(
        f"{unit} of the row's player against the column's (the paper's in brackets)", fontsize=8
    )


def _label(name: str) -> str:
    return LOOKS[name].label if name in LOOKS else _LABELS[name]


def _metric(row: str, column: str) -> str:
    return f"{row}_self" if column == "self" else f"{row}_vs_{column}"


def _reward(record: Record, row: str, column: str) -> float:
    metric = record["metrics"].get(_metric(row, column))
    return float("nan") if metric is None else metric["mean"]
