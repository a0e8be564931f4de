"""Figures of the Coin Game: rewards of agents and opponents side by side."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from common.logger.curve_drawing import STYLES, Record, Rows, draw_seeds

VALUES = (
    ("self_play", "with itself"),
    ("agent_vs_best_response", "agent against\nbest response"),
    ("best_response", "best response"),
    ("agent_vs_AC", "agent against\nAC"),
    ("AC_vs_agent", "AC"),
    ("agent_vs_AD", "agent against\nAD"),
    ("AD_vs_agent", "AD"),
)


def draw_values(record: Record, rows: Rows) -> Figure:
    """Rewards of every variant in every match, and against the best response along training."""
    names = [name for name, _ in record["config"]["variants"]]
    figure = Figure(figsize=(11, 3.8), layout="constrained")
    bars, lines = figure.subplots(1, 2, width_ratios=(3, 2))
    shown = [(m, label) for m, label in VALUES if f"{names[0]}_{m}" in record["metrics"]]
    draw_bars(bars, record, names, [[f"{name}_{metric}" for metric, _ in shown] for name in names])
    bars.set_xticks(range(len(shown)), [label for _, label in shown], fontsize=7)
    bars.axhline(0.0, color="0.4", lw=0.8)
    bars.set(ylabel="reward per step")
    bars.legend(fontsize=7)
    for name, style in zip(names, STYLES, strict=False):
        draw_seeds(lines, rows, f"{name}_{shown[1][0]}", name, style)
    lines.set(xlabel="update", ylabel=shown[1][1].replace("\n", " "))
    title = f"{record['experiment']} ({record['preset']}); mean, range of seeds"
    lines.set_title(title, fontsize=8)
    return figure


def draw_bars(
    axes: Axes, record: Record, labels: Sequence[str], series: Sequence[Sequence[str]]
) -> None:
    """Groups of bars, means with a dot per seed: a row of metrics for each label."""
    width = 0.84 / len(labels)
    for k, (label, metrics, style) in enumerate(zip(labels, series, STYLES, strict=False)):
        for i, metric in enumerate(metrics):
            entry = record["metrics"][metric]
            place = i + width * (k - (len(labels) - 1) / 2)
            shown = label if i == 0 else None
            axes.bar(place, entry["mean"], width, color=style["color"], alpha=0.8, label=shown)
            seeds = entry["per_seed"]
            axes.plot([place] * len(seeds), seeds, ".", color="0.15", markersize=3)
