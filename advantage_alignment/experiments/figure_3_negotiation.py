"""Figure 3: Advantage Alignment, PPO and PPO on summed rewards in the Negotiation Game.

    python -m advantage_alignment reproduce --experiment figure_3_negotiation        (6 minutes)

The paper's returns: .44 of Advantage Alignment with itself, .30 of PPO, which is mutual defection;
always-defect leaves Advantage Alignment .30 and gets .32. A variant with the published network runs
by name.
"""

from __future__ import annotations

from dataclasses import replace

from advantage_alignment.config import PUBLISHED, TrainingConfig
from advantage_alignment.experiments.comparison import Entrants, entrants_at, first_entrant
from advantage_alignment.experiments.league_study import LeagueConfig, draw, run
from advantage_alignment.experiments.negotiation_study import ENTRANTS, PLACE, claim
from advantage_alignment.experiments.sizes import NEGOTIATION
from common.logger.claims import Criterion
from common.logger.experiment import Experiment


def _league(preset: str, entrants: Entrants) -> LeagueConfig:
    return LeagueConfig(entrants, num_episodes=4 if preset == "smoke" else 64)


def _with_gru(config: TrainingConfig) -> TrainingConfig:
    """With the published network and slow copy, which the quick size does without."""
    return replace(
        config,
        network="gru",
        shows_last_values=False,
        critic_sees_time=False,
        target_decay=PUBLISHED["negotiation"].target_decay,
    )


_GRU = {
    "smoke": _with_gru(NEGOTIATION["smoke"]),
    "quick": replace(
        _with_gru(NEGOTIATION["quick"]),
        batch_size=64,
        num_updates=1500,
    ),
    "paper": PUBLISHED["negotiation"],
}
_CONFIGS = {preset: _league(preset, entrants_at(preset, ENTRANTS)) for preset in NEGOTIATION}
_GRU_CONFIGS = {
    preset: _league(preset, (("alignment", config),)) for preset, config in _GRU.items()
}

_CLAIMS = (
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
        "PPO ends in mutual defection with itself (return)",
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
        "Always-defect gets little from Advantage Alignment (return; .55 from always-cooperate)",
        "always_defect_vs_alignment",
        Criterion("mean", "<=", 0.36, partly=0.45),
        0.32,
    ),
    claim(
        "summed_rewards_are_exploited",
        "PPO on summed rewards is exploited by always-defect (return)",
        "ppo_sum_vs_always_defect",
        Criterion("mean", "<=", 0.27, partly=0.28),
        0.21,
    ),
    claim(
        "gains_on_ppo",
        "In self-play Advantage Alignment gains on PPO (PPO's return less its own)",
        "ppo_minus_alignment_self_play",
        Criterion("high", "<=", -0.05, partly=0.0),
        -0.14,
    ),
    claim(
        "late_self_play",
        "Advantage Alignment cooperates with itself in the mean over the second half of training "
        "(return)",
        "alignment_late_self_play",
        Criterion("mean", ">=", 0.4, partly=0.35),
        0.44,
    ),
    claim(
        "defection_does_not_pay",
        "Always-defect gets less from Advantage Alignment than its agents get from each other "
        "(difference, second half of training; -.05 for always-cooperate)",
        "alignment_late_cost_of_defecting",
        Criterion("mean", ">=", 0.03, partly=0.0),
        0.12,
    ),
)
_GRU_CLAIMS = tuple(each for each in _CLAIMS if "ppo" not in each.metric)

_IN_TURNS = (
    "self-play goes back and forth between cooperation and mutual retaliation, and the last update "
    "of a seed may be at either"
)

FIGURE_3_NEGOTIATION = Experiment(
    source=PLACE,
    summary="Advantage Alignment, PPO and PPO on summed rewards meet each other and the "
    "scripted players; whole curves, no stopping at .4",
    claims=_CLAIMS,
    configs=_CONFIGS,
    num_seeds={"smoke": 1, "quick": 4, "paper": 10},
    minutes={"smoke": 0.2, "quick": 5.5, "paper": 120.0},
    run=run,
    draw=draw,
    trained=first_entrant,
    why_it_fails=dict.fromkeys(("gains_on_ppo", "late_self_play"), _IN_TURNS),
    headline={
        "self_play": "Negotiation: cooperates with itself (return; defection pays .30)",
        "late_self_play": "Negotiation: cooperates with itself, mean of second half of training",
        "retaliates": "Negotiation: always-defect gets little (.55 from a cooperator)",
    },
)

FIGURE_3_NEGOTIATION_GRU = Experiment(
    source=PLACE,
    summary="Advantage Alignment with the published network and slow copy, at quick in smaller "
    "batches",
    claims=_GRU_CLAIMS,
    configs=_GRU_CONFIGS,
    num_seeds={"smoke": 1, "quick": 4, "paper": 10},
    minutes={"smoke": 0.2, "quick": 12.0, "paper": 40.0},
    run=run,
    draw=draw,
    trained=first_entrant,
    why_it_fails=dict.fromkeys(("self_play", "late_self_play"), _IN_TURNS),
    not_by_default="with it the default run would take more than twenty minutes",
)
