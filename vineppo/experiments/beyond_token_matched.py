"""GRPO with as many sampled tokens per iteration as VinePPO; not in the paper.

make reproduce-vineppo EXPERIMENT=beyond_token_matched        2 minutes at quick
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


def token_matched(preset: str) -> CompareConfig:
    """GRPO that samples as many tokens per iteration as VinePPO, in as many optimiser steps."""
    factor = {"smoke": 2, "quick": 10, "paper": 10}[preset]
    grpo = method_of(preset, "grpo")
    more = presets.rl(
        preset,
        "grpo",
        num_responses=factor * grpo.num_responses,
        minibatch_size=factor * grpo.minibatch_size,
    )
    return CompareConfig(
        (("vineppo", method_of(preset, "vineppo")), ("grpo_matched", more), ("grpo", grpo)),
        RATES[preset],
    )


CLAIMS = (
    Claim(
        "ahead_of_grpo_with_as_many_tokens",
        "not in the paper",
        "VinePPO is ahead of GRPO with 10 times the responses, averaged over training",
        "vineppo_minus_grpo_matched_mean_accuracy",
        AHEAD,
    ),
)


EXPERIMENT = Experiment(
    source="not in the paper",
    summary="GRPO with as many sampled tokens per iteration as VinePPO",
    claims=CLAIMS,
    configs=presets.by_preset(token_matched),
    num_seeds=presets.NUM_SEEDS,
    minutes={"smoke": 0.2, "quick": 2.0, "paper": 20000.0},
    run=compare,
    draw=draw_accuracies,
    trained=first_method,
    why_it_fails={
        "ahead_of_grpo_with_as_many_tokens": "tokens spent on responses average over questions "
        "and actions as well, those spent on rollouts over credit alone; an update of the ten "
        "times larger batch takes more processor time"
    },
)
