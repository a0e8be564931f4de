"""Experiments in the Negotiation Game, with their claims fixed before the run."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from advantage_alignment.experiment import Experiment
from advantage_alignment.study_configs import (
    ComparisonConfig,
    ExploitabilityConfig,
    LeagueConfig,
    beta_name,
)
from advantage_alignment.training_configs import PUBLISHED, TrainingConfig
from common.logger.claims import Claim, Criterion

_PLACE = "Figure 3, Negotiation Game"

PAPER = PUBLISHED["negotiation"]
# Smaller in batch, updates and network. In place of a memory the agent sees the round before,
# values and proposals, and its critic the step: what a GRU remembers to tell whether it was robbed.
# The slow copy follows in 50 updates, not 200, as there are 1000 of them.
_QUICK = replace(
    PAPER,
    network="feed_forward",
    shows_last_values=True,
    critic_sees_time=True,
    target_decay=0.98,
    batch_size=32,
    num_updates=1000,
    eval_every_updates=50,
    checkpoint_every_updates=500,
)
_SMOKE = replace(
    _QUICK,
    num_updates=4,
    eval_every_updates=2,
    checkpoint_every_updates=2,
    num_eval_episodes=4,
    batch_size=2,
    replayed_share=0.5,
    num_steps=4,
    episode_length=4,
    hidden_size=8,
)
BY_PRESET = {"smoke": _SMOKE, "quick": _QUICK, "paper": PAPER}


def with_options(**options: Any) -> dict[str, TrainingConfig]:
    """Advantage Alignment at every preset with some options."""
    return {preset: replace(config, **options) for preset, config in BY_PRESET.items()}


def entrants_at(
    preset: str, entrants: Mapping[str, Mapping[str, TrainingConfig]]
) -> tuple[tuple[str, TrainingConfig], ...]:
    """Entrants at a preset; the smoke run has two at most."""
    named = tuple((name, by_preset[preset]) for name, by_preset in entrants.items())
    return named[:2] if preset == "smoke" else named


_LEAGUE = {
    "alignment": BY_PRESET,
    "ppo": with_options(beta=0.0),
    "ppo_sum": with_options(beta=0.0, sums_rewards=True),
}


def claim(
    id: str,
    statement: str,
    metric: str,
    criterion: Criterion,
    paper: float | None = None,
    source: str = _PLACE,
) -> Claim:
    """A claim on the Negotiation Game."""
    return Claim(
        id=id,
        source=source,
        statement=statement,
        metric=metric,
        criterion=criterion,
        paper_value=paper,
    )


_LEAGUE_CLAIMS = (
    claim(
        "self_play",
        "Advantage Alignment cooperates with itself (return; mutual defection .30, full "
        "cooperation .50)",
        "alignment_self",
        Criterion("mean", ">=", 0.4, partly=0.35),
        0.44,
    ),
    claim(
        "ppo_defects",
        "PPO ends in mutual defection",
        "ppo_self",
        Criterion("mean", "<=", 0.33, partly=0.36),
        0.30,
    ),
    claim(
        "is_not_exploited",
        "Advantage Alignment is not exploited by always-defect (return; always-cooperate .25)",
        "alignment_vs_always_defect",
        Criterion("mean", ">=", 0.28, partly=0.265),
        0.30,
    ),
    claim(
        "retaliates",
        "Always-defect gets little from it (return; .55 from always-cooperate)",
        "always_defect_vs_alignment",
        Criterion("mean", "<=", 0.36, partly=0.45),
        0.32,
    ),
    claim(
        "summed_rewards_are_exploited",
        "PPO on summed rewards is exploited by always-defect",
        "ppo_sum_vs_always_defect",
        Criterion("mean", "<=", 0.27, partly=0.28),
        0.21,
    ),
    claim(
        "gains_on_ppo",
        "In self-play Advantage Alignment gains on PPO (difference)",
        "ppo_minus_alignment_self_play",
        Criterion("high", "<=", -0.05, partly=0.0),
        -0.14,
    ),
    claim(
        "late_self_play",
        "In the mean over the second half of training it cooperates with itself",
        "alignment_late_self_play",
        Criterion("mean", ">=", 0.4, partly=0.35),
        0.44,
    ),
    claim(
        "defection_does_not_pay",
        "Always-defect gets less from it than its agents from each other (difference, second half "
        "of training; -.05 for always-cooperate)",
        "alignment_late_cost_of_defecting",
        Criterion("mean", ">=", 0.03, partly=0.0),
        0.12,
    ),
)

_BETAS = (0.0, 0.3, 1.0, 3.0)
_BETA_CLAIMS = (
    claim(
        "negotiation_zero",
        "Negotiation: beta 0 defects (return)",
        "beta_0_self_play",
        Criterion("mean", "<=", 0.33, partly=0.36),
        source="ours",
    ),
    claim(
        "negotiation_three",
        "Negotiation: beta 3 cooperates",
        "beta_3_self_play",
        Criterion("mean", ">=", 0.4, partly=0.35),
        source="ours",
    ),
)


def _with_gru(config: TrainingConfig) -> TrainingConfig:
    """With the published network and slow copy, which the quick size does without."""
    return replace(
        config,
        network="gru",
        shows_last_values=False,
        critic_sees_time=False,
        target_decay=PAPER.target_decay,
    )


_GRU = {
    "smoke": _with_gru(_SMOKE),
    "quick": replace(
        _with_gru(_QUICK), batch_size=64, num_updates=1500, checkpoint_every_updates=500
    ),
    "paper": PAPER,
}
_IN_TURNS = (
    "self-play goes back and forth between cooperation and mutual retaliation, and the last update "
    "of a seed may be at either"
)

NEGOTIATION_EXPERIMENTS: dict[str, Experiment] = {
    "figure_3_negotiation": Experiment(
        source=_PLACE,
        summary="Advantage Alignment, PPO and PPO on summed rewards meet each other and the "
        "scripted players; whole curves, no stopping at .4",
        claims=_LEAGUE_CLAIMS,
        configs={
            preset: LeagueConfig(
                entrants_at(preset, _LEAGUE), num_episodes=4 if preset == "smoke" else 64
            )
            for preset in BY_PRESET
        },
        num_seeds={"smoke": 1, "quick": 4, "paper": 10},
        minutes={"smoke": 0.2, "quick": 5.5, "paper": 120.0},
        why_it_fails=dict.fromkeys(("gains_on_ppo", "late_self_play"), _IN_TURNS),
    ),
    "figure_3_negotiation_gru": Experiment(
        source=_PLACE,
        summary="Advantage Alignment with the published network and slow copy, at quick in smaller "
        "batches",
        claims=tuple(each for each in _LEAGUE_CLAIMS if "ppo" not in each.metric),
        configs={
            preset: LeagueConfig(
                (("alignment", config),), num_episodes=4 if preset == "smoke" else 64
            )
            for preset, config in _GRU.items()
        },
        num_seeds={"smoke": 1, "quick": 4, "paper": 10},
        minutes={"smoke": 0.2, "quick": 12.0, "paper": 40.0},
        why_it_fails=dict.fromkeys(("self_play", "late_self_play"), _IN_TURNS),
        not_by_default="with it the default run would take more than twenty minutes",
    ),
    "ablation_beta_negotiation": Experiment(
        source="beyond the paper",
        summary="beta from 0 up in the Negotiation Game",
        claims=_BETA_CLAIMS,
        configs={
            preset: ComparisonConfig(
                tuple(
                    (beta_name(beta), replace(config, beta=beta))
                    for beta in (_BETAS[-2:] if preset == "smoke" else _BETAS)
                )
            )
            for preset, config in BY_PRESET.items()
        },
        num_seeds={"smoke": 1, "quick": 4, "paper": 10},
        minutes={"smoke": 0.2, "quick": 6.5, "paper": 160.0},
        not_by_default="with it the default run would take more than twenty minutes",
    ),
    "beyond_exploitability": Experiment(
        source="beyond the paper",
        summary="A naive learner is trained against each frozen agent of the Negotiation Game",
        claims=(
            claim(
                "ppo_leaves_nothing",
                "What a best responder gets from PPO is what mutual defection pays",
                "best_response_vs_ppo",
                Criterion("mean", "<=", 0.36, partly=0.4),
                source="ours",
            ),
            claim(
                "robbing_does_not_pay",
                "What a best responder gets from Advantage Alignment is less than it would get by "
                "cooperating (.5)",
                "best_response_vs_alignment",
                Criterion("mean", "<=", 0.45, partly=0.5),
                source="ours",
            ),
        ),
        configs={
            preset: ExploitabilityConfig(
                entrants_at(preset, {name: _LEAGUE[name] for name in ("alignment", "ppo")}),
                replace(
                    config,
                    beta=0.0,
                    num_learners=1,
                    num_opponents=1,
                    push_every_updates=10**6,
                    replayed_share=0.0,
                    num_updates=max(config.num_updates // 3, 2),
                    eval_every_updates=max(config.num_updates // 3, 2),
                    checkpoint_every_updates=max(config.num_updates // 3, 2),
                ),
            )
            for preset, config in BY_PRESET.items()
        },
        num_seeds={"smoke": 1, "quick": 4, "paper": 10},
        minutes={"smoke": 0.2, "quick": 1.0, "paper": 60.0},
    ),
}
