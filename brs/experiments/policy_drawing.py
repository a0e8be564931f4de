"""Figures of the iterated prisoner's dilemma: policies and values of several variants."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from common.logger.curve_drawing import STYLES, Record, Rows, draw_seeds

STATES = ("start", "cc", "cd", "dc", "dd")
TIT_FOR_TAT = (1, 1, 0, 1, 0)
MATCHES = (
    ("self_play", "agent with itself"),
    ("agent_vs_best_response", "agent against\nbest responder"),
    ("best_response", "best responder\nagainst agent"),
)


def draw_policies(record: Record, rows: Rows) -> Figure:
    """P(cooperate | state) of every variant, their values, and values along training."""
    names = [name for name, _ in record["config"]["variants"]]
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
    for name, style in zip(names, STYLES, strict=False):
        draw_seeds(lines, rows, f"{name}_agent_vs_best_response", name, style)
    lines.set(xlabel="update", ylabel="agent against its best responder")
    title = f"{record['experiment']} ({record['preset']}), mean and range"
    lines.set_title(title, fontsize=8)
    figure.legend(
        *policies.get_legend_handles_labels(), fontsize=7, ncols=6, loc="outside lower right"
    )
    return figure


def _bars(axes: Axes, record: Record, names: Sequence[str], metrics: Sequence[str]) -> None:
    width = 0.84 / len(names)
    for k, (name, style) in enumerate(zip(names, STYLES, strict=False)):
        entries = [record["metrics"][f"{name}_{metric}"] for metric in metrics]
        places = [i + width * (k - (len(names) - 1) / 2) for i in range(len(metrics))]
        means = [entry["mean"] for entry in entries]
        ends = [entry["ci95"] or (entry["mean"], entry["mean"]) for entry in entries]
        spread = [
            [mean - low for mean, (low, _) in zip(means, ends, strict=True)],
            [high - mean for mean, (_, high) in zip(means, ends, strict=True)],
        ]
        axes.bar(places, means, width, yerr=spread, color=style["color"], label=name)
