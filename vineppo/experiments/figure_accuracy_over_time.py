"""Accuracy over time: the trainings of the main table by iteration, token and processor second.

    make reproduce-vineppo EXPERIMENT=figure_accuracy_over_time        seconds after table_main

The paper: up to 9 times fewer gradient steps and up to 3 times less wall-clock than PPO, at up to 5
times the cost of an iteration for a model of 1.1 billion parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment, Record, Rows
from vineppo.experiments import presets
from vineppo.experiments.comparison import (
    AHEAD,
    compare,
    first_method,
    policy_gradient_methods,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CLAIMS = (
    Claim(
        "ahead_of_ppo_along_the_way",
        "accuracy over time",
        "VinePPO's test accuracy, averaged over training, is above PPO's",
        "vineppo_minus_ppo_mean_accuracy",
        AHEAD,
    ),
    Claim(
        "ahead_of_rloo_along_the_way",
        "accuracy over time",
        "VinePPO's test accuracy, averaged over training, is above RLOO's",
        "vineppo_minus_rloo_mean_accuracy",
        AHEAD,
    ),
    Claim(
        "fewer_updates_than_ppo",
        "abstract",
        "VinePPO reaches PPO's best accuracy in fewer gradient steps",
        "vineppo_speedup_over_ppo_in_updates",
        Criterion("mean", ">=", 1.5, partly=1.0),
        9.0,
        "up to",
        "times",
    ),
    Claim(
        "less_time_than_ppo",
        "abstract",
        "VinePPO reaches PPO's best accuracy in less processor time",
        "vineppo_speedup_over_ppo_in_cpu_seconds",
        Criterion("mean", ">=", 1.0),
        3.0,
        "up to, wall-clock",
        "times",
    ),
    Claim(
        "iterations_cost_more",
        "cost of an iteration",
        "an iteration of VinePPO costs at most 5 times one of PPO",
        "vineppo_cost_over_ppo",
        Criterion("mean", "<=", 5.0),
        5.0,
        "up to, 1.1B model",
        "times",
        repeats="once",
    ),
)


def draw(record: Record, rows: Rows) -> Figure:
    """Draws test accuracy over iterations, tokens and processor time, and the claimed ratios."""
    from vineppo.experiments import drawing

    figure = drawing.new_figure(width=11)
    grid = figure.add_gridspec(1, 4, width_ratios=(2, 2, 2, 1.6))
    first = figure.add_subplot(grid[0])
    panels = [first, *(figure.add_subplot(grid[i], sharey=first) for i in (1, 2))]
    drawing.draw_curves(first, record, rows)
    for name in drawing.method_names(record):
        metric = f"{name}_test_accuracy"
        cost = record["metrics"][f"{name}_cpu_seconds_per_update"]["mean"] or 0.0
        tokens = drawing.mean_points(rows, f"{name}_sampled_tokens", metric)
        updates = drawing.mean_points(rows, "update", metric)
        seconds = [(update * cost, accuracy) for update, accuracy in updates]
        for axes, points in ((panels[1], tokens), (panels[2], seconds)):
            axes.plot(*zip(*points, strict=True), **drawing.line_style(name))
    panels[1].set(xlabel="sampled tokens", xscale="log")
    panels[2].set_xlabel("processor time (s)")
    for axes in panels[1:]:
        axes.tick_params(labelleft=False)
    first.set_title("")
    figure.suptitle(drawing.title(record), fontsize=9)
    last = figure.add_subplot(grid[3])
    drawing.draw_claims(
        last,
        record,
        {
            "fewer_updates_than_ppo": "updates:\nPPO's over ours",
            "less_time_than_ppo": "time:\nPPO's over ours",
            "iterations_cost_more": "time per update:\nours over PPO's",
        },
        no_difference=1.0,
        paper="the paper (up to)",
    )
    last.set_xlabel("times")
    return figure


EXPERIMENT = Experiment(
    source="accuracy per step and per wall-clock",
    summary="the same trainings by iteration, by sampled token and by processor second",
    claims=CLAIMS,
    configs=presets.by_preset(policy_gradient_methods),
    num_seeds=presets.NUM_SEEDS,
    minutes={"smoke": 0.3, "quick": 0.1, "paper": 0.0},
    run=compare,
    draw=draw,
    trained=first_method,
    why_it_fails={
        "fewer_updates_than_ppo": "seeds disagree: some need more updates than PPO; twenty of "
        "them reach the threshold (beyond_twenty_seeds)",
        "less_time_than_ppo": "the rollouts of an update cost more than fewer updates save",
    },
    headline={
        "fewer_updates_than_ppo": "VinePPO needs fewer updates to reach PPO's best accuracy",
        "less_time_than_ppo": "VinePPO needs less time to reach PPO's best accuracy",
    },
)
