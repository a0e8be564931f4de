"""The ablations, and controls that the paper does not have."""

from dataclasses import replace
from typing import Any

from common.logger.claims import Claim, Criterion
from vineppo import presets
from vineppo.experiment import Experiment
from vineppo.study_configs import CompareConfig, PhaseConfig
from vineppo.table_experiments import (
    AHEAD,
    KL_CLAIMS,
    RATES,
    TABLE_CLAIMS,
    TIME_CLAIMS,
    all_methods,
    experiment,
)


def rollouts(preset: str) -> CompareConfig:
    """K in {9, 3, 1}, and PPO."""
    contestants = dict(all_methods(preset).contestants)
    fewer = tuple(
        (f"k{number}", presets.rl(preset, "vineppo", num_rollouts=number)) for number in (3, 1)
    )
    return CompareConfig(
        (("k9", contestants["vineppo"]), *fewer, ("ppo", contestants["ppo"])), RATES[preset]
    )


def lambdas(preset: str) -> CompareConfig:
    """Monte Carlo values with K = 1 under lambda, PPO under lambda, and R - V(S_0)."""
    contestants = dict(all_methods(preset).contestants)
    one: dict[str, Any] = {"num_rollouts": 1}
    return CompareConfig(
        (
            ("k1_lambda_0.9", presets.rl(preset, "vineppo", trace_decay=0.9, **one)),
            ("k1_lambda_0", presets.rl(preset, "vineppo", **one)),
            ("k1_lambda_1", presets.rl(preset, "vineppo", trace_decay=1.0, **one)),
            ("shift", presets.rl(preset, "shift", max_states=1)),
            ("ppo_lambda_1", contestants["ppo"]),
            ("ppo_lambda_0.95", presets.rl(preset, "ppo", trace_decay=0.95)),
            ("ppo_lambda_0", presets.rl(preset, "ppo", trace_decay=0.0)),
        ),
        RATES[preset],
    )


def token_matched(preset: str) -> CompareConfig:
    """GRPO that samples as many tokens per iteration as VinePPO, in as many optimiser steps."""
    contestants = dict(all_methods(preset).contestants)
    factor = {"smoke": 2, "quick": 10, "paper": 10}[preset]
    grpo = contestants["grpo"]
    more = presets.rl(
        preset,
        "grpo",
        num_responses=factor * grpo.num_responses,
        minibatch_size=factor * grpo.minibatch_size,
    )
    return CompareConfig(
        (("vineppo", contestants["vineppo"]), ("grpo_matched", more), ("grpo", grpo)),
        RATES[preset],
    )


def against_ppo(preset: str) -> CompareConfig:
    """VinePPO and PPO as in the main table."""
    return CompareConfig(all_methods(preset).contestants[:2], RATES[preset])


def regimes(preset: str) -> PhaseConfig:
    """VinePPO and RLOO with a few hard lines, from another SFT seed, and with all lines hard."""

    def contestants(**changes: Any) -> tuple[tuple[str, Any], ...]:
        initial = presets.sft(preset, **changes)
        methods: tuple[presets.Method, ...] = ("vineppo", "rloo")
        return tuple((name, presets.rl(preset, name, initial)) for name in methods)

    return PhaseConfig(
        regimes=(
            ("critical", contestants(seed=1)),
            ("uniform", contestants(regime="uniform", share_right=0.75)),
        ),
        learning_rates=RATES[preset],
    )


def temperatures(preset: str) -> CompareConfig:
    """VinePPO and PPO at several temperatures of sampling, the highest first."""
    levels = {"smoke": (1.0,), "quick": (1.3, 1.0), "paper": (1.0, 0.8, 0.6)}[preset]
    methods: tuple[presets.Method, ...] = ("vineppo", "ppo")
    contestants = dict(all_methods(preset).contestants)

    def at(method: presets.Method, level: float) -> tuple[str, Any]:
        name = f"{method}_hottest" if level == levels[0] else f"{method}_t{level:g}"
        return name, replace(contestants[method], temperature=level)

    return CompareConfig(
        tuple(at(method, level) for level in levels for method in methods), RATES[preset]
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


# Those of five seeds, unchanged.
SEEDS_CLAIMS = tuple(
    claim
    for claim in (*TABLE_CLAIMS, *TIME_CLAIMS, *KL_CLAIMS)
    if claim.id in ("vineppo_over_ppo", "fewer_updates_than_ppo", "above_ppo_at_equal_kl")
)
K_CLAIMS = (
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
LAMBDA_CLAIMS = (
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
TOKEN_CLAIMS = (
    Claim(
        "ahead_of_grpo_with_as_many_tokens",
        "not in the paper",
        "VinePPO is ahead of GRPO with 10 times the responses, averaged over training",
        "vineppo_minus_grpo_matched_mean_accuracy",
        AHEAD,
    ),
)
PHASE_CLAIMS = (
    Claim(
        "chain_critical",
        "not in the paper",
        "exact chain of 8 steps, a quarter critical: VinePPO (K = 9) has the higher signal",
        "chain_8_share_0.25_k9",
        Criterion("mean", ">=", 1.0),
        unit="times RLOO",
    ),
    Claim(
        "critical_regime",
        "not in the paper",
        "few hard lines, another SFT model: VinePPO ahead of RLOO, averaged over training",
        "critical_vineppo_minus_rloo_mean_accuracy",
        AHEAD,
    ),
    Claim(
        "uniform_regime",
        "not in the paper",
        "all lines equally uncertain: the two are within .03, as theory of variance has it",
        "uniform_vineppo_minus_rloo_mean_accuracy",
        Criterion("mean", "within", 0.03, target=0.0),
    ),
)
LONG_CLAIMS = (
    Claim(
        "ahead_on_long_chains",
        "not in the paper",
        "chains of 24 lines, two of them hard: VinePPO ahead of RLOO, averaged over training",
        "vineppo_minus_rloo_mean_accuracy",
        AHEAD,
    ),
)
TEMPERATURE_CLAIMS = (
    Claim(
        "ahead_when_hot",
        "temperature tolerance",
        "sampling at the highest temperature, VinePPO ends with a higher test accuracy than PPO",
        "vineppo_hottest_minus_ppo_hottest_test_accuracy",
        AHEAD,
    ),
)


def _minutes(quick: float) -> dict[str, float]:
    return {"smoke": 0.2, "quick": quick, "paper": 20000.0}


BEYOND_EXPERIMENTS: dict[str, Experiment] = {
    "ablation_k": experiment(
        "ablation of K",
        "VinePPO with 9, 3 and 1 rollouts per state",
        K_CLAIMS,
        rollouts,
        minutes=_minutes(1.5),
        figure="curves",
    ),
    "beyond_lambda": experiment(
        "not in the paper",
        "lambda with Monte Carlo values and with the critic, and R - V(S_0) as control",
        LAMBDA_CLAIMS,
        lambdas,
        minutes=_minutes(3.0),
        figure="curves",
        why_it_fails={
            "steps_matter_beyond_the_baseline": "the control's one value has nine rollouts, each "
            "value of a step only one: its noise costs more than credit by step brings"
        },
    ),
    "beyond_token_matched": experiment(
        "not in the paper",
        "GRPO with as many sampled tokens per iteration as VinePPO",
        TOKEN_CLAIMS,
        token_matched,
        minutes=_minutes(2.0),
        figure="curves",
        why_it_fails={
            "ahead_of_grpo_with_as_many_tokens": "tokens spent on responses average over questions "
            "and actions as well, those spent on rollouts over credit alone; an update of the ten "
            "times larger batch takes more processor time"
        },
    ),
    "beyond_when_it_helps": experiment(
        "not in the paper",
        "exact chains by share of critical steps, length and K; two regimes of the small model",
        PHASE_CLAIMS,
        regimes,
        minutes=_minutes(2.0),
        figure="phases",
        why_it_fails={
            "critical_regime": "ahead in four seeds of five",
            "uniform_regime": "VinePPO leads here too, in four seeds of five: the variance at the "
            "initial policy does not tell how learning goes on",
        },
    ),
    "ablation_temperature": experiment(
        "temperature tolerance",
        "VinePPO and PPO at higher sampling temperatures",
        TEMPERATURE_CLAIMS,
        temperatures,
        minutes=_minutes(1.5),
        figure="curves",
        why_it_fails={"ahead_when_hot": "ahead in three seeds of five"},
    ),
    "beyond_long_chains": experiment(
        "not in the paper",
        "chains of 24 lines in place of 6",
        LONG_CLAIMS,
        long_chains,
        minutes=_minutes(6.0),
        figure="curves",
        why_it_fails={
            "ahead_on_long_chains": "neither gets above the SFT model in this number of updates: "
            "this tells nothing about credit"
        },
        not_by_default="a response of 24 lines costs as much as sixteen of 6",
    ),
    "beyond_twenty_seeds": experiment(
        "main results figure",
        "VinePPO and PPO of the main table in twenty seeds",
        SEEDS_CLAIMS,
        against_ppo,
        minutes=_minutes(3.0),
        num_seeds={"smoke": 1, "quick": 20, "paper": 20},
        figure="curves",
        why_it_fails={"above_ppo_at_equal_kl": "ahead in thirteen seeds of twenty"},
        not_by_default="more seeds of table_main, five of which leave open who is ahead",
    ),
}
