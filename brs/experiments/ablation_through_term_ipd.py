"""Ablation: BRS with and without the gradient through the detective, in the prisoner's dilemma.

    make reproduce-brs EXPERIMENT=ablation_through_term_ipd          # 50 seconds, 24 seeds

The paper has no such table; its reviewers asked what the gradient through the detective is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from brs.experiments.exact_ipd import (
    NOSP,
    NOT_THROUGH,
    NUM_SEEDS,
    WEIGHTED,
    claim,
    minutes,
    variants,
)
from brs.experiments.variants import compare_variants, first_variant
from common.logger.claims import Criterion
from common.logger.experiment import Experiment, Record, Rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CONFIGS = variants(
    {
        "brs": {},
        "brs_no_through": NOT_THROUGH,
        "sum": WEIGHTED,
        "sum_no_through": {**WEIGHTED, **NOT_THROUGH},
        "nosp": NOSP,
        "neither": {**NOSP, **NOT_THROUGH},
    },
    differences=(("nosp", "neither"), ("brs", "brs_no_through")),
)

CLAIMS = (
    claim(
        "creates_extortion",
        "Without self-play the through-term is what extorts: agent's gain from it, against its "
        "best responder",
        "nosp_minus_neither_agent_vs_best_response",
        Criterion("mean", ">=", 1.0, partly=0.5),
        source="ablation",
    ),
    claim(
        "neither_defects",
        "Without both terms the agent is a naive learner and defects (self-play)",
        "neither_self_play",
        Criterion("mean", "<=", -1.9, partly=-1.7),
        source="ablation",
    ),
    claim(
        "needed_with_own_optimisers",
        "With an optimiser for each step, as in the paper, cooperation needs the through-term "
        "(share of cooperative seeds without it)",
        "brs_no_through_is_cooperative",
        Criterion("mean", "<=", 0.1, partly=0.5),
        source="ablation",
    ),
    claim(
        "not_needed_in_a_sum",
        "Where one optimiser follows the sum of both terms, a best-responding opponent and "
        "self-play suffice (share of cooperative seeds)",
        "sum_no_through_is_cooperative",
        Criterion("mean", ">=", 0.9, partly=0.5),
        source="ablation",
    ),
)


def draw(record: Record, rows: Rows) -> Figure:
    """P(cooperate | state) of every variant, their values, and values along training."""
    from brs.experiments.drawing import draw_policies

    return draw_policies(record, rows)


ABLATION_THROUGH_TERM_IPD = Experiment(
    source="ablation that the paper's reviewers asked for",
    summary="With and without the gradient through the detective; with self-play (own "
    "optimiser, or in a sum) and without",
    claims=CLAIMS,
    configs=CONFIGS,
    num_seeds=NUM_SEEDS,
    minutes=minutes(0.8),
    why_it_fails="The seeds that miss are held at mutual defection, where the detective's own "
    "term has no gradient that leads out.",
    run=compare_variants,
    draw=draw,
    trained=first_variant,
)
