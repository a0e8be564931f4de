"""Beyond the paper: what the weight of self-play makes of BRS, from extortion to being exploited.

    make reproduce-brs EXPERIMENT=beyond_stackelberg_front          # a minute, 24 seeds

The leader's exact optimum against a best responder is -0.5 per step, extortion; the paper's step of
self-play has no weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from brs.experiments.exact_ipd import BRS, NUM_SEEDS, WEIGHTED, claim, minutes, variants
from brs.experiments.variants import compare_variants, first_variant
from common.logger.claims import Criterion
from common.logger.experiment import Experiment, Record, Rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.95, 1.0)

CONFIGS = variants(
    {f"w_{weight:g}": {**WEIGHTED, "self_play_weight": weight} for weight in _WEIGHTS},
    base=replace(BRS, temperature=0.3),
    shows="front",
)

CLAIMS = (
    claim(
        "extortion_at_zero",
        "Without self-play the leader extorts (its reward; -0.5 is the exact optimum)",
        "w_0_agent_vs_best_response",
        Criterion("mean", ">=", -0.65, partly=-0.8),
        source="beyond the paper",
    ),
    claim(
        "cooperation_at_half",
        "With equal weights the leader cooperates with its best responder and itself (share of "
        "seeds)",
        "w_0.5_is_cooperative",
        Criterion("mean", ">=", 0.9, partly=0.5),
        source="beyond the paper",
    ),
    claim(
        "tit_for_tat_near_one",
        "With a weight of self-play near one the leader is tit-for-tat: P(C | DC) at .95",
        "w_0.95_cooperation_dc",
        Criterion("mean", ">=", 0.7, partly=0.4),
        source="beyond the paper",
    ),
    claim(
        "exploited_at_one",
        "With self-play alone the leader is exploited (its reward against its best responder)",
        "w_1_agent_vs_best_response",
        Criterion("mean", "<=", -2.5, partly=-2.0),
        source="beyond the paper",
    ),
)


def draw(record: Record, rows: Rows) -> Figure:
    """Values, and P(cooperate | state), over the weight of self-play."""
    from brs.experiments.drawing import IPD_MATCHES, SMALL, STATES, new_figure
    from common.logger.curve_drawing import STYLES

    del rows
    weights = [variant["self_play_weight"] for _, variant in record["config"]["variants"]]
    names = [name for name, _ in record["config"]["variants"]]
    figure = new_figure(record, 10, 4)
    values, policies = figure.subplots(1, 2)
    for (metric, label), style in zip(IPD_MATCHES, STYLES, strict=False):
        metrics, words = [f"{name}_{metric}" for name in names], label.replace("\n", " ")
        _line(values, record, weights, metrics, words, style)
    values.axhline(-0.5, color="0.5", lw=0.8, ls=":")
    values.annotate("leader's exact optimum", (0.3, -0.48), fontsize=SMALL, color="0.3")
    values.set(xlabel="weight of self-play", ylabel="reward per step", ylim=(-3.1, 0.1))
    values.legend(fontsize=SMALL, loc="lower left")
    for state, style in zip(STATES, STYLES, strict=False):
        metrics = [f"{name}_cooperation_{state}" for name in names]
        _line(policies, record, weights, metrics, state.upper(), style)
    policies.set(xlabel="weight of self-play", ylabel="P(cooperate | state)", ylim=(-0.03, 1.05))
    policies.legend(
        fontsize=SMALL,
        title="state: own, other's last action",
        title_fontsize=SMALL,
        loc="center",
        bbox_to_anchor=(0.5, 0.67),
    )
    for axes in (values, policies):
        axes.set_title("mean and 95 % interval over seeds", fontsize=8)
    return figure


def _line(
    axes: Axes,
    record: Record,
    places: Sequence[float],
    metrics: Sequence[str],
    label: str,
    style: Any,
) -> None:
    entries = [record["metrics"][metric] for metric in metrics]
    means = [entry["mean"] for entry in entries]
    ends = [entry["ci95"] or (entry["mean"], entry["mean"]) for entry in entries]
    axes.plot(places, means, marker=".", label=label, **style)
    low, high = zip(*ends, strict=True)
    axes.vlines(places, low, high, color=style["color"], lw=1.5)


BEYOND_STACKELBERG_FRONT = Experiment(
    source="beyond the paper",
    summary="Weight of self-play from zero to one: from extortion over cooperation to an "
    "agent that is exploited",
    claims=CLAIMS,
    configs=CONFIGS,
    num_seeds=NUM_SEEDS,
    minutes=minutes(1.0),
    run=compare_variants,
    draw=draw,
    trained=first_variant,
)
