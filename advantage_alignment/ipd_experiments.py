"""Experiments in the iterated prisoner's dilemma, with their claims fixed before the run."""

from dataclasses import replace

from advantage_alignment.experiment import Experiment
from advantage_alignment.study_configs import ComparisonConfig
from advantage_alignment.training_configs import PUBLISHED
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


def _figure_1(**sizes: int) -> ComparisonConfig:
    return ComparisonConfig(
        (("alignment", replace(_IPD, **sizes)), ("naive", replace(_NAIVE, **sizes)))
    )


_SMOKE = {
    "num_updates": 4,
    "eval_every_updates": 2,
    "checkpoint_every_updates": 2,
    "batch_size": 4,
    "num_steps": 10,
    "episode_length": 10,
}

IPD_EXPERIMENTS: dict[str, Experiment] = {
    "figure_1_ipd": Experiment(
        source=_PLACE,
        summary="Tabular self-play with Advantage Alignment and without (beta 0)",
        claims=_CLAIMS,
        configs={
            "smoke": _figure_1(**_SMOKE),
            "quick": _figure_1(batch_size=128),
            "paper": _figure_1(),
        },
        num_seeds={"smoke": 1, "quick": 10, "paper": 10},
        minutes={"smoke": 0.2, "quick": 1.0, "paper": 2.0},
    ),
}
