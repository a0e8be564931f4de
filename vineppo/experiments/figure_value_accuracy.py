"""Value prediction: values of PPO's states by its critic and by K rollouts, against 256 rollouts.

    make reproduce-vineppo EXPERIMENT=figure_value_accuracy        3 minutes at quick

The paper, DeepSeekMath 7B: mean absolute errors of .03 for 9 rollouts and .11 for the critic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment, Record, Rows
from vineppo.experiments import presets
from vineppo.experiments.value_study import LABELS, measure_values, ppo_values, trained_ppo

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SOURCE = "value prediction analysis, DeepSeekMath"

CLAIMS = (
    Claim(
        "mc_error_is_lower",
        _SOURCE,
        "the mean absolute error of values from 9 rollouts is below the critic's, over training",
        "mc_minus_critic_mae_over_training",
        Criterion("high", "<=", 0.0, partly=0.01),
        -0.08,
    ),
    Claim(
        "mc_correlates_better",
        _SOURCE,
        "values from 9 rollouts correlate better with the truth than the critic's",
        "mc_minus_critic_correlation_over_training",
        Criterion("low", ">=", 0.0),
    ),
    Claim(
        "mc_is_right_more_often",
        _SOURCE,
        "values from 9 rollouts are within 0.05 of the truth more often than the critic's",
        "mc_minus_critic_accuracy_over_training",
        Criterion("low", ">=", 0.0),
    ),
    Claim(
        "mc_error",
        _SOURCE,
        "values from 9 rollouts have a mean absolute error of a tenth at most",
        "mc9_mae_over_training",
        Criterion("mean", "<=", 0.1),
        0.03,
    ),
    Claim(
        "critic_error",
        _SOURCE,
        "the critic's values have a mean absolute error of a tenth or more",
        "critic_mae_over_training",
        Criterion("mean", ">=", 0.1, partly=0.05),
        0.11,
    ),
)


def draw(record: Record, rows: Rows) -> Figure:
    """Draws predicted against true values after the last iteration, and errors over training."""
    from vineppo.experiments import drawing

    last = max(row["update"] for row in rows)
    shown = [row for row in rows if row["update"] == last]
    estimators = [name for name in shown[0] if name in LABELS]
    figure = drawing.new_figure(width=11, height=3)
    panels = figure.subplots(1, len(estimators) + 1, width_ratios=[*(2 for _ in estimators), 2.4])
    for axes, name in zip(panels, estimators, strict=False):
        truth, predicted = ([row[each] for row in shown] for each in ("truth", name))
        axes.plot(truth, predicted, **drawing.point_style(name))
        axes.plot([0, 1], [0, 1], color="0.5", linestyle="--", lw=0.8)
        error, _, _ = drawing.estimate(record, f"{name}_mae")
        axes.set_title(f"{LABELS[name]}, mean error {error:.3f}", fontsize=8)
        axes.set_xlabel("true value")
        if axes is not panels[0]:
            axes.sharey(panels[0])
            axes.tick_params(labelleft=False)
    panels[0].set_ylabel("predicted value")
    drawing.draw_claims(
        panels[-1],
        record,
        {
            "critic_error": "critic",
            "mc_error": "9 rollouts",
            "mc_error_is_lower": "9 rollouts\nless critic",
        },
        paper="the paper, DeepSeekMath 7B",
    )
    panels[-1].set_xlabel("mean absolute error,\nmean over training")
    figure.suptitle(f"{drawing.title(record)}, iteration {last:g}", fontsize=9)
    return figure


EXPERIMENT = Experiment(
    source="value prediction",
    summary="values of PPO's states by its critic and by K rollouts, against 256 rollouts",
    claims=CLAIMS,
    configs=presets.by_preset(ppo_values),
    num_seeds=presets.NUM_SEEDS,
    minutes={"smoke": 0.2, "quick": 3.0, "paper": 600.0},
    run=measure_values,
    draw=draw,
    trained=trained_ppo,
    headline={
        "mc_error": "values from 9 rollouts are accurate (mean absolute error)",
        "critic_error": "values of PPO's critic are not (mean absolute error)",
    },
)
