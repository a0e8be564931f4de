"""Beyond the paper: beta, the weight of the alignment, from 0 up in each of the four games.

    python -m advantage_alignment reproduce --experiment ablation_beta        (half a minute)

The same with ablation_beta_negotiation (7 minutes), ablation_beta_commons_harvest (11 minutes) and
ablation_beta_coin_game (20 minutes).

beta 0 is the naive learner. The paper's own: 1 in the Coin Game, 3 in the Negotiation Game, 1.5 in
Commons Harvest; none is public for the iterated prisoner's dilemma.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advantage_alignment.experiments import harvest_study, ipd_study
from advantage_alignment.experiments.comparison import (
    ComparisonConfig,
    Entrants,
    beta_name,
    compare,
    comparisons,
    entrants_at,
    first_entrant,
)
from advantage_alignment.experiments.harvest_study import HarvestConfig
from advantage_alignment.experiments.ipd_study import COOPERATES, DEFECTS, self_play_claim
from advantage_alignment.experiments.negotiation_study import claim
from advantage_alignment.experiments.sizes import (
    COIN_GAME_SHORT,
    COMMONS_HARVEST,
    NEGOTIATION,
    ByPreset,
    of_ipd,
    with_options,
)
from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment, Record, Rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def _named(base: ByPreset, *betas: float) -> dict[str, ByPreset]:
    """Advantage Alignment with every beta."""
    return {beta_name(beta): with_options(base, beta=beta) for beta in betas}


def _all_entrants(preset: str, by_name: dict[str, ByPreset]) -> Entrants:
    return tuple((name, by_preset[preset]) for name, by_preset in by_name.items())


_IPD = comparisons({beta_name(beta): of_ipd(beta=beta) for beta in (0.0, 0.1, 0.5, 2.0)})
_COIN_GAME = {
    preset: ComparisonConfig(_all_entrants(preset, _named(COIN_GAME_SHORT, 0.0, 0.3, 1.0, 3.0)))
    for preset in COIN_GAME_SHORT
}
_NEGOTIATION_BETAS = _named(NEGOTIATION, 0.0, 0.3, 1.0, 3.0)
_NEGOTIATION = {
    preset: ComparisonConfig(
        _all_entrants(preset, _NEGOTIATION_BETAS)[-2 if preset == "smoke" else 0 :]
    )
    for preset in NEGOTIATION
}
_COMMONS_HARVEST = {
    preset: HarvestConfig(entrants_at(preset, _named(COMMONS_HARVEST, 0.0, 0.3, 1.5, 3.0)))
    for preset in COMMONS_HARVEST
}

_IPD_CLAIMS = (
    self_play_claim("zero", "beta_0", "beta 0 defects", DEFECTS),
    self_play_claim("half", "beta_0_5", "beta .5 cooperates", COOPERATES),
    self_play_claim("two", "beta_2", "beta 2 cooperates", COOPERATES),
)
_COIN_GAME_CLAIMS = (
    Claim(
        id="coin_game_zero",
        source="ours",
        statement="Coin Game: beta 0 does not share (reward per step of self-play)",
        metric="beta_0_self_play",
        criterion=Criterion("mean", "<=", 0.05, partly=0.1),
    ),
    Claim(
        id="coin_game_published",
        source="ours",
        statement="Coin Game: beta 1 shares (reward per step of self-play; full cooperation .347)",
        metric="beta_1_self_play",
        criterion=Criterion("mean", ">=", 0.17, partly=0.1),
    ),
)
_NEGOTIATION_CLAIMS = (
    claim(
        "negotiation_zero",
        "Negotiation Game: beta 0 defects (return of self-play)",
        "beta_0_self_play",
        Criterion("mean", "<=", 0.33, partly=0.36),
        source="ours",
    ),
    claim(
        "negotiation_three",
        "Negotiation Game: beta 3 cooperates (return of self-play)",
        "beta_3_self_play",
        Criterion("mean", ">=", 0.4, partly=0.35),
        source="ours",
    ),
)
_COMMONS_HARVEST_CLAIMS = (
    Claim(
        id="harvest_published",
        source="ours",
        statement="Commons Harvest: beta 1.5 leaves more apples alive half-way through an episode "
        "than beta 0 (difference of the shares)",
        metric="beta_1_5_minus_beta_0_alive_3",
        criterion=Criterion("low", ">=", 0.0, partly=-0.05),
    ),
)

run = compare


def draw_coin_game(record: Record, rows: Rows) -> Figure:
    """Reward of self-play in the Coin Game, up to full cooperation."""
    from advantage_alignment.experiments import drawing

    marks = ((0.347, "full cooperation"), (0.0, "no sharing"))
    return drawing.draw_self_play(record, rows, "reward per step of self-play", marks)


def draw_negotiation(record: Record, rows: Rows) -> Figure:
    """Return of self-play in the Negotiation Game, from mutual defection to full cooperation."""
    from advantage_alignment.experiments import drawing

    marks = ((0.5, "full cooperation"), (0.3, "mutual defection"))
    return drawing.draw_self_play(record, rows, "return of self-play", marks)


_SOURCE = "beyond the paper"
_SEEDS = {"smoke": 1, "quick": 4, "paper": 10}
_TOO_LONG = "with it the default run would take more than twenty minutes"

ABLATION_BETA = Experiment(
    source=_SOURCE,
    summary="beta from 0 up in the iterated prisoner's dilemma",
    claims=_IPD_CLAIMS,
    configs=_IPD,
    num_seeds=_SEEDS,
    minutes={"smoke": 0.3, "quick": 0.5, "paper": 1.5},
    run=run,
    draw=ipd_study.draw_self_play,
    trained=first_entrant,
)

ABLATION_BETA_COIN_GAME = Experiment(
    source=_SOURCE,
    summary="beta from 0 up in the Coin Game",
    claims=_COIN_GAME_CLAIMS,
    configs=_COIN_GAME,
    num_seeds=_SEEDS,
    minutes={"smoke": 0.5, "quick": 20.0, "paper": 400.0},
    run=run,
    draw=draw_coin_game,
    trained=first_entrant,
    not_by_default="as long as all others together: GRUs over 50 steps keep two cores busy",
)

ABLATION_BETA_NEGOTIATION = Experiment(
    source=_SOURCE,
    summary="beta from 0 up in the Negotiation Game",
    claims=_NEGOTIATION_CLAIMS,
    configs=_NEGOTIATION,
    num_seeds=_SEEDS,
    minutes={"smoke": 0.2, "quick": 6.5, "paper": 160.0},
    run=run,
    draw=draw_negotiation,
    trained=first_entrant,
    not_by_default=_TOO_LONG,
)

ABLATION_BETA_COMMONS_HARVEST = Experiment(
    source=_SOURCE,
    summary="beta from 0 up in Commons Harvest, at quick on a small map of ours",
    claims=_COMMONS_HARVEST_CLAIMS,
    configs=_COMMONS_HARVEST,
    num_seeds=_SEEDS,
    minutes={"smoke": 0.3, "quick": 11.0, "paper": 4000.0},
    run=harvest_study.run,
    draw=harvest_study.draw,
    trained=first_entrant,
    not_by_default=_TOO_LONG,
)
