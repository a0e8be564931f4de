"""KL-accuracy trade-off: test accuracy against the KL to the SFT model, along training.

    make reproduce-vineppo EXPERIMENT=figure_kl_tradeoff        seconds after table_main

The paper: VinePPO is above PPO at equal KL; no number is known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.logger.claims import Claim
from common.logger.experiment import Experiment, Record, Rows
from vineppo.experiments import presets
from vineppo.experiments.comparison import (
    AHEAD,
    LABELS,
    compare,
    first_method,
    policy_gradient_methods,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CLAIMS = (
    Claim(
        "above_ppo_at_equal_kl",
        "KL against accuracy",
        "at the largest KL to the SFT model that both reach, VinePPO is more accurate than PPO",
        "vineppo_minus_ppo_at_equal_kl",
        AHEAD,
    ),
)


def draw(record: Record, rows: Rows) -> Figure:
    """Draws the mean over seeds of accuracy against that of the KL, a point per evaluation."""
    from vineppo.experiments import drawing

    figure = drawing.new_figure(width=5)
    axes = figure.subplots()
    for name in drawing.method_names(record):
        points = drawing.mean_points(rows, f"{name}_kl", f"{name}_test_accuracy")
        axes.plot(*zip(*points, strict=True), label=LABELS[name], **drawing.line_style(name))
    axes.set(xlabel="KL to the SFT model (nats per response, estimator k3)")
    axes.set_ylabel("test accuracy (Pass@1)")
    axes.set_title(drawing.title(record), fontsize=9)
    axes.legend(fontsize=drawing.SMALL)
    return figure


EXPERIMENT = Experiment(
    source="KL-accuracy trade-off",
    summary="the same trainings, accuracy against KL to the SFT model",
    claims=CLAIMS,
    configs=presets.by_preset(policy_gradient_methods),
    num_seeds=presets.NUM_SEEDS,
    minutes={"smoke": 0.3, "quick": 0.1, "paper": 0.0},
    run=compare,
    draw=draw,
    trained=first_method,
    why_it_fails={"above_ppo_at_equal_kl": "seeds disagree about who is ahead at equal KL"},
    headline={
        "above_ppo_at_equal_kl": "at equal KL VinePPO is more accurate than PPO (difference)"
    },
)
