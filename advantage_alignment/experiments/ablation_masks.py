"""Ablation by quadrant: the product of advantages without some combinations of signs.

    python -m advantage_alignment reproduce --experiment ablation_masks        (30 minutes)
    python -m advantage_alignment reproduce --experiment ablation_masks_ipd    (half a minute)

The paper's rewards of cross-seed play in the Coin Game: .027 without the empathetic quadrant, .002
without the two of a good past, .126, .107 and .135 without vengeful, spiteful, and both.
"""

from __future__ import annotations

from typing import Any

from advantage_alignment.experiments.comparison import compare, comparisons, first_entrant
from advantage_alignment.experiments.ipd_study import (
    COOPERATES,
    DEFECTS,
    draw_self_play,
    self_play_claim,
)
from advantage_alignment.experiments.league_study import LeagueConfig, draw, run
from advantage_alignment.experiments.sizes import COIN_GAME_SHORT, of_ipd, with_options
from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment

_SOURCE = "Ablation, quadrants"

_MASKS: dict[str, dict[str, bool]] = {
    "none": {},
    "empathetic": {"keeps_empathetic": False},
    "vengeful": {"keeps_vengeful": False},
    "spiteful": {"keeps_spiteful": False},
    "cooperative_empathetic": {"keeps_cooperative": False, "keeps_empathetic": False},
    "vengeful_spiteful": {"keeps_vengeful": False, "keeps_spiteful": False},
}
_CONFIGS = {
    preset: LeagueConfig(
        tuple((n, with_options(COIN_GAME_SHORT, **mask)[preset]) for n, mask in _MASKS.items()),
        num_episodes=4 if preset == "smoke" else 512,
        lengths=(16, 50),
    )
    for preset in COIN_GAME_SHORT
}
_IPD_CONFIGS = comparisons(
    {
        name: of_ipd(**{f"keeps_{name}": False})
        for name in ("cooperative", "empathetic", "vengeful", "spiteful")
    }
)


def _mask_claim(removed: str, self_play: float, relation: Any, threshold: float) -> Claim:
    return Claim(
        id=f"without_{removed}",
        source=_SOURCE,
        statement=f"Reward per step across seeds without the {removed.replace('_', ' and ')} "
        "quadrant; full cooperation is .347",
        metric=f"{removed}_vs_other_seeds",
        criterion=Criterion("mean", relation, threshold),
        paper_value=self_play,
    )


_CLAIMS = (
    _mask_claim("empathetic", 0.027, "<=", 0.1),
    _mask_claim("cooperative_empathetic", 0.002, "<=", 0.1),
    _mask_claim("vengeful", 0.126, ">=", 0.08),
    _mask_claim("spiteful", 0.107, ">=", 0.08),
    _mask_claim("vengeful_spiteful", 0.135, ">=", 0.08),
)
_IPD_CLAIMS = (
    self_play_claim(
        "without_empathetic",
        "empathetic",
        "without the empathetic quadrant agents do not cooperate",
        DEFECTS,
        _SOURCE,
    ),
    self_play_claim(
        "without_vengeful",
        "vengeful",
        "without the vengeful quadrant agents still cooperate",
        COOPERATES,
        _SOURCE,
    ),
    self_play_claim(
        "without_spiteful",
        "spiteful",
        "without the spiteful quadrant agents still cooperate",
        COOPERATES,
        _SOURCE,
    ),
)

ABLATION_MASKS = Experiment(
    source=_SOURCE,
    summary="The product without some of its quadrants of signs, in the Coin Game",
    claims=_CLAIMS,
    configs=_CONFIGS,
    num_seeds={"smoke": 1, "quick": 4, "paper": 10},
    minutes={"smoke": 0.5, "quick": 30.0, "paper": 600.0},
    run=run,
    draw=draw,
    trained=first_entrant,
    not_by_default="as long as all others together: GRUs over 50 steps keep two cores busy",
    headline={
        "without_empathetic": "Coin Game without the empathetic quadrant: no cooperation (reward)",
    },
)

ABLATION_MASKS_IPD = Experiment(
    source=_SOURCE,
    summary="The product without one of its quadrants of signs, in the iterated game (the "
    "paper's ablation is in the Coin Game: ablation_masks)",
    claims=_IPD_CLAIMS,
    configs=_IPD_CONFIGS,
    num_seeds={"smoke": 1, "quick": 4, "paper": 10},
    minutes={"smoke": 0.3, "quick": 0.5, "paper": 1.5},
    run=compare,
    draw=draw_self_play,
    trained=first_entrant,
    why_it_fails="In the iterated game no single quadrant is needed for cooperation, the "
    "others do its work; what the vengeful one alone does is retaliate.",
    headline={
        "without_empathetic": "IPD without the empathetic quadrant: no cooperation (reward)",
    },
)
