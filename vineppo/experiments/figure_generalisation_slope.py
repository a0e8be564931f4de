"""Generalisation: test accuracy against training accuracy along training.

    make reproduce-vineppo EXPERIMENT=figure_generalisation_slope        seconds after table_main

The paper: the line of VinePPO is the steepest; no number is known here.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment, Record, Rows
from vineppo.experiments import presets
from vineppo.experiments.comparison import LABELS, compare, first_method, policy_gradient_methods

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CLAIMS = (
    Claim(
        "steepest_slope",
        "test against training accuracy",
        "VinePPO's test accuracy rises at least as steeply with training accuracy as PPO's",
        "vineppo_minus_ppo_slope",
        Criterion("mean", ">=", 0.0, partly=-0.05),
    ),
)


def draw(record: Record, rows: Rows) -> Figure:
    """Draws a point per method, seed and evaluation; the legend names the mean slope."""
    from vineppo.experiments import drawing

    figure = drawing.new_figure(width=5, height=4)
    axes = figure.subplots()
    for name in drawing.method_names(record):
        points = [
            (row[f"{name}_train_accuracy"], row[f"{name}_test_accuracy"])
            for row in rows
            if not math.isnan(row[f"{name}_train_accuracy"])
        ]
        slope, _, _ = drawing.estimate(record, f"{name}_slope")
        label = f"{LABELS[name]}, slope {slope:.2f}"
        axes.plot(*zip(*points, strict=True), label=label, **drawing.point_style(name))
    ends = axes.get_xlim()
    axes.plot(ends, ends, color="0.5", linestyle="--", lw=0.8, label="slope 1")
    axes.set(xlabel="accuracy on training questions", ylabel="test accuracy (Pass@1)")
    axes.set_title(drawing.title(record), fontsize=9)
    axes.legend(fontsize=drawing.SMALL)
    return figure


EXPERIMENT = Experiment(
    source="generalisation",
    summary="the same trainings, test against training accuracy",
    claims=CLAIMS,
    configs=presets.by_preset(policy_gradient_methods),
    num_seeds=presets.NUM_SEEDS,
    minutes={"smoke": 0.3, "quick": 0.1, "paper": 0.0},
    run=compare,
    draw=draw,
    trained=first_method,
    why_it_fails={
        "steepest_slope": "test and training questions are drawn alike here: both slopes are "
        "near one"
    },
    headline={
        "steepest_slope": "test accuracy rises with training accuracy more steeply than PPO's"
    },
)
