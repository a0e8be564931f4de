"""How LOQA's figures look, and what several of them share. Imported inside `draw` functions only.

A method looks the same in every figure: lines differ in dashes, bars in hatch, points in marker.
"""

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from common.logger.curve_drawing import (
    HATCHES,
    STYLES,
    draw_seeds,
    label_lines,
    mark_paper,
    paper_values,
)
from common.logger.experiment import Record, Rows


class Look(NamedTuple):
    """What a method is called in figures, and how its lines, bars and points look."""

    label: str
    line: Mapping[str, Any]
    hatch: str
    marker: str

    @property
    def bar(self) -> dict[str, Any]:
        """Arguments of its bars."""
        return {"color": self.line["color"], "hatch": self.hatch, "alpha": 0.6, "edgecolor": "0.2"}


def _look(label: str, number: int) -> Look:
    return Look(label, STYLES[number], HATCHES[number], "os^DvP*X"[number])


LOOKS: Mapping[str, Look] = {
    "loqa": _look("LOQA", 0),
    "naive": _look("naive learner", 1),
    "pola": _look("POLA", 2),
    "no_buffer": _look("LOQA without buffer", 1),
    "two_agents": _look("two separate agents", 1),
    "leaking_advantage": _look("released advantage", 1),
    "constant_normalizer": _look("constant normaliser", 2),
    "return_advantage": _look("Monte Carlo advantage", 3),
    "critic_value": _look("critic's value in softmax", 4),
    "ten_step_reach": _look("reach of ten rewards", 5),
    "returns_critic": _look("critic of the IPD", 6),
    "self_play": _look("itself", 0),
    "always_cooperate": _look("always-cooperate", 3),
    "always_defect": _look("always-defect", 4),
    "random": _look("random", 6),
    # states of the iterated prisoner's dilemma
    "start": _look("START", 0),
    "cc": _look("CC", 1),
    "cd": _look("CD", 2),
    "dc": _look("DC", 3),
    "dd": _look("DD", 4),
    # critics whose gradients are compared
    "learned": _look("learned critic", 2),
    "exact": _look("perfect critic", 0),
    "exact_value": _look("perfect critic, its value in the softmax", 3),
}
SCRIPTS = ("always_cooperate", "always_defect", "random")
FULL_COOPERATION = 0.3486  # of each of two always-cooperating players, exact
SMALL = 7  # font size of legends and notes
_MAX_IN_LEGEND = 5  # lines; more are labelled at their ends, without the seeds
_UNLIKE = 10  # trainings whose numbers of updates differ by more are drawn as shares of themselves
_SHARES = 100_000  # updates of a whole training there

# The league's numbers that tell reciprocity, by metric of an entrant.
_REWARDS = {
    "{}_self": "with\nthemselves",
    "{}_vs_always_cooperate": "against\nalways-\ncooperate",
    "always_cooperate_vs_{}": "what\nalways-\ncooperate\ngets",
    "{}_vs_always_defect": "against\nalways-\ndefect",
    "always_defect_vs_{}": "what\nalways-\ndefect\ngets",
}


def new_figure(record: Record, width: float, height: float) -> Figure:
    """Returns an empty figure that says of which experiment and size it is."""
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.suptitle(f"{record['experiment']} (size {record['preset']})", fontsize=9)
    return figure


def draw_seed_points(
    axes: Axes, place: float, values: Sequence[float], width: float, label: str | None = None
) -> None:
    """Draws a dot for each seed, side by side within a width, above a bar."""
    steps = range(len(values))
    places = [place + width * ((k + 0.5) / len(values) - 0.5) for k in steps]
    axes.plot(places, values, "k.", markersize=3, label=label, clip_on=False, zorder=3)


def draw_marks(
    axes: Axes, places: Sequence[float], values: Sequence[float], label: str, marker: str = "*"
) -> None:
    """Draws reference values of bars: white stars for the paper's, or another marker."""
    look = {"markerfacecolor": "white", "markeredgecolor": "black", "clip_on": False}
    axes.plot(places, values, marker, markersize=7, label=label, zorder=4, color="black", **look)


def draw_league(record: Record, rows: Rows) -> Figure:
    """Heat map of rewards, row player against column player; bars; how training went."""
    entrants = [name for name, _ in record["config"]["entrants"]]
    wider = 3.0 if len(entrants) > _MAX_IN_LEGEND else 0.0
    figure = new_figure(record, 10.5 + wider, 5.4 + 0.8 * len(entrants))
    heat, bars, self_play, defection = figure.subplots(2, 2).flat
    _draw_heat_map(heat, record, entrants)
    _draw_bars(bars, record, entrants)
    paper = paper_values(record)
    self_play.axhline(FULL_COOPERATION, color="0.4", lw=1.2, ls=":", label="full cooperation")
    for axes, metric, judged, title in (
        (self_play, "{}_self_play", "{}_self", "reward with themselves"),
        (defection, *["always_defect_vs_{}"] * 2, "what always-defect gets from them"),
    ):
        for entrant in entrants:
            if (value := paper.get(judged.format(entrant))) is not None:
                mark_paper(axes, value, f"{LOOKS[entrant].label}, the paper")
        has_seeds = _draw_trainings(axes, rows, metric, entrants)
        axes.axhline(0.0, color="0.6", lw=0.8)
        over = "thick: mean; thin: each seed" if has_seeds else "mean over seeds"
        axes.set_title(f"{title}; {over}", fontsize=8)
    figure.draw_without_rendering()  # settles the limits
    for axes in (self_play, defection):
        if len(entrants) > _MAX_IN_LEGEND:
            label_lines(axes, SMALL)
        else:
            put_legend_on_top(axes)
    return figure


def put_legend_on_top(axes: Axes, num_columns: int = 2, room: float = 0.3) -> None:
    """Makes room above what is drawn and puts the legend there, so that it covers nothing."""
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + room * (high - low))
    axes.legend(fontsize=SMALL, ncols=num_columns, loc="upper center")


def draw_each_seed(axes: Axes, rows: Rows, metric: str, style: Mapping[str, Any]) -> None:
    """Draws a thin line for each seed; where seeds differ a band would cover everything."""
    for seed in dict.fromkeys(row["seed"] for row in rows):
        own = [row for row in rows if row["seed"] == seed]
        points = [row["update"] for row in own], [row[metric] for row in own]
        axes.plot(*points, **style, lw=0.6, alpha=0.6)


def _draw_trainings(axes: Axes, rows: Rows, metric: str, entrants: Sequence[str]) -> bool:
    """Draws a metric along the trainings of all entrants; returns whether with every seed.

    Where one is much shorter than another, each runs from 0 to 100 % of its own updates.
    """
    metrics = {
        each: name for each in entrants if (name := _metric_in_curves(metric, each)) in rows[0]
    }
    measured = {e: [row for row in rows if not isnan(row[name])] for e, name in metrics.items()}
    updates = {each: int(max(row["update"] for row in own)) for each, own in measured.items()}
    as_shares = max(updates.values()) > _UNLIKE * min(updates.values())
    has_seeds = len(entrants) <= _MAX_IN_LEGEND
    for each, own in measured.items():
        label, shown = LOOKS[each].label, own
        if as_shares:
            label = f"{label} ({updates[each]} updates)"
            factor = _SHARES / updates[each]
            shown = [{**row, "update": round(factor * row["update"])} for row in own]
        draw_seeds(axes, shown, metrics[each], label, LOOKS[each].line, band=False)
        if has_seeds:
            draw_each_seed(axes, shown, metrics[each], LOOKS[each].line)
    axes.set(xlabel="share of its own training" if as_shares else "update")
    axes.set_ylabel("reward per step")
    if as_shares:
        axes.xaxis.set_major_formatter(PercentFormatter(_SHARES))
    return has_seeds


def _metric_in_curves(metric: str, entrant: str) -> str:
    """Name in the curves, where the entrant stands in front: loqa_always_defect_vs_agent."""
    if metric.startswith("{}"):
        return metric.format(entrant)
    return f"{entrant}_{metric.format('agent')}"


def _draw_heat_map(axes: Axes, record: Record, entrants: Sequence[str]) -> None:
    columns = ["self", "other_seeds", *SCRIPTS, *entrants]
    names = [*entrants, *SCRIPTS[:2]]
    values = [[_reward(record, row, column) for column in columns] for row in names]
    shown = [[float("nan") if value is None else value for value in row] for row in values]
    axes.imshow(shown, cmap="RdBu", vmin=-0.65, vmax=0.65, aspect="auto")
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            if value is not None:
                colour = "white" if abs(value) > 0.4 else "black"
                look = {"ha": "center", "va": "center", "fontsize": 7, "color": colour}
                axes.text(j, i, f"{round(value, 2) + 0.0:.2f}", **look)
    more = {"self": "itself", "other_seeds": "its other seeds"}
    labels = [more.get(name) or LOOKS[name].label for name in columns]
    axes.set_xticks(range(len(columns)), labels, fontsize=SMALL, rotation=40, ha="right")
    axes.set_yticks(range(len(names)), [LOOKS[name].label for name in names], fontsize=SMALL)
    axes.set_title("reward per step of the row player against the column player", fontsize=8)


def _reward(record: Record, row: str, column: str) -> float | None:
    name = f"{row}_self" if column == "self" else f"{row}_vs_{column}"
    metric = record["metrics"].get(name)
    return None if metric is None else metric["mean"]


def _draw_bars(axes: Axes, record: Record, entrants: Sequence[str]) -> None:
    """The numbers that tell reciprocity, the differences that claims are about, the paper's."""
    paper = paper_values(record)
    width = 0.8 / len(entrants)
    groups = list(_REWARDS.values())
    bars = [
        (kind.format(entrant), LOOKS[entrant], i + width * (k - (len(entrants) - 1) / 2))
        for k, entrant in enumerate(entrants)
        for i, kind in enumerate(_REWARDS)
    ]
    for metric in paper:
        if "_minus_" in metric:
            entrant, rest = metric.split("_minus_")
            kind = "{}_self" if rest.endswith("_self") else "{}_vs" + rest.partition("_vs")[2]
            bars.append((metric, LOOKS[entrant], float(len(groups))))
            groups.append(f"difference,\n{_REWARDS[kind]}")
    named: set[str] = set()
    for name, look, place in bars:
        metric, label = record["metrics"][name], None if look.label in named else look.label
        dots = None if named else "a seed"
        named.add(look.label)
        axes.bar(place, metric["mean"], width, label=label, **look.bar)
        draw_seed_points(axes, place, metric["per_seed"], 0.5 * width, dots)
    places = [place for name, _, place in bars if name in paper]
    if places:
        values = [paper[name] for name, *_ in bars if name in paper]
        draw_marks(axes, places, values, "the paper")
    axes.axhline(0.0, color="0.4", lw=0.8)
    axes.set_xticks(range(len(groups)), groups, fontsize=SMALL)
    axes.set_ylabel("reward per step")
    axes.set_title("rewards after training; bars: mean over seeds", fontsize=8)
    put_legend_on_top(axes, room=0.2 + 0.02 * len(entrants))
