"""Beyond the paper: the weightings of the past in circulation, in the iterated game.

    python -m advantage_alignment reproduce --experiment beyond_weightings        (a minute)

The paper's text, derivation, appendix and released code weigh our past advantages differently.
"""

from __future__ import annotations

from typing import Any

from advantage_alignment.experiments.comparison import compare, comparisons, first_entrant
from advantage_alignment.experiments.ipd_study import COOPERATES, draw_self_play, self_play_claim
from advantage_alignment.experiments.sizes import of_ipd
from common.logger.experiment import Experiment

# Weight of the alignment beside each weighting: sums are larger than means.
_WEIGHTINGS: dict[Any, float] = {
    "discounted": 0.5,
    "outer_discounted": 0.5,
    "damped_mean": 3.0,
    "mean": 3.0,
}
_CONFIGS = comparisons(
    {
        f"{weighting}_{own}": of_ipd(weighting=weighting, own_advantage=own, beta=beta)
        for weighting, beta in _WEIGHTINGS.items()
        for own in ("td", "gae")
    }
)
_CLAIMS = tuple(
    self_play_claim(
        f"{weighting}_td",
        f"{weighting}_td",
        f"weighting {weighting.replace('_', ' ')} with one-step advantages cooperates",
        COOPERATES,
    )
    for weighting in _WEIGHTINGS
)

BEYOND_WEIGHTINGS = Experiment(
    source="beyond the paper",
    summary="The four weightings of the past in circulation, in the iterated game, each with "
    "one-step and with generalised advantages in the past",
    claims=_CLAIMS,
    configs=_CONFIGS,
    num_seeds={"smoke": 1, "quick": 4, "paper": 10},
    minutes={"smoke": 0.5, "quick": 1.0, "paper": 3.0},
    run=compare,
    draw=draw_self_play,
    trained=first_entrant,
)
