"""Error by reasoning step: how wrong critic and rollouts are along a response.

    make reproduce-vineppo EXPERIMENT=figure_error_by_step    seconds after figure_value_accuracy

The paper: the error of rollouts falls from .08 to .02 along a response, that of the critic rises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment, Record, Rows
from vineppo.experiments import presets
from vineppo.experiments.value_study import LABELS, measure_values, ppo_values, trained_ppo

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CLAIMS = (
    Claim(
        "mc_error_falls",
        "error by reasoning step",
        "the error of 9 rollouts is lower in the last quarter of a response than in the first",
        "mc9_mae_rise_over_training",
        Criterion("high", "<=", 0.0),
        -0.06,
    ),
    Claim(
        "critic_error_rises",
        "error by reasoning step",
        "the critic's error is higher in the last quarter of a response than in the first",
        "critic_mae_rise_over_training",
        Criterion("low", ">=", 0.0, partly=-0.02),
    ),
)


def draw(record: Record, rows: Rows) -> Figure:
    """Draws the error of each estimator by position, early and late in training, and its rise."""
    from vineppo.experiments import drawing

    figure = drawing.new_figure()
    updates = sorted({row["update"] for row in rows})
    first, second, right = figure.subplots(1, 3, width_ratios=(3, 3, 2))
    for axes, update in zip((first, second), (updates[0], updates[-1]), strict=True):
        shown = [row for row in rows if row["update"] == update]
        for name in (name for name in shown[0] if name in LABELS):
            by_position: dict[float, list[float]] = {}
            for row in shown:
                place = round(row["position"], 3)
                by_position.setdefault(place, []).append(abs(row[name] - row["truth"]))
            places = sorted(by_position)
            errors = [sum(by_position[p]) / len(by_position[p]) for p in places]
            axes.plot(places, errors, label=LABELS[name], **drawing.line_style(name))
        axes.set_xlabel("share of the response before the step")
        axes.set_title(f"after iteration {update:g} of PPO, first seed", fontsize=9)
    second.sharey(first)
    second.tick_params(labelleft=False)
    first.set_ylabel("mean absolute error of the value")
    first.legend(fontsize=drawing.SMALL)
    labels = {"mc_error_falls": "9 rollouts", "critic_error_rises": "critic"}
    drawing.draw_claims(right, record, labels)
    right.set_xlabel("error in the last quarter\nless that in the first")
    figure.suptitle(drawing.title(record), fontsize=9)
    return figure


EXPERIMENT = Experiment(
    source="error by reasoning step",
    summary="error of critic and rollouts along the response",
    claims=CLAIMS,
    configs=presets.by_preset(ppo_values),
    num_seeds=presets.NUM_SEEDS,
    minutes={"smoke": 0.3, "quick": 0.1, "paper": 0.0},
    run=measure_values,
    draw=draw,
    trained=trained_ppo,
)
