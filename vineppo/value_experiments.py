"""How good values are: the critic's against Monte Carlo's, on the states of PPO's own policies."""

from typing import Any

from common.logger.claims import Claim, Criterion
from vineppo.experiment import Experiment
from vineppo.study_configs import ValueConfig
from vineppo.table_experiments import RATES, all_methods, experiment


def ppo_values(preset: str) -> ValueConfig:
    """Judges the values of the main table's PPO."""
    ppo = dict(all_methods(preset).contestants)["ppo"]
    sizes: dict[str, dict[str, Any]] = {
        "smoke": {
            "num_trajectories": 8,
            "num_states": 4,
            "num_truth_rollouts": 8,
            "estimates": (1, 2),
            "num_action_states": 2,
        },
        "quick": {"num_states": 64, "num_action_states": 16},
        "paper": {"num_trajectories": 512},
    }
    return ValueConfig(ppo=ppo, learning_rates=RATES[preset], **sizes[preset])


_SOURCE = "value prediction analysis, DeepSeekMath"

ACCURACY_CLAIMS = (
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
        "the mean absolute error of values from 9 rollouts",
        "mc9_mae_over_training",
        Criterion("mean", "<=", 0.1),
        0.03,
    ),
    Claim(
        "critic_error",
        _SOURCE,
        "the critic's mean absolute error is a tenth or more",
        "critic_mae_over_training",
        Criterion("mean", ">=", 0.1, partly=0.05),
        0.11,
    ),
)
ACTION_CLAIMS = (
    Claim(
        "mc_ranks_better",
        "top action identification",
        "9 rollouts name the best of the next steps more often than the critic",
        "mc_minus_critic_top_action_over_training",
        Criterion("low", ">=", 0.0),
    ),
    Claim(
        "mc_orders_pairs_better",
        "top action identification, pairs",
        "9 rollouts order pairs of next steps right more often than the critic",
        "mc_minus_critic_pairs_over_training",
        Criterion("low", ">=", 0.0, partly=-0.05),
    ),
)
STEP_CLAIMS = (
    Claim(
        "mc_error_falls",
        "error by reasoning step",
        "the error of 9 rollouts is lower in the last quarter of a response than in the first",
        "mc9_mae_rise_over_training",
        Criterion("high", "<=", 0.0),
        -0.06,
    ),
    Claim(
        "critic_error_rises",
        "error by reasoning step",
        "the critic's error is higher in the last quarter of a response than in the first",
        "critic_mae_rise_over_training",
        Criterion("low", ">=", 0.0, partly=-0.02),
    ),
)

VALUE_EXPERIMENTS: dict[str, Experiment] = {
    "figure_value_accuracy": experiment(
        "value prediction",
        "values of PPO's states by its critic and by K rollouts, against 256 rollouts",
        ACCURACY_CLAIMS,
        ppo_values,
        minutes={"smoke": 0.2, "quick": 3.0, "paper": 600.0},
        figure="values",
    ),
    "figure_top_action": experiment(
        "top action identification",
        "which of five sampled next steps is best, by critic and by 9 rollouts",
        ACTION_CLAIMS,
        ppo_values,
        figure="top_action",
        why_it_fails={
            "mc_orders_pairs_better": "ties count as wrong, and wrong steps of nearly equal value "
            "often tie in 9 rollouts; a critic never ties"
        },
    ),
    "figure_error_by_step": experiment(
        "error by reasoning step",
        "error of critic and rollouts along the response",
        STEP_CLAIMS,
        ppo_values,
        figure="error_by_step",
    ),
}
