"""How BRS's figures look, and what several of them share. Imported inside `draw` functions only.

An agent looks the same in every figure: lines differ in dashes, bars in hatch, dots in marker.
"""

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from common.logger.curve_drawing import (
    HATCHES,
    STYLES,
    draw_seeds,
    label_lines,
    mark_paper,
    paper_values,
)
from common.logger.experiment import Record, Rows

SMALL = 7  # font size of legends and labels
MOST_DOTS = 6  # seeds; more are shown by an interval


class Look(NamedTuple):
    """What an agent is called in figures, and how its lines, bars and dots look."""

    label: str
    line: Mapping[str, Any]
    hatch: str
    marker: str

    @property
    def bar(self) -> dict[str, Any]:
        """Arguments of its bars."""
        face = to_rgba(self.line["color"], 0.45)
        return {"facecolor": face, "hatch": self.hatch, "edgecolor": "0.15", "linewidth": 0.6}


def look_at(label: str, place: int) -> Look:
    """The look of a place in the table; those of two places differ in grey."""
    return Look(label, STYLES[place], HATCHES[place], "os^DvPX*"[place])


# By name of the variant. Variants of one figure have different places.
LOOKS: Mapping[str, Look] = {
    "brs": look_at("BRS", 0),
    "nosp": look_at("no self-play (BRS-NOSP)", 2),
    "norb": look_at("no agent buffer (BRS-NORB)", 7),
    "sp_only": look_at("self-play only", 3),
    "brs_tree_search": look_at("BRS, detective that searches", 6),
    "no_through": look_at("no gradient through detective", 1),
    "brs_no_through": look_at("no gradient through detective", 1),
    "nosp_no_through": look_at("no self-play, no gradient through", 5),
    "sum": look_at("one optimiser for both terms", 4),
    "sum_no_through": look_at("one optimiser, no gradient through", 6),
    "k_1": look_at("1 roll-out per question", 1),
    "k_4": look_at("4 roll-outs per question", 2),
    "l_2": look_at("roll-outs of 2 steps", 3),
    "l_4": look_at("roll-outs of 4 steps", 5),
    "l_32": look_at("roll-outs of 32 steps", 6),
    "policy_probs": look_at("told probabilities of the next move", 4),
    "stop_carry": look_at("agent's memory not differentiated", 7),
}
# Two experiments call a variant "neither": one of self-play and buffer, one of both terms.
_NEITHER_BUFFER = look_at("no self-play, no buffer", 4)
_NEITHER_TERM = LOOKS["nosp_no_through"]
PLAYERS = {
    "AC": "always-cooperate",
    "AD": "always-defect",
    "Coin-TFT": "tit-for-tat (Coin-TFT)",
    "loqa": "LOQA",
    "pola": "POLA",
    "alignment": "Advantage Alignment",
    "random": "random",
}

STATES = ("start", "cc", "cd", "dc", "dd")
TIT_FOR_TAT = (1, 1, 0, 1, 0)
LOWEST_REWARD = -3.0  # of the prisoner's dilemma, on which its bars stand
IPD_MATCHES = (
    ("self_play", "agent with itself"),
    ("agent_vs_best_response", "agent against\nbest responder"),
    ("best_response", "best responder\nagainst agent"),
)
COIN_MATCHES = (
    ("self_play", "with\nitself"),
    ("agent_vs_best_response", "against best\nresponse"),
    ("best_response", "what best\nresponse gets"),
    ("agent_vs_search", "against tree\nsearch"),
    ("search_vs_agent", "what tree\nsearch gets"),
    ("agent_vs_AC", "against\nalways-\ncooperate"),
    ("AC_vs_agent", "what always-\ncooperate\ngets"),
    ("agent_vs_AD", "against\nalways-\ndefect"),
    ("AD_vs_agent", "what always-\ndefect\ngets"),
)


class Series(NamedTuple):
    """Bars of one look: a metric for each group."""

    look: Look
    metrics: Sequence[str]


def looks_of(record: Record) -> dict[str, Look]:
    """The looks of an experiment's variants by name, in order."""
    neither = {True: _NEITHER_BUFFER, False: _NEITHER_TERM}
    return {
        name: neither["agent_buffer" in settings] if name == "neither" else LOOKS[name]
        for name, settings in record["config"]["variants"]
    }


def player(name: str) -> str:
    """Who takes part in a league, in words."""
    return LOOKS[name].label if name in LOOKS else PLAYERS.get(name, name)


def new_figure(
    record: Record, width: float, height: float, *, num_seeds: int | None = None
) -> Figure:
    """An empty figure, titled with the experiment, its size and the number of seeds."""
    figure = Figure(figsize=(width, height), layout="constrained")
    num_seeds = num_seeds or len(record["seeds"])
    seeds = "1 seed" if num_seeds == 1 else f"{num_seeds} seeds"
    figure.suptitle(f"{record['experiment']} (size {record['preset']}, {seeds})", fontsize=9)
    return figure


def draw_bars(axes: Axes, record: Record, series: Sequence[Series], base: float = 0.0) -> None:
    """Draws groups of bars: means, and the seeds as dots, or an interval where they are many.

    Where the paper prints a value of a bar, a star stands at it.

    Args:
      axes: to draw in.
      record: holds the metrics.
      series: one for each bar of a group; all have one metric for each group.
      base: where bars stand.
    """
    width = 0.84 / len(series)
    paper = paper_values(record)
    stars: list[tuple[float, float]] = []
    for k, (look, metrics) in enumerate(series):
        for i, metric in enumerate(metrics):
            entry = record["metrics"][metric]
            place = i + width * (k - (len(series) - 1) / 2)
            label = look.label if i == 0 else None
            axes.bar(place, entry["mean"] - base, width, base, label=label, **look.bar)
            _draw_spread(axes, place, entry, width)
            if metric in paper:
                stars.append((place, paper[metric]))
    axes.axhline(base, color="0.4", lw=0.8)
    if stars:
        white: dict[str, Any] = {"markerfacecolor": "white", "markeredgecolor": "black"}
        axes.plot(
            *zip(*stars, strict=True), "*", label="the paper", zorder=4, markersize=9, **white
        )


def spread_in_words(record: Record) -> str:
    """What `draw_bars` shows, for a title."""
    many = len(record["seeds"]) > MOST_DOTS
    return f"bars: mean; {'black: 95 % interval' if many else 'dots: seeds'}"


def _draw_spread(axes: Axes, place: float, entry: Mapping[str, Any], width: float) -> None:
    seeds = entry["per_seed"]
    if len(seeds) > MOST_DOTS and entry["ci95"]:
        axes.plot([place] * 2, entry["ci95"], color="black", lw=1.5)
        return
    places = [place + 0.5 * width * ((k + 0.5) / len(seeds) - 0.5) for k in range(len(seeds))]
    axes.plot(places, seeds, ".", color="black", markersize=3)


def draw_trainings(
    axes: Axes, rows: Rows, metric: str, looks: Mapping[str, Look], *, named: bool = True
) -> None:
    """Draws a metric of all variants along training, and each seed's last value beside it.

    Ranges of seeds would cover each other.

    Args:
      axes: to draw in.
      rows: curves.
      metric: without the variant's name.
      looks: of the variants.
      named: whether lines are labelled at their ends; not before the limits are final.
    """
    last = max(row["update"] for row in rows)
    for k, (name, look) in enumerate(looks.items()):
        column = f"{name}_{metric}"
        draw_seeds(axes, rows, column, look.label, look.line, band=False)
        ends = [row[column] for row in rows if row["update"] == last and not isnan(row[column])]
        place = last * (1.04 + 0.03 * k)
        dots = {"marker": look.marker, "markersize": 3, "alpha": 0.5, "linestyle": "none"}
        axes.plot([place] * len(ends), ends, color=look.line["color"], markeredgewidth=0, **dots)
    axes.set(xlabel="update")
    if named:
        axes.figure.draw_without_rendering()  # settles the limits
        label_lines(axes, SMALL - 0.5)


def draw_policies(record: Record, rows: Rows) -> Figure:
    """P(cooperate | state) of every variant, their values, and values along training."""
    looks = looks_of(record)
    figure = new_figure(record, 13, 4.2)
    policies, values, lines = figure.subplots(1, 3, width_ratios=(5, 4, 3.4))
    states = [f"cooperation_{state}" for state in STATES]
    draw_bars(policies, record, _series(looks, states))
    for i, height in enumerate(TIT_FOR_TAT):
        label = "tit-for-tat" if i == 0 else None
        policies.plot([i - 0.46, i + 0.46], [height] * 2, "k:", lw=1.5, label=label)
    policies.set_xticks(range(len(STATES)), [state.upper() for state in STATES])
    policies.set(ylim=(-0.03, 1.05), ylabel="P(cooperate | state)")
    policies.set_title(spread_in_words(record), fontsize=8)
    draw_bars(values, record, _series(looks, [m for m, _ in IPD_MATCHES]), LOWEST_REWARD)
    values.set_xticks(range(len(IPD_MATCHES)), [label for _, label in IPD_MATCHES], fontsize=SMALL)
    values.set(ylabel="reward per step", ylim=(LOWEST_REWARD - 0.05, 0.0))
    values.set_title("lines: both cooperate (-1), both defect (-2)", fontsize=8)
    for reward in (-1.0, -2.0):
        values.axhline(reward, color="0.4", lw=0.8, zorder=0)
    lines.set_ylabel("reward per step against best responder")
    lines.set_title("mean along training; dots: seeds at the end", fontsize=8)
    entries = policies.get_legend_handles_labels()
    figure.legend(*entries, fontsize=SMALL, ncols=4, loc="outside lower left")
    draw_trainings(lines, rows, "agent_vs_best_response", looks)
    return figure


def draw_values(record: Record, rows: Rows) -> Figure:
    """Rewards of every variant in every match, and against the best response along training."""
    looks = looks_of(record)
    first = next(iter(looks))
    shown = [(m, label) for m, label in COIN_MATCHES if f"{first}_{m}" in record["metrics"]]
    figure = new_figure(record, 12.5, 4.4)
    bars, lines = figure.subplots(1, 2, width_ratios=(3, 1.4))
    draw_bars(bars, record, _series(looks, [metric for metric, _ in shown]))
    bars.set_xticks(range(len(shown)), [label for _, label in shown], fontsize=SMALL)
    bars.set_ylabel("reward per step")
    bars.set_title(spread_in_words(record), fontsize=8)
    entries = bars.get_legend_handles_labels()
    figure.legend(*entries, fontsize=SMALL, ncols=5, loc="outside lower left")
    metric, label = shown[1]
    for name, look in looks.items():
        if (value := paper_values(record).get(f"{name}_{metric}")) is not None:
            mark_paper(lines, value, f"{look.label}, the paper")
    lines.set_ylabel(f"reward per step {label}".replace("\n", " "))
    lines.set_title("mean along training; dots: seeds at the end", fontsize=8)
    draw_trainings(lines, rows, metric, looks)
    return figure


def _series(looks: Mapping[str, Look], metrics: Sequence[str]) -> list[Series]:
    return [Series(look, [f"{name}_{each}" for each in metrics]) for name, look in looks.items()]
