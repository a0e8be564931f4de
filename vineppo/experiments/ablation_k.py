"""Ablation of K: VinePPO with 9, 3 and 1 rollouts per state, and PPO.

    make reproduce-vineppo EXPERIMENT=ablation_k        1.5 minutes at quick

The paper, RhoMath 1.1B on MATH: K = 9 .230, K = 3 .212, K = 1 .199, PPO .181.
"""

from common.logger.claims import Claim
from common.logger.experiment import Experiment
from vineppo.experiments import presets
from vineppo.experiments.comparison import (
    AHEAD,
    RATES,
    CompareConfig,
    compare,
    draw_accuracies,
    first_method,
    method_of,
)


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


EXPERIMENT = Experiment(
    source="ablation of K",
    summary="VinePPO with 9, 3 and 1 rollouts per state",
    claims=CLAIMS,
    configs=presets.by_preset(rollouts),
    num_seeds=presets.NUM_SEEDS,
    minutes={"smoke": 0.2, "quick": 1.5, "paper": 20000.0},
    run=compare,
    draw=draw_accuracies,
    trained=first_method,
)
