"""Figures of LOQA's experiments, from their records and curves; needs no JAX."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from common.logger import curves, results
from advantage_alignment import coin_game_figures
from advantage_alignment.configs import EXPERIMENTS
from advantage_alignment.curve_drawing import STYLES, Record, Rows, draw_seeds
from advantage_alignment.training_configs import GradientConfig, IpdConfig

STATES = ("start", "cc", "cd", "dc", "dd")
TIT_FOR_TAT = (1, 1, 0, 1, 0)


def draw(name: str, folder: Path) -> None:
    """Draws the figure of one experiment from its record and curves, as PNG and SVG."""
    record = results.read_record(folder / f"{name}.json")
    rows = curves.read_curves(folder / f"{name}.csv")
    mpl.rcParams["svg.hashsalt"] = "loqa"  # the same file for the same figure
    figure = _picture(EXPERIMENTS[name].configs["quick"])(record, rows)
    for suffix, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
        figure.savefig(folder / f"{name}.{suffix}", dpi=150, metadata=metadata)


def _picture(config: Any) -> Callable[[Record, Rows], Figure]:
    """Chooses the drawing of an experiment by its settings."""
    if isinstance(config, GradientConfig):
        return _draw_gradients
    return _draw_policy if isinstance(config, IpdConfig) else coin_game_figures.picture(config)


def _draw_policy(record: Record, rows: Rows) -> Figure:
    """Bars of P(cooperate | state) as in the paper, and how they came about in training."""
    figure = Figure(figsize=(8.5, 3.4), layout="constrained")
    bars, lines = figure.subplots(1, 2, width_ratios=(2, 3))
    for i, state in enumerate(STATES):
        metric = record["metrics"][f"cooperation_{state}"]
        low, high = metric["ci95"] or (metric["mean"], metric["mean"])
        spread = [[metric["mean"] - low], [high - metric["mean"]]]
        bars.bar(i, metric["mean"], 0.7, yerr=spread, color="0.75", edgecolor="0.2", capsize=4)
        seeds = metric["per_seed"]
        offsets = [i + 0.4 * (k / max(len(seeds) - 1, 1) - 0.5) for k in range(len(seeds))]
        bars.plot(offsets, seeds, ".", color=STYLES[0]["color"], markersize=4)
        bars.plot([i - 0.42, i + 0.42], [TIT_FOR_TAT[i]] * 2, color=STYLES[2]["color"], lw=2)
        draw_seeds(lines, rows, f"cooperation_{state}", state.upper(), STYLES[i])
    bars.set_xticks(range(len(STATES)), [state.upper() for state in STATES])
    bars.set(ylim=(-0.03, 1.05), ylabel="P(cooperate | state)")
    bars.set_title("bars: mean and 95 % interval; dots: seeds;\nred: tit-for-tat", fontsize=8)
    lines.set(ylim=(-0.03, 1.05), xlabel="update")
    lines.set_title(f"{record['experiment']} ({record['preset']}), mean and range", fontsize=8)
    figure.legend(fontsize=7, ncols=5, loc="outside lower right")
    return figure


def _draw_gradients(record: Record, rows: Rows) -> Figure:
    """Cosine with the exact gradient along the two trainings, for learned and perfect critics."""
    figure = Figure(figsize=(8.5, 3.4), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    cases = (
        ("learned", "learned critic"),
        ("exact", "perfect critic"),
        ("exact_value", "perfect critic, its value in the softmax"),
    )
    for axes, run in zip(panels, ("sarsa", "returns"), strict=True):
        for (case, label), style in zip(cases, (STYLES[2], STYLES[0], STYLES[3]), strict=True):
            draw_seeds(axes, rows, f"{run}_cosine_{case}", label, style)
        axes.axhline(0.0, color="0.6", lw=0.8)
        axes.set(xlabel="update", ylim=(-1.05, 1.05), title=f"critic trained on {run}")
    panels[0].set_ylabel("cosine with the exact shaping gradient")
    panels[1].legend(fontsize=7, loc="lower right")
    return figure
