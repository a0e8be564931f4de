"""VinePPO and RLOO on chains of 24 lines in place of 6; not in the paper.

make reproduce-vineppo EXPERIMENT=beyond_long_chains        6 minutes at quick
"""

from typing import Any

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
)


def long_chains(preset: str) -> CompareConfig:
    """VinePPO and RLOO on chains of 24 lines: half the responses, a third of the rollouts."""
    tasks: dict[str, dict[str, Any]] = {
        "smoke": {"num_lines": 5, "max_new_tokens": 12},
        "quick": {"num_lines": 24, "max_new_tokens": 51},
        "paper": {},
    }
    sizes: dict[str, dict[str, Any]] = {
        "smoke": {"max_states": 0},
        "quick": {"max_states": 0, "num_rollouts": 3, "num_questions": 4, "minibatch_size": 16},
        "paper": {},
    }
    initial = presets.sft(preset, **tasks[preset])
    methods: tuple[presets.Method, ...] = ("vineppo", "rloo")
    return CompareConfig(
        tuple((name, presets.rl(preset, name, initial, **sizes[preset])) for name in methods),
        RATES[preset],
    )


CLAIMS = (
    Claim(
        "ahead_on_long_chains",
        "not in the paper",
        "chains of 24 lines, two of them hard: VinePPO is ahead of RLOO, averaged over training",
        "vineppo_minus_rloo_mean_accuracy",
        AHEAD,
    ),
)


EXPERIMENT = Experiment(
    source="not in the paper",
    summary="chains of 24 lines in place of 6",
    claims=CLAIMS,
    configs=presets.by_preset(long_chains),
    num_seeds=presets.NUM_SEEDS,
    minutes={"smoke": 0.2, "quick": 6.0, "paper": 20000.0},
    run=compare,
    draw=draw_accuracies,
    trained=first_method,
    why_it_fails={
        "ahead_on_long_chains": "neither gets above the SFT model in this number of updates: "
        "this tells nothing about credit"
    },
    not_by_default="a response of 24 lines costs as much as sixteen of 6",
)
