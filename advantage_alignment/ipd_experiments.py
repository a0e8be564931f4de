"""Experiments in the iterated prisoner's dilemma, with their claims fixed before the run."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from advantage_alignment.experiment import Experiment
from advantage_alignment.study_configs import ComparisonConfig, beta_name
from advantage_alignment.training_configs import PUBLISHED, TrainingConfig
from common.logger.claims import Claim, Criterion

_PLACE = "Figure 1b, IPD"

# P(cooperate) in START, CC, CD, DC, DD, read off the bars of the authors' poster (± .02), and the
# error bars there.
POSTER = {
    "start": (1.0, 0.0),
    "cc": (0.97, 0.06),
    "cd": (0.15, 0.20),
    "dc": (0.96, 0.10),
    "dd": (0.11, 0.20),
}


def _bar(state: str, criterion: Criterion) -> Claim:
    value, spread = POSTER[state]
    return Claim(
        id=f"cooperation_{state}",
        source=_PLACE,
        statement=f"P(cooperate | {state.upper()})",
        metric=f"alignment_cooperation_{state}",
        criterion=criterion,
        paper_value=value,
        paper_spread=f"± {spread:g} (10 seeds, read off the poster)",
    )


_CLAIMS = (
    Claim(
        id="tit_for_tat",
        source=_PLACE,
        statement="Advantage Alignment learns tit-for-tat (share of seeds: P(C) above .8 at START "
        "and CC, and at DC at least .5 above CD and DD)",
        metric="alignment_is_tit_for_tat",
        criterion=Criterion("mean", ">=", 0.9, partly=0.5),
        paper_value=1.0,
    ),
    _bar("start", Criterion("mean", ">=", 0.9, partly=0.7)),
    _bar("cc", Criterion("mean", ">=", 0.9, partly=0.7)),
    _bar("cd", Criterion("mean", "<=", 0.35, partly=0.5)),
    _bar("dc", Criterion("mean", ">=", 0.8, partly=0.6)),
    _bar("dd", Criterion("mean", "<=", 0.31, partly=0.5)),
    Claim(
        id="self_play",
        source=_PLACE,
        statement="Its agents cooperate with each other (reward per step, -1 is mutual "
        "cooperation, -2 mutual defection)",
        metric="alignment_self_play",
        criterion=Criterion("mean", ">=", -1.2, partly=-1.5),
    ),
    Claim(
        id="retaliates",
        source="ours",
        statement="The exact best response to the agent leaves it near mutual cooperation (agent's "
        "normalised discounted value)",
        metric="alignment_vs_best_response",
        criterion=Criterion("mean", ">=", -1.2, partly=-1.5),
    ),
    Claim(
        id="naive_defects",
        source="Section 5, IPD",
        statement="With beta 0 the same learner defects in every state (reward "
        "per step of self-play)",
        metric="naive_self_play",
        criterion=Criterion("mean", "<=", -1.9, partly=-1.7),
        paper_value=-2.0,
    ),
)

_IPD = PUBLISHED["ipd"]
_NAIVE = replace(_IPD, beta=0.0)


# Weight of the alignment beside each weighting: sums are larger than means.
_WEIGHTINGS: dict[Any, float] = {
    "discounted": 0.5,
    "outer_discounted": 0.5,
    "damped_mean": 3.0,
    "mean": 3.0,
}

_SMOKE: dict[str, Any] = {
    "num_updates": 4,
    "eval_every_updates": 2,
    "checkpoint_every_updates": 2,
    "batch_size": 4,
    "num_steps": 10,
    "episode_length": 10,
}


def _with(**options: Any) -> TrainingConfig:
    """Advantage Alignment with some options."""
    return replace(_IPD, **options)


_SIZES: dict[str, dict[str, Any]] = {"smoke": _SMOKE, "quick": {"batch_size": 128}, "paper": {}}
_SEEDS = {"smoke": 1, "quick": 10, "paper": 10}


def _compare(entrants: Mapping[str, TrainingConfig]) -> dict[str, ComparisonConfig]:
    """A comparison at every preset; the smoke run has two entrants at most."""
    return {
        preset: ComparisonConfig(
            tuple((name, replace(config, **sizes)) for name, config in entrants.items())[
                : 2 if preset == "smoke" else None
            ]
        )
        for preset, sizes in _SIZES.items()
    }


def _self_play(
    id: str, entrant: str, statement: str, criterion: Criterion, source: str = "ours"
) -> Claim:
    return Claim(
        id=id,
        source=source,
        statement=f"{statement} (reward per step of self-play)",
        metric=f"{entrant}_self_play",
        criterion=criterion,
    )


_COOPERATES = Criterion("mean", ">=", -1.2, partly=-1.5)
_DEFECTS = Criterion("mean", "<=", -1.8, partly=-1.6)
_BETAS = {beta_name(beta): beta for beta in (0.0, 0.1, 0.5, 2.0)}

IPD_EXPERIMENTS: dict[str, Experiment] = {
    "figure_1_ipd": Experiment(
        source=_PLACE,
        summary="Tabular self-play with Advantage Alignment and without (beta 0)",
        claims=_CLAIMS,
        configs=_compare({"alignment": _IPD, "naive": _NAIVE}),
        num_seeds=_SEEDS,
        minutes={"smoke": 0.2, "quick": 0.4, "paper": 0.7},
        why_it_fails="Once all cooperate, DC is hardly ever seen: what it should do is learned on "
        "the way and forgotten later (figure_1_ipd_long).",
    ),
    "ablation_beta": Experiment(
        source="beyond the paper",
        summary="beta from 0 up in the iterated prisoner's dilemma",
        claims=(
            _self_play("zero", "beta_0", "beta 0 defects", _DEFECTS),
            _self_play("half", "beta_0_5", "beta .5 cooperates", _COOPERATES),
            _self_play("two", "beta_2", "beta 2 cooperates", _COOPERATES),
        ),
        configs=_compare({name: replace(_IPD, beta=beta) for name, beta in _BETAS.items()}),
        num_seeds={**_SEEDS, "quick": 4},
        minutes={"smoke": 0.3, "quick": 0.5, "paper": 1.5},
    ),
    "ablation_masks_ipd": Experiment(
        source="Ablation, quadrants",
        summary="The product without one of its quadrants of signs, in the iterated game (the "
        "paper's ablation is in the Coin Game: ablation_masks)",
        claims=(
            _self_play(
                "without_empathetic",
                "empathetic",
                "Without the empathetic quadrant agents do not cooperate",
                _DEFECTS,
                "Ablation, quadrants",
            ),
            _self_play(
                "without_vengeful",
                "vengeful",
                "Without the vengeful quadrant they still do",
                _COOPERATES,
                "Ablation, quadrants",
            ),
            _self_play(
                "without_spiteful",
                "spiteful",
                "Without the spiteful quadrant they still do",
                _COOPERATES,
                "Ablation, quadrants",
            ),
        ),
        configs=_compare(
            {
                name: _with(**{f"keeps_{name}": False})
                for name in ("cooperative", "empathetic", "vengeful", "spiteful")
            }
        ),
        num_seeds={**_SEEDS, "quick": 4},
        minutes={"smoke": 0.3, "quick": 0.5, "paper": 1.5},
        why_it_fails="In the iterated game no single quadrant is needed for cooperation, the "
        "others do its work; what the vengeful one alone does is retaliate.",
    ),
    "beyond_weightings": Experiment(
        source="beyond the paper",
        summary="The four weightings of the past in circulation, in the iterated game, each with "
        "one-step and with generalised advantages in the past",
        claims=tuple(
            _self_play(
                f"{weighting}_td",
                f"{weighting}_td",
                f"Weighting {weighting.replace('_', ' ')} with one-step advantages cooperates",
                _COOPERATES,
            )
            for weighting in _WEIGHTINGS
        ),
        configs=_compare(
            {
                f"{weighting}_{own}": replace(
                    _IPD, weighting=weighting, own_advantage=own, beta=beta
                )
                for weighting, beta in _WEIGHTINGS.items()
                for own in ("td", "gae")
            }
        ),
        num_seeds={**_SEEDS, "quick": 4},
        minutes={"smoke": 0.5, "quick": 1.0, "paper": 3.0},
    ),
    "figure_1_ipd_long": Experiment(
        source=_PLACE,
        summary="figure_1_ipd for ten times as many updates: what becomes of states never seen",
        claims=(
            _self_play("stays", "alignment", "Cooperation stays", _COOPERATES),
            Claim(
                id="forgets_dc",
                source="ours",
                statement="P(cooperate | DC) falls again, as DC is not seen any more",
                metric="alignment_cooperation_dc",
                criterion=Criterion("mean", "<=", 0.6),
            ),
        ),
        configs=_compare({"alignment": replace(_IPD, num_updates=4000, eval_every_updates=200)}),
        num_seeds={**_SEEDS, "quick": 4},
        minutes={"smoke": 0.2, "quick": 1.0, "paper": 3.0},
        not_by_default="it explains figure_1_ipd and tests no claim of the paper",
    ),
    "figure_1_ipd_gru": Experiment(
        source=_PLACE,
        summary="figure_1_ipd with GRU policy and values, judged by sampled play",
        claims=(_CLAIMS[6],),
        configs=_compare(
            {
                "alignment": replace(
                    _IPD,
                    network="gru",
                    hidden_size=32,
                    actor_learning_rate=1e-3,
                    critic_learning_rate=1e-2,
                    num_updates=2000,
                    eval_every_updates=200,
                    checkpoint_every_updates=1000,
                )
            }
        ),
        num_seeds={**_SEEDS, "quick": 4},
        minutes={"smoke": 0.3, "quick": 20.0, "paper": 60.0},
        not_by_default="twenty minutes; the poster's agent has a memory of one step",
    ),
}
