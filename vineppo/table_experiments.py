"""The comparison of all methods, and what else its trainings show."""

from typing import Any

from common.logger.claims import Claim, Criterion
from vineppo import presets
from vineppo.experiment import NUM_SEEDS, PRESETS, Experiment
from vineppo.study_configs import CompareConfig

RATES = {"smoke": (), "quick": (1e-4, 3e-4, 1e-3, 2e-3, 4e-3), "paper": ()}
AHEAD = Criterion("low", ">=", 0.0, partly=-0.02)


def all_methods(preset: str) -> CompareConfig:
    """The seven methods of the main table; the initial policy is measured with them."""
    return CompareConfig(
        contestants=(
            ("vineppo", presets.rl(preset, "vineppo")),
            ("ppo", presets.rl(preset, "ppo", keeps_snapshots=True)),
            ("grpo", presets.rl(preset, "grpo")),
            ("rloo", presets.rl(preset, "rloo")),
            ("restem", presets.restem(preset)),
            ("dpo", presets.dpo(preset)),
        ),
        learning_rates=RATES[preset],
    )


def policy_gradient_methods(preset: str) -> CompareConfig:
    """Those of them that go by iterations of the same size."""
    config = all_methods(preset)
    return CompareConfig(config.contestants[:4], config.learning_rates)


def _table_claim(other: str, name: str, difference: float | None) -> Claim:
    return Claim(
        f"vineppo_over_{other}",
        "main figure, RhoMath on MATH",
        f"VinePPO ends with a higher test accuracy than {name}",
        f"vineppo_minus_{other}_test_accuracy",
        AHEAD,
        difference,
    )


TABLE_CLAIMS = (
    _table_claim("ppo", "PPO", 0.049),
    _table_claim("grpo", "GRPO", None),
    _table_claim("rloo", "RLOO", None),
    _table_claim("restem", "RestEM", 0.057),
    _table_claim("dpo", "DPO-Positive", 0.038),
    _table_claim("sft", "the SFT model", 0.075),
)

TIME_CLAIMS = (
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
    ),
)

KL_CLAIMS = (
    Claim(
        "above_ppo_at_equal_kl",
        "KL against accuracy",
        "at the largest KL to the SFT model that both reach, VinePPO is more accurate than PPO",
        "vineppo_minus_ppo_at_equal_kl",
        AHEAD,
    ),
)
SLOPE_CLAIMS = (
    Claim(
        "steepest_slope",
        "test against training accuracy",
        "VinePPO's test accuracy rises at least as steeply with training accuracy as PPO's",
        "vineppo_minus_ppo_slope",
        Criterion("mean", ">=", 0.0, partly=-0.05),
    ),
)


def _minutes(quick: float, paper_hours: float) -> dict[str, float]:
    return {"smoke": 0.3, "quick": quick, "paper": 60 * paper_hours}


def _experiment(source: str, summary: str, claims: Any, configs: Any, **more: Any) -> Experiment:
    defaults = {"num_seeds": NUM_SEEDS, "why_it_fails": {}, "minutes": _minutes(0.1, 0.0)}
    by_preset = {preset: configs(preset) for preset in PRESETS}
    return Experiment(source, summary, claims, by_preset, **{**defaults, **more})


experiment = _experiment

TABLE_EXPERIMENTS = {
    "table_main": _experiment(
        "main results figure",
        "Pass@1 on held-out questions of all seven methods from one SFT model",
        TABLE_CLAIMS,
        all_methods,
        minutes=_minutes(3.0, 900.0),
        figure="accuracies",
        why_it_fails={
            "vineppo_over_ppo": "ahead in four seeds of five; twenty seeds show it "
            "(beyond_twenty_seeds)",
            "vineppo_over_restem": "not by more responses: imitating chains whose answer is right "
            "is nearly supervision on this task, and RestEM passes over them many times",
        },
    ),
    "figure_accuracy_over_time": _experiment(
        "accuracy per step and per wall-clock",
        "the same trainings by iteration, by sampled token and by processor second",
        TIME_CLAIMS,
        policy_gradient_methods,
        figure="over_time",
        why_it_fails={
            "fewer_updates_than_ppo": "seeds disagree: some need more updates than PPO; twenty of "
            "them reach the threshold (beyond_twenty_seeds)",
            "less_time_than_ppo": "the rollouts of an update cost more than fewer updates save",
        },
    ),
    "figure_kl_tradeoff": _experiment(
        "KL-accuracy trade-off",
        "the same trainings, accuracy against KL to the SFT model",
        KL_CLAIMS,
        policy_gradient_methods,
        figure="kl",
        why_it_fails={"above_ppo_at_equal_kl": "seeds disagree about who is ahead at equal KL"},
    ),
    "figure_generalisation_slope": _experiment(
        "generalisation",
        "the same trainings, test against training accuracy",
        SLOPE_CLAIMS,
        policy_gradient_methods,
        figure="slope",
        why_it_fails={
            "steepest_slope": "test and training questions are drawn alike here: both slopes are "
            "near one"
        },
    ),
}
