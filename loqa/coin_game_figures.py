"""Figures of the Coin Game: the league, the thresholds on growing grids, training curves."""

from collections.abc import Callable, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from loqa.curve_drawing import STYLES, Record, Rows, draw_seeds
from loqa.study_configs import ExploitabilityConfig, LeagueConfig, ScalingConfig

SCRIPTS = ("always_cooperate", "always_defect", "random")
FULL_COOPERATION = 0.3486  # of each of two always-cooperating players, exact
SHORT = {"always_cooperate": "AC", "always_defect": "AD", "random": "random"}
LEVELS = ("weak", "medium", "strong")


def picture(config: Any) -> Callable[[Record, Rows], Figure]:
    """Chooses the drawing of an experiment by the settings of it."""
    if isinstance(config, LeagueConfig):
        return draw_league
    if isinstance(config, ExploitabilityConfig):
        return draw_exploitability
    return draw_scaling if isinstance(config, ScalingConfig) else draw_training


def draw_league(record: Record, rows: Rows) -> Figure:
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
        for entrant, style in zip(entrants, _styles(len(entrants)), strict=True):
            draw_seeds(axes, rows, f"{entrant}_{metric}", entrant.replace("_", " "), style)
        axes.axhline(0.0, color="0.6", lw=0.8)
        axes.set(xlabel="update", ylabel="reward per step")
        axes.set_title(f"{title}; mean and range over seeds", fontsize=8)
    self_play.axhline(FULL_COOPERATION, color="0.4", lw=0.8, ls=":")
    self_play.legend(fontsize=7)
    figure.suptitle(f"{record['experiment']} ({record['preset']})", fontsize=9)
    return figure


def draw_scaling(record: Record, rows: Rows) -> Figure:
    """Seconds per seed until each threshold, logarithmic, over the size of the grid."""
    del rows
    metrics = record["metrics"]
    names = [name for name, _ in record["config"]["entrants"]]
    sizes = record["config"]["grid_sizes"]
    figure = Figure(figsize=(9.5, 3.4), layout="constrained")
    for axes, level in zip(figure.subplots(1, len(LEVELS), sharey=True), LEVELS, strict=True):
        for name, style in zip(names, _styles(len(names)), strict=True):
            points = []
            for size in sizes:
                case = f"{name}_{size}x{size}"
                passed = metrics[f"{case}_{level}_passed"]["per_seed"]
                updates = metrics[f"{case}_{level}_updates"]["per_seed"]
                seconds = metrics[f"{case}_seconds_per_update"]["mean"] / len(passed)
                points += [
                    (size, count * seconds)
                    for count, has_passed in zip(updates, passed, strict=True)
                    if has_passed
                ]
            label = f"{name} ({len(points)} of {len(sizes) * len(passed)} seeds)"
            axes.plot(
                *zip(*points, strict=True) if points else ([], []),
                "o",
                label=label,
                color=style["color"],
            )
        axes.set(title=f"{level} threshold", xlabel="grid size", yscale="log", xticks=list(sizes))
        axes.legend(fontsize=7)
    figure.axes[0].set_ylabel("seconds of this machine per seed")
    figure.suptitle(f"{record['experiment']} ({record['preset']})", fontsize=9)
    return figure


def draw_exploitability(record: Record, rows: Rows) -> Figure:
    """What the best responses get and leave, exact values as marks; how they were learned."""
    metrics = record["metrics"]
    names = [*(name for name, _ in record["config"]["entrants"]), *SCRIPTS[:2]]
    figure = Figure(figsize=(8.5, 3.4), layout="constrained")
    bars, lines = figure.subplots(1, 2)
    for i, (name, style) in enumerate(zip(names, _styles(len(names)), strict=True)):
        taken, left = f"best_response_vs_{name}", f"{name}_vs_best_response"
        for place, metric, colour in ((i - 0.2, taken, "0.45"), (i + 0.2, left, "0.85")):
            bars.bar(place, metrics[metric]["mean"], 0.4, color=colour, edgecolor="0.2")
            values = metrics[metric]["per_seed"]
            bars.plot([place] * len(values), values, "k.", markersize=3)
        exact = metrics.get(f"exact_{taken}")
        if exact is not None:
            bars.plot([i - 0.4, i], [exact["mean"]] * 2, "r-", lw=2)
        draw_seeds(lines, rows, f"{name}_best_response", f"against {name}", style)
    bars.set_xticks(range(len(names)), [SHORT.get(name, name) for name in names])
    bars.set(ylabel="reward per step")
    bars.set_title("dark: best response; light: the frozen player; red: exact", fontsize=8)
    lines.set(xlabel="update of the best response", ylabel="its reward per step in training")
    lines.legend(fontsize=7)
    figure.suptitle(f"{record['experiment']} ({record['preset']})", fontsize=9)
    return figure


def draw_training(record: Record, rows: Rows) -> Figure:
    """Rewards of the agent against itself and the scripts, and of the scripts, along training."""
    figure = Figure(figsize=(8.5, 3.4), layout="constrained")
    own, other = figure.subplots(1, 2, sharey=True)
    metrics = ("self_play", *(f"vs_{script}" for script in SCRIPTS))
    for metric, style in zip(metrics, _styles(len(metrics)), strict=True):
        draw_seeds(own, rows, metric, metric.replace("_", " "), style)
    for script, style in zip(SCRIPTS, _styles(len(metrics))[1:], strict=True):
        draw_seeds(other, rows, f"{script}_vs_agent", script.replace("_", " "), style)
    own.set(xlabel="update", ylabel="reward per step", title="agent")
    other.set(xlabel="update", title="the others, facing the agent")
    for axes in (own, other):
        axes.axhline(0.0, color="0.6", lw=0.8)
        axes.legend(fontsize=7)
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
    for k, (entrant, style) in enumerate(zip(entrants, _styles(len(entrants)), strict=True)):
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


def _styles(number: int) -> list[dict[str, Any]]:
    return [dict(STYLES[i % len(STYLES)]) for i in range(number)]
