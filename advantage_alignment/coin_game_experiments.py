"""Experiments in the Coin Game, with their claims fixed before the run."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from advantage_alignment.experiment import Experiment
from advantage_alignment.study_configs import ComparisonConfig, LeagueConfig, beta_name
from advantage_alignment.training_configs import PUBLISHED, TrainingConfig
from common.logger.claims import Claim, Criterion

_PLACE = "Figure 2, Coin Game league"

_PAPER = PUBLISHED["coin_game"]
_QUICK = replace(_PAPER, num_updates=2000, batch_size=128, num_opponents=16, num_eval_episodes=256)
_SMOKE = replace(
    _QUICK,
    num_updates=4,
    eval_every_updates=2,
    checkpoint_every_updates=2,
    num_eval_episodes=4,
    batch_size=4,
    num_opponents=2,
    num_steps=8,
    episode_length=8,
    hidden_size=8,
)
_BY_PRESET = {"smoke": _SMOKE, "quick": _QUICK, "paper": _PAPER}
# Many variants: trained half as long, when the league's agents already cooperate.
_SHORT = {**_BY_PRESET, "quick": replace(_QUICK, num_updates=1000)}


def _with(
    base: Mapping[str, TrainingConfig] = _BY_PRESET, **options: Any
) -> dict[str, TrainingConfig]:
    """Advantage Alignment at every preset with some options."""
    return {preset: replace(config, **options) for preset, config in base.items()}


def _league(**entrants: Mapping[str, TrainingConfig]) -> dict[str, LeagueConfig]:
    """A league at every preset, scored at 16 steps as published, and at 50."""
    return {
        preset: LeagueConfig(
            tuple((name, configs[preset]) for name, configs in entrants.items()),
            num_episodes=4 if preset == "smoke" else 512,
            lengths=(16, 50),
        )
        for preset in _BY_PRESET
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
        "It takes clearly less from always-cooperate than a defector's .631",
        "alignment_vs_always_cooperate",
        0.35,
        Criterion("mean", "<=", 0.5, partly=0.57),
    ),
    _row(
        "leaves_a_share",
        "It leaves always-cooperate a profit, where a defector leaves it -.269",
        "always_cooperate_vs_alignment",
        0.31,
        Criterion("mean", ">=", 0.05, partly=0.0),
    ),
    _row(
        "retaliates",
        "Always-defect gets less than half of the .631 that always-cooperate gives it",
        "always_defect_vs_alignment",
        0.15,
        Criterion("mean", "<=", 0.315, partly=0.4),
    ),
    _row(
        "naive_defects",
        "With beta 0 the learner leaves always-cooperate a loss",
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


_MASKS = {
    "none": {},
    "empathetic": {"keeps_empathetic": False},
    "vengeful": {"keeps_vengeful": False},
    "spiteful": {"keeps_spiteful": False},
    "cooperative_empathetic": {"keeps_cooperative": False, "keeps_empathetic": False},
    "vengeful_spiteful": {"keeps_vengeful": False, "keeps_spiteful": False},
}


def _mask_claim(removed: str, self_play: float, relation: Any, threshold: float) -> Claim:
    return Claim(
        id=f"without_{removed}",
        source="Ablation, quadrants",
        statement=f"Without the {removed.replace('_', ' and ')} quadrant: cross-seed play",
        metric=f"{removed}_vs_other_seeds",
        criterion=Criterion("mean", relation, threshold),
        paper_value=self_play,
    )


_BETAS = (0.0, 0.3, 1.0, 3.0)  # 1 is the published one
_BETA_CLAIMS = (
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
        statement="Coin Game: beta 1 does; full cooperation is .347",
        metric="beta_1_self_play",
        criterion=Criterion("mean", ">=", 0.17, partly=0.1),
    ),
)


def _betas() -> dict[str, ComparisonConfig]:
    """Advantage Alignment with every beta."""
    by_name = {beta_name(beta): _with(_SHORT, beta=beta) for beta in _BETAS}
    return {
        preset: ComparisonConfig(
            tuple((name, configs[preset]) for name, configs in by_name.items())
        )
        for preset in _BY_PRESET
    }


_SECONDS = "as long as all others together: GRUs over 50 steps keep two cores busy"

COIN_GAME_EXPERIMENTS: dict[str, Experiment] = {
    "figure_2_coin_league": Experiment(
        source=_PLACE,
        summary="Advantage Alignment, LOQA and the naive learner meet themselves, each other and "
        "the scripted players, at 16 steps as published and at 50",
        claims=_CLAIMS,
        paper_claims=(*_CLAIMS, *_numbers()),
        configs=_league(
            alignment=_BY_PRESET,
            loqa=_with(shaping="loqa"),
            naive=_with(beta=0.0),
        ),
        num_seeds={"smoke": 1, "quick": 4, "paper": 10},
        minutes={"smoke": 0.4, "quick": 27.0, "paper": 300.0},
        not_by_default=_SECONDS,
        why_it_fails={
            "retaliates": "after a third of the published updates, with a quarter of the batch, "
            "what always-defect gets is still falling"
        },
    ),
    "ablation_masks": Experiment(
        source="Ablation, quadrants",
        summary="The product without some of its quadrants of signs, in the Coin Game",
        claims=(
            _mask_claim("empathetic", 0.027, "<=", 0.1),
            _mask_claim("cooperative_empathetic", 0.002, "<=", 0.1),
            _mask_claim("vengeful", 0.126, ">=", 0.08),
            _mask_claim("spiteful", 0.107, ">=", 0.08),
            _mask_claim("vengeful_spiteful", 0.135, ">=", 0.08),
        ),
        configs=_league(**{name: _with(_SHORT, **mask) for name, mask in _MASKS.items()}),
        num_seeds={"smoke": 1, "quick": 4, "paper": 10},
        minutes={"smoke": 0.5, "quick": 30.0, "paper": 600.0},
        not_by_default=_SECONDS,
    ),
    "ablation_beta_coin_game": Experiment(
        source="beyond the paper",
        summary="beta from 0 up in the Coin Game",
        claims=_BETA_CLAIMS,
        configs=_betas(),
        num_seeds={"smoke": 1, "quick": 4, "paper": 10},
        minutes={"smoke": 0.5, "quick": 20.0, "paper": 400.0},
        not_by_default=_SECONDS,
    ),
}
