"""Figures of the iterated prisoner's dilemma: policies, values, the front of self-play's weight."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brs.curve_drawing import STYLES, Record, Rows, draw_seeds

STATES = ("start", "cc", "cd", "dc", "dd")
TIT_FOR_TAT = (1, 1, 0, 1, 0)
MATCHES = (
    ("self_play", "agent with itself"),
    ("agent_vs_best_response", "agent against\nbest responder"),
    ("best_response", "best responder\nagainst agent"),
)


def draw_policies(config: Any, record: Record, rows: Rows) -> Figure:
    """P(cooperate | state) of every variant, their values, and values along training."""
    names = [name for name, _ in config.variants]
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    policies, values, lines = figure.subplots(1, 3, width_ratios=(5, 4, 4))
    _bars(policies, record, names, [f"cooperation_{state}" for state in STATES])
    for i, height in enumerate(TIT_FOR_TAT):
        policies.plot([i - 0.45, i + 0.45], [height] * 2, color="0.3", lw=1, ls=":")
    policies.set_xticks(range(len(STATES)), [state.upper() for state in STATES])
    policies.set(ylim=(-0.03, 1.05), ylabel="P(cooperate | state)")
    policies.set_title("mean and 95 % interval; dotted: tit-for-tat", fontsize=8)
    _bars(values, record, names, [metric for metric, _ in MATCHES])
    values.set_xticks(range(len(MATCHES)), [label for _, label in MATCHES], fontsize=6)
    values.set(ylabel="reward per step", ylim=(-3.1, 0.1))
    for name, style in zip(names, STYLES * 2, strict=False):
        draw_seeds(lines, rows, f"{name}_agent_vs_best_response", name, style)
    lines.set(xlabel="update", ylabel="agent against its best responder")
    title = f"{record['experiment']} ({record['preset']}), mean and range"
    lines.set_title(title, fontsize=8)
    figure.legend(
        *policies.get_legend_handles_labels(), fontsize=7, ncols=6, loc="outside lower right"
    )
    return figure


def draw_learned(config: Any, record: Record, rows: Rows) -> Figure:
    """Values, and how good and how faithful the detective was, along training."""
    names = [name for name, _ in config.variants]
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    panels = (
        ("self_play", "agent with itself"),
        ("agent_vs_best_response", "agent against exact best responder"),
        ("detective_regret", "detective's exact regret"),
        ("detective_fidelity", "cosine with the exact derivative"),
    )
    for axes, (metric, label) in zip(figure.subplots(1, 4), panels, strict=True):
        for name, style in zip(names, STYLES, strict=False):
            draw_seeds(axes, rows, f"{name}_{metric}", name, style)
        axes.set(xlabel="update")
        axes.set_title(label, fontsize=8)
    axes.legend(fontsize=7)
    figure.suptitle(f"{record['experiment']} ({record['preset']}), mean and range", fontsize=8)
    return figure


def draw_front(config: Any, record: Record, rows: Rows) -> Figure:
    """Values and two probabilities over the weight of self-play."""
    del rows
    weights = [variant.self_play_weight for _, variant in config.variants]
    names = [name for name, _ in config.variants]
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    values, policies = figure.subplots(1, 2)
    for (metric, label), style in zip(MATCHES, STYLES, strict=False):
        _line(values, record, weights, [f"{name}_{metric}" for name in names], label, style)
    values.axhline(-0.5, color="0.6", lw=0.8, ls=":")
    values.annotate("leader's exact optimum", (0.3, -0.48), fontsize=6, color="0.4")
    values.set(xlabel="weight of self-play", ylabel="reward per step", ylim=(-3.1, 0.1))
    values.legend(fontsize=7)
    for state, style in zip(STATES, STYLES, strict=True):
        metrics = [f"{name}_cooperation_{state}" for name in names]
        _line(policies, record, weights, metrics, state.upper(), style)
    policies.set(xlabel="weight of self-play", ylabel="P(cooperate | state)", ylim=(-0.03, 1.05))
    policies.legend(fontsize=7)
    figure.suptitle(f"{record['experiment']} ({record['preset']}); bands: seeds", fontsize=8)
    return figure


def _bars(axes: Axes, record: Record, names: Sequence[str], metrics: Sequence[str]) -> None:
    width = 0.84 / len(names)
    for k, (name, style) in enumerate(zip(names, STYLES * 2, strict=False)):
        entries = [record["metrics"][f"{name}_{metric}"] for metric in metrics]
        places = [i + width * (k - (len(names) - 1) / 2) for i in range(len(metrics))]
        means = [entry["mean"] for entry in entries]
        ends = [entry["ci95"] or (entry["mean"], entry["mean"]) for entry in entries]
        spread = [
            [mean - low for mean, (low, _) in zip(means, ends, strict=True)],
            [high - mean for mean, (_, high) in zip(means, ends, strict=True)],
        ]
        hatch = "//" if k >= len(STYLES) else ""
        axes.bar(places, means, width, yerr=spread, color=style["color"], hatch=hatch, label=name)


def _line(
    axes: Axes,
    record: Record,
    places: Sequence[float],
    metrics: Sequence[str],
    label: str,
    style: Any,
) -> None:
    entries = [record["metrics"][metric] for metric in metrics]
    axes.plot(places, [entry["mean"] for entry in entries], marker=".", label=label, **style)
    seeds = [entry["per_seed"] for entry in entries]
    axes.fill_between(
        places, list(map(min, seeds)), list(map(max, seeds)), color=style["color"], alpha=0.15, lw=0
    )
