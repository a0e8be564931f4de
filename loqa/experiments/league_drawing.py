"""The drawing of a league: rewards of everybody against everybody, and how training went."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from common.logger.curve_drawing import STYLES, draw_seeds
from common.logger.experiment import Record, Rows

SCRIPTS = ("always_cooperate", "always_defect", "random")
FULL_COOPERATION = 0.3486  # of each of two always-cooperating players, exact
SHORT = {"always_cooperate": "AC", "always_defect": "AD", "random": "random"}


def draw(record: Record, rows: Rows) -> Figure:
    """Heat map of rewards, row player against column player; bars; how training went."""
    entrants = [name for name, _ in record["config"]["entrants"]]
    figure = Figure(figsize=(10, 4.2 + 0.9 * len(entrants)), layout="constrained")
    heat, bars, self_play, defection = figure.subplots(2, 2).flat
    _draw_heat_map(heat, record, entrants)
    _draw_bars(bars, record, entrants)
    for axes, metric, title in (
        (self_play, "self_play", "reward in self-play"),
        (defection, "always_defect_vs_agent", "what always-defect gets"),
    ):
        for entrant, style in zip(entrants, styles(len(entrants)), strict=True):
            draw_seeds(axes, rows, f"{entrant}_{metric}", entrant.replace("_", " "), style)
        axes.axhline(0.0, color="0.6", lw=0.8)
        axes.set(xlabel="update", ylabel="reward per step")
        axes.set_title(f"{title}; mean and range over seeds", fontsize=8)
    self_play.axhline(FULL_COOPERATION, color="0.4", lw=0.8, ls=":")
    self_play.legend(fontsize=7)
    figure.suptitle(f"{record['experiment']} ({record['preset']})", fontsize=9)
    return figure


def _draw_heat_map(axes: Axes, record: Record, entrants: Sequence[str]) -> None:
    columns = ["self", "other_seeds", *SCRIPTS, *entrants]
    names = [*entrants, *SCRIPTS[:2]]
    values = [[_reward(record, row, column) for column in columns] for row in names]
    shown = [[float("nan") if value is None else value for value in row] for row in values]
    axes.imshow(shown, cmap="RdBu", vmin=-0.65, vmax=0.65, aspect="auto")
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            if value is not None:
                dark = abs(value) > 0.4
                axes.text(
                    j,
                    i,
                    f"{value:.2f}",
                    ha="center",
                    va="center",
                    fontsize=7,
                    color="white" if dark else "black",
                )
    labels = [SHORT.get(name, name.replace("_", " ")) for name in columns]
    axes.set_xticks(range(len(columns)), labels, fontsize=7, rotation=40, ha="right")
    axes.set_yticks(
        range(len(names)), [SHORT.get(n, n.replace("_", " ")) for n in names], fontsize=7
    )
    axes.set_title("reward per step of the row player", fontsize=8)


def _reward(record: Record, row: str, column: str) -> float | None:
    name = f"{row}_self" if column == "self" else f"{row}_vs_{column}"
    metric = record["metrics"].get(name)
    return None if metric is None else metric["mean"]


def _draw_bars(axes: Axes, record: Record, entrants: Sequence[str]) -> None:
    """The five numbers that tell reciprocity, with the paper's as marks where a claim has them."""
    kinds = (
        "{}_self",
        "{}_vs_always_cooperate",
        "always_cooperate_vs_{}",
        "{}_vs_always_defect",
        "always_defect_vs_{}",
    )
    labels = ("self", "vs AC", "AC's", "vs AD", "AD's")
    paper = {claim["metric"]: claim["paper_value"] for claim in record["claims"]}
    width = 0.8 / len(entrants)
    for k, (entrant, style) in enumerate(zip(entrants, styles(len(entrants)), strict=True)):
        colours = {"color": style["color"], "alpha": 0.6, "edgecolor": "0.2"}
        for i, kind in enumerate(kinds):
            name = kind.format(entrant)
            metric = record["metrics"][name]
            place = i + width * (k - (len(entrants) - 1) / 2)
            label = entrant.replace("_", " ") if i == 0 else None
            axes.bar(place, metric["mean"], width, label=label, **colours)
            axes.plot([place] * len(metric["per_seed"]), metric["per_seed"], "k.", markersize=3)
            if paper.get(name) is not None:
                ends = [place - width / 2, place + width / 2]
                axes.plot(ends, [paper[name]] * 2, "r-", lw=2)
    axes.axhline(0.0, color="0.4", lw=0.8)
    axes.set_xticks(range(len(kinds)), labels)
    axes.set_ylabel("reward per step")
    axes.set_title("bars: mean; dots: seeds; red: the paper", fontsize=8)
    axes.legend(fontsize=7)


def styles(number: int) -> list[dict[str, Any]]:
    """Returns a line style for each of some entrants; they repeat where there are many."""
    return [dict(STYLES[i % len(STYLES)]) for i in range(number)]
