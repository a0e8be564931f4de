"""Figure 2: the league of the Coin Game.

    python -m advantage_alignment reproduce --experiment figure_2_coin_league        (27 minutes)

The paper's rewards per step: .28 among Advantage Alignment's own seeds, .35 from always-cooperate,
which keeps .31, and .15 for always-defect. Full cooperation is .347.
"""

from __future__ import annotations

from advantage_alignment.experiments.comparison import first_entrant
from advantage_alignment.experiments.league_study import LeagueConfig, draw, run
from advantage_alignment.experiments.sizes import COIN_GAME, with_options
from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment

_PLACE = "Figure 2, Coin Game league"
_ENTRANTS = {
    "alignment": COIN_GAME,
    "loqa": with_options(COIN_GAME, shaping="loqa"),
    "naive": with_options(COIN_GAME, beta=0.0),
}
_CONFIGS = {
    preset: LeagueConfig(
        tuple((name, by_preset[preset]) for name, by_preset in _ENTRANTS.items()),
        num_episodes=4 if preset == "smoke" else 512,
        lengths=(16, 50),  # 16 as published
    )
    for preset in COIN_GAME
}


def _row(id: str, statement: str, metric: str, paper: float, criterion: Criterion) -> Claim:
    return Claim(
        id=id,
        source=_PLACE,
        statement=f"{statement} (reward per step, 16 steps)",
        metric=metric,
        criterion=criterion,
        paper_value=paper,
        paper_spread="± 0.04 (std over pairs)" if id == "self_play" else None,
    )


_CLAIMS = (
    _row(
        "self_play",
        "Advantage Alignment cooperates with its other seeds; full cooperation is .347",
        "alignment_vs_other_seeds",
        0.28,
        Criterion("mean", ">=", 0.17, partly=0.1),
    ),
    _row(
        "does_not_exploit",
        "Advantage Alignment takes clearly less from always-cooperate than a defector's .631",
        "alignment_vs_always_cooperate",
        0.35,
        Criterion("mean", "<=", 0.5, partly=0.57),
    ),
    _row(
        "leaves_a_share",
        "Advantage Alignment leaves always-cooperate a profit, where a defector leaves it -.269",
        "always_cooperate_vs_alignment",
        0.31,
        Criterion("mean", ">=", 0.05, partly=0.0),
    ),
    _row(
        "retaliates",
        "Always-defect gets from Advantage Alignment less than half of the .631 that "
        "always-cooperate gives it",
        "always_defect_vs_alignment",
        0.15,
        Criterion("mean", "<=", 0.315, partly=0.4),
    ),
    _row(
        "naive_defects",
        "The naive learner (beta 0) leaves always-cooperate a loss",
        "always_cooperate_vs_naive",
        -0.26,
        Criterion("mean", "<=", 0.0),
    ),
)


def _numbers() -> tuple[Claim, ...]:
    """The row of the paper's league; at four of its standard deviations still partly."""
    row = (
        ("alignment_vs_other_seeds", 0.28),
        ("alignment_vs_loqa", 0.29),
        ("loqa_vs_alignment", 0.28),
        ("alignment_vs_always_cooperate", 0.35),
        ("always_cooperate_vs_alignment", 0.31),
        ("alignment_vs_always_defect", -0.08),
        ("always_defect_vs_alignment", 0.15),
        ("alignment_vs_random", 0.26),
        ("random_vs_alignment", -0.18),
    )
    return tuple(
        Claim(
            id=metric,
            source=_PLACE,
            statement=f"{metric.replace('_', ' ')} (reward per step, row player first)",
            metric=metric,
            criterion=Criterion("mean", "within", 0.08, partly=0.16, target=value),
            paper_value=value,
        )
        for metric, value in row
    )


FIGURE_2_COIN_LEAGUE = Experiment(
    source=_PLACE,
    summary="Advantage Alignment, LOQA and the naive learner meet themselves, each other and "
    "the scripted players, at 16 steps as published and at 50",
    claims=_CLAIMS,
    paper_claims=(*_CLAIMS, *_numbers()),
    configs=_CONFIGS,
    num_seeds={"smoke": 1, "quick": 4, "paper": 10},
    minutes={"smoke": 0.4, "quick": 27.0, "paper": 300.0},
    run=run,
    draw=draw,
    trained=first_entrant,
    not_by_default="as long as all others together: GRUs over 50 steps keep two cores busy",
    why_it_fails={
        "retaliates": "after a third of the published updates, with a quarter of the batch, "
        "what always-defect gets is still falling"
    },
    headline={
        "self_play": "Coin Game: cooperates with its other seeds (full cooperation: .347)",
        "retaliates": "Coin Game: always-defect gets little (.631 from a cooperator)",
    },
)
