"""Ablation of K: VinePPO with 9, 3 and 1 rollouts per state, and PPO.

    make reproduce-vineppo EXPERIMENT=ablation_k        1.5 minutes at quick

The paper, RhoMath 1.1B on MATH: K = 9 .230, K = 3 .212, K = 1 .199, PPO .181.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.logger.claims import Claim
from common.logger.experiment import Experiment, Record, Rows
from vineppo.experiments import presets
from vineppo.experiments.comparison import (
    AHEAD,
    RATES,
    CompareConfig,
    compare,
    first_method,
    method_of,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def rollouts(preset: str) -> CompareConfig:
    """K in {9, 3, 1}, and PPO."""
    fewer = tuple(
        (f"k{number}", presets.rl(preset, "vineppo", num_rollouts=number)) for number in (3, 1)
    )
    k9, ppo = method_of(preset, "vineppo"), method_of(preset, "ppo")
    return CompareConfig((("k9", k9), *fewer, ("ppo", ppo)), RATES[preset])


CLAIMS = (
    Claim(
        "nine_over_three",
        "ablation of K, RhoMath on MATH",
        "K = 9 is more accurate along training than K = 3",
        "k9_minus_k3_mean_accuracy",
        AHEAD,
        0.018,
    ),
    Claim(
        "nine_over_one",
        "ablation of K, RhoMath on MATH",
        "K = 9 is more accurate along training than K = 1",
        "k9_minus_k1_mean_accuracy",
        AHEAD,
        0.031,
    ),
)


def draw(record: Record, rows: Rows) -> Figure:
    """Draws test accuracies over iterations, their means, and what 9 rollouts gain over fewer."""
    from vineppo.experiments import drawing

    gaps = {
        "nine_over_three": "9 over 3 rollouts,\nalong training",
        "nine_over_one": "9 over 1 rollout,\nalong training",
    }
    return drawing.draw_accuracies(record, rows, gaps=gaps, paper="the paper, at the end")


EXPERIMENT = Experiment(
    source="ablation of K",
    summary="VinePPO with 9, 3 and 1 rollouts per state",
    claims=CLAIMS,
    configs=presets.by_preset(rollouts),
    num_seeds=presets.NUM_SEEDS,
    minutes={"smoke": 0.2, "quick": 1.5, "paper": 20000.0},
    run=compare,
    draw=draw,
    trained=first_method,
    headline={"nine_over_one": "9 rollouts beat one (test accuracy; here its mean along training)"},
)
