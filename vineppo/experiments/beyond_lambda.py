"""Lambda with Monte Carlo values and with the critic, and R - V(S_0) as control; not in the paper.

make reproduce-vineppo EXPERIMENT=beyond_lambda        3 minutes at quick
"""

from common.logger.claims import Claim
from common.logger.experiment import Experiment
from vineppo.config import RlConfig
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


def lambdas(preset: str) -> CompareConfig:
    """Monte Carlo values with K = 1 under lambda, PPO under lambda, and R - V(S_0)."""

    def one_rollout(trace_decay: float) -> RlConfig:
        return presets.rl(preset, "vineppo", trace_decay=trace_decay, num_rollouts=1)

    return CompareConfig(
        (
            ("k1_lambda_0.9", one_rollout(0.9)),
            ("k1_lambda_0", one_rollout(0.0)),
            ("k1_lambda_1", one_rollout(1.0)),
            ("shift", presets.rl(preset, "shift", max_states=1)),
            ("ppo_lambda_1", method_of(preset, "ppo")),
            ("ppo_lambda_0.95", presets.rl(preset, "ppo", trace_decay=0.95)),
            ("ppo_lambda_0", presets.rl(preset, "ppo", trace_decay=0.0)),
        ),
        RATES[preset],
    )


CLAIMS = (
    Claim(
        "lambda_rescues_one_rollout",
        "not in the paper",
        "with one rollout per state, lambda = .9 is more accurate along training than lambda = 0",
        "k1_lambda_0.9_minus_k1_lambda_0_mean_accuracy",
        AHEAD,
    ),
    Claim(
        "steps_matter_beyond_the_baseline",
        "not in the paper",
        "step credit from one rollout with lambda = .9 beats R - V(S_0) on every token (K = 9)",
        "k1_lambda_0.9_minus_shift_mean_accuracy",
        AHEAD,
    ),
)


EXPERIMENT = Experiment(
    source="not in the paper",
    summary="lambda with Monte Carlo values and with the critic, and R - V(S_0) as control",
    claims=CLAIMS,
    configs=presets.by_preset(lambdas),
    num_seeds=presets.NUM_SEEDS,
    minutes={"smoke": 0.2, "quick": 3.0, "paper": 20000.0},
    run=compare,
    draw=draw_accuracies,
    trained=first_method,
    why_it_fails={
        "steps_matter_beyond_the_baseline": "the control's one value has nine rollouts, each "
        "value of a step only one: its noise costs more than credit by step brings"
    },
)
