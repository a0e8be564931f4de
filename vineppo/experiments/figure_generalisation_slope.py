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
    """Draws a point per method, seed and evaluation."""
    from common.logger.curve_drawing import STYLES
    from vineppo.experiments import drawing

    figure = drawing.new_figure(width=5)
    axes = figure.subplots()
    for name, style in zip(drawing.method_names(record), STYLES, strict=False):
        points = [
            (row[f"{name}_train_accuracy"], row[f"{name}_test_accuracy"])
            for row in rows
            if not math.isnan(row[f"{name}_train_accuracy"])
        ]
        label = LABELS.get(name, name)
        axes.plot(*zip(*points, strict=True), "o", ms=3, color=style["color"], label=label)
    axes.plot([0, 1], [0, 1], "k:", lw=0.8)
    axes.set(xlabel="accuracy on training questions", ylabel="test accuracy")
    axes.set_title(drawing.title(record), fontsize=9)
    axes.legend(fontsize=7)
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
)
