"""Figures of the leagues: who gets what from whom, and what best responders get from whom."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from brs.curve_drawing import STYLES, Record, Rows
from brs.study_configs import agent_of


def names_of(record: Record) -> list[str]:
    """Who took part, in order."""
    config = record["config"]
    trained = [name for name, _ in config["variants"]]
    return [*trained, *config["scripts"], *(Path(file).stem for file in config["policies"])]


def draw_head_to_head(config: Any, record: Record, rows: Rows) -> Figure:
    """Reward per step of the row's agent where it meets the column's, mean over seeds."""
    del config, rows
    names = names_of(record)
    means = [[record["metrics"][f"{row}_vs_{column}"]["mean"] for column in names] for row in names]
    figure = Figure(figsize=(1.5 + 0.75 * len(names), 1 + 0.6 * len(names)), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(means, cmap="cividis")
    middle = sum(image.get_clim()) / 2
    for i, row in enumerate(means):
        for j, mean in enumerate(row):
            color = "white" if mean < middle else "black"
            axes.text(j, i, f"{mean:.2f}", ha="center", va="center", fontsize=7, color=color)
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right", fontsize=7)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.set(xlabel="meets", ylabel="reward per step of")
    figure.suptitle(f"{record['experiment']} ({record['preset']})", fontsize=8)
    return figure


def draw_exploitability(config: Any, record: Record, rows: Rows) -> Figure:
    """What the strongest best responder gets from each agent, and leaves it; crosses are exact."""
    del config, rows
    names = list(dict.fromkeys(map(agent_of, names_of(record))))
    figure = Figure(figsize=(2 + 0.9 * len(names), 3.6), layout="constrained")
    axes = figure.subplots()
    series = (
        ("best_response", "strongest responder found", -0.2),
        ("agent_vs_best_response", "agent", 0.2),
    )
    for (metric, label, shift), style in zip(series, STYLES[::2], strict=False):
        for i, name in enumerate(names):
            entry = record["metrics"][f"{name}_{metric}"]
            shown = label if i == 0 else None
            axes.bar(i + shift, entry["mean"], 0.38, color=style["color"], alpha=0.8, label=shown)
            seeds = entry["per_seed"]
            axes.plot([i + shift] * len(seeds), seeds, ".", color="0.15", markersize=3)
            exact = record["metrics"].get(f"{name}_exact_{metric}")
            if exact:
                axes.plot(i + shift, exact["mean"], "x", color="0.15", markersize=7)
    axes.axhline(0.0, color="0.4", lw=0.8)
    axes.set_xticks(range(len(names)), names, rotation=25, ha="right", fontsize=7)
    axes.set(ylabel="reward per step")
    axes.legend(fontsize=7)
    title = f"{record['experiment']} ({record['preset']}); dots: seeds, crosses: exact"
    axes.set_title(title, fontsize=8)
    return figure


def draw_files(config: Any, record: Record, rows: Rows) -> Figure:
    """Figure 1's bars for agents of files: both rewards of every match, and the distilled bound."""
    del config, rows
    names = list(dict.fromkeys(map(agent_of, names_of(record))))
    figure = Figure(figsize=(2.8 * len(names) + 1, 3.2), layout="constrained")
    for axes, name in zip(
        figure.subplots(1, len(names), sharey=True, squeeze=False)[0], names, strict=True
    ):
        matches = (
            ("itself", f"{name}_self", f"{name}_self"),
            ("AC", f"{name}_vs_AC", f"AC_vs_{name}"),
            ("AD", f"{name}_vs_AD", f"AD_vs_{name}"),
            ("strongest\nresponder", f"{name}_agent_vs_best_response", f"{name}_best_response"),
        )
        for place, (_, *metrics) in enumerate(matches):
            labels = ("agent", "opponent") if place == 0 else (None, None)
            for metric, label, shift, style in zip(
                metrics, labels, (-0.2, 0.2), STYLES[::2], strict=False
            ):
                entry = record["metrics"][metric]
                at, color = place + shift, style["color"]
                axes.bar(at, entry["mean"], 0.38, color=color, alpha=0.8, label=label)
                seeds = entry["per_seed"]
                axes.plot([at] * len(seeds), seeds, ".", color="0.15", markersize=3)
        bound = record["metrics"].get(f"{name}_distilled")
        if bound:
            axes.plot(
                3.2, bound["mean"], "D", color="0.15", mfc="none", label="distilled responder"
            )
        axes.axhline(0.0, color="0.4", lw=0.8)
        axes.set_xticks(range(4), [label for label, *_ in matches], fontsize=7)
        axes.set_title(name, fontsize=8)
        axes.legend(fontsize=6)
    figure.supylabel("reward per step", fontsize=8)
    title = f"{record['experiment']} ({record['preset']}); dots: files, one of a training seed each"
    figure.suptitle(title, fontsize=8)
    return figure
