"""Experiments in the iterated prisoner's dilemma with exact gradients; claims fixed beforehand."""

from dataclasses import replace
from typing import Any

from brs.experiment import Experiment
from brs.study_configs import VariantsConfig
from brs.training_configs import ExactConfig
from common.logger.claims import Claim, Criterion

_BRS = ExactConfig()
_NOSP: dict[str, Any] = {"self_play": "none"}
_WEIGHTED: dict[str, Any] = {"self_play": "weighted"}
_NOT_THROUGH: dict[str, Any] = {"through_detective": False}

_NUM_SEEDS = {"smoke": 1, "quick": 24, "paper": 24}
_FRONT = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.95, 1.0)


def _variants(
    changes: dict[str, dict[str, Any]],
    *,
    base: ExactConfig = _BRS,
    differences: tuple[tuple[str, str], ...] = (),
    shows: str = "policies",
) -> dict[str, VariantsConfig]:
    """Variants of a setting by preset; a smoke run is shorter, and of the first only."""
    first = dict(list(changes.items())[:1])
    sizes: dict[str, dict[str, Any]] = {
        "smoke": {"num_updates": 4, "eval_every_updates": 2},
        "quick": {},
        "paper": {},
    }
    return {
        preset: VariantsConfig(
            tuple(
                (name, replace(base, **change, **sizes[preset])) for name, change in kept.items()
            ),
            differences if len(kept) == len(changes) else (),
            shows,
        )
        for preset, kept in {"smoke": first, "quick": changes, "paper": changes}.items()
    }


def _claim(
    name: str,
    statement: str,
    metric: str,
    criterion: Criterion,
    *,
    source: str = "Figure 2, IPD",
    paper: str | None = None,
) -> Claim:
    return Claim(name, source, statement, metric, criterion, paper_spread=paper)


def _minutes(quick: float) -> dict[str, float]:
    return {"smoke": 0.2, "quick": quick, "paper": quick}


_FIGURE_2 = (
    _claim(
        "brs_with_itself",
        "BRS agents cooperate with each other (reward per step: -1 is cooperation)",
        "brs_self_play",
        Criterion("mean", ">=", -1.05, partly=-1.2),
        paper="about -1",
    ),
    _claim(
        "brs_best_response",
        "The exact best response to BRS cooperates (its reward per step)",
        "brs_best_response",
        Criterion("mean", "within", 0.05, partly=0.2, target=-1.0),
        paper="about -1",
    ),
    _claim(
        "brs_against_it",
        "and leaves BRS the reward of cooperation (of the smallest seed)",
        "brs_agent_vs_best_response",
        Criterion("min", ">=", -1.05, partly=-1.2),
        paper="about -1",
    ),
    _claim(
        "brs_retaliates",
        "BRS retaliates: P(C | CD) is small",
        "brs_cooperation_cd",
        Criterion("mean", "<=", 0.3, partly=0.5),
        paper="0 of tit-for-tat",
    ),
    _claim(
        "brs_forgives",
        "BRS is tit-for-tat: it cooperates again after it defected alone, P(C | DC)",
        "brs_cooperation_dc",
        Criterion("mean", ">=", 0.7, partly=0.4),
        paper="1 of tit-for-tat",
    ),
    _claim(
        "nosp_extorts",
        "BRS-NOSP extorts: its best responder leaves it more than cooperation pays",
        "nosp_agent_vs_best_response",
        Criterion("min", ">=", -0.9, partly=-0.99),
        paper="above -1",
    ),
    _claim(
        "nosp_best_response",
        "and gets less itself",
        "nosp_best_response",
        Criterion("max", "<=", -1.2, partly=-1.01),
        paper="below -1",
    ),
    _claim(
        "nosp_with_itself",
        "BRS-NOSP does not cooperate with itself",
        "nosp_self_play",
        Criterion("max", "<=", -1.8, partly=-1.5),
        paper="about -2",
    ),
    _claim(
        "self_play_only_is_exploited",
        "Self-play alone cooperates and is exploited by its best responder (agent's reward)",
        "sp_only_agent_vs_best_response",
        Criterion("mean", "<=", -2.5, partly=-2.0),
        source="ours",
    ),
    _claim(
        "tree_search_detective",
        "A detective that searches 64 steps ahead, the paper's kind, gives the same (self-play)",
        "brs_tree_search_self_play",
        Criterion("mean", ">=", -1.05, partly=-1.2),
    ),
)

_ABLATION = (
    _claim(
        "creates_extortion",
        "Without self-play the through-term is what extorts: agent's gain from it, against its "
        "best responder",
        "nosp_minus_neither_agent_vs_best_response",
        Criterion("mean", ">=", 1.0, partly=0.5),
        source="ablation",
    ),
    _claim(
        "neither_defects",
        "Without both terms the agent is a naive learner and defects (self-play)",
        "neither_self_play",
        Criterion("mean", "<=", -1.9, partly=-1.7),
        source="ablation",
    ),
    _claim(
        "needed_with_own_optimisers",
        "With an optimiser for each step, as in the paper, cooperation needs the through-term "
        "(share of cooperative seeds without it)",
        "brs_no_through_is_cooperative",
        Criterion("mean", "<=", 0.1, partly=0.5),
        source="ablation",
    ),
    _claim(
        "not_needed_in_a_sum",
        "Where one optimiser follows the sum of both terms, a best-responding opponent and "
        "self-play suffice (share of cooperative seeds)",
        "sum_no_through_is_cooperative",
        Criterion("mean", ">=", 0.9, partly=0.5),
        source="ablation",
    ),
)

_FRONT_CLAIMS = (
    _claim(
        "extortion_at_zero",
        "Without self-play the leader extorts (its reward; -0.5 is the exact optimum)",
        "w_0_agent_vs_best_response",
        Criterion("mean", ">=", -0.65, partly=-0.8),
        source="beyond the paper",
    ),
    _claim(
        "cooperation_at_half",
        "With equal weights it cooperates with its best responder and itself (share of seeds)",
        "w_0.5_is_cooperative",
        Criterion("mean", ">=", 0.9, partly=0.5),
        source="beyond the paper",
    ),
    _claim(
        "tit_for_tat_near_one",
        "Near weight one it is tit-for-tat: P(C | DC) at .95",
        "w_0.95_cooperation_dc",
        Criterion("mean", ">=", 0.7, partly=0.4),
        source="beyond the paper",
    ),
    _claim(
        "exploited_at_one",
        "With self-play alone it is exploited (agent's reward against its best responder)",
        "w_1_agent_vs_best_response",
        Criterion("mean", "<=", -2.5, partly=-2.0),
        source="beyond the paper",
    ),
)

IPD_EXPERIMENTS: dict[str, Experiment] = {
    "figure_2_ipd": Experiment(
        source="Figure 2, IPD",
        summary="Memory-one agents, exact detective: BRS, BRS-NOSP, self-play only. With a "
        "detective that is exact for every agent a buffer has no use: BRS-NORB is BRS here",
        claims=_FIGURE_2,
        configs=_variants(
            {
                "brs": {},
                "nosp": _NOSP,
                "sp_only": {"learning_rate": 0.0},
                "brs_tree_search": {"detective": "tree_search"},
            }
        ),
        num_seeds=_NUM_SEEDS,
        minutes=_minutes(0.7),
        why_it_fails={
            "brs_against_it": "One seed of 24 opens with defection and then forgives mutual "
            "defection: it cooperates with itself from the second step on, but the hard best "
            "response defects for ever, which the soft detective at temperature 1 does "
            "too seldom to teach.",
            "brs_forgives": "Nothing in the two objectives asks for it: once agent and responder "
            "cooperate, the state DC is not visited, and it keeps what early training left there. "
            "A weight of .95 on self-play gives tit-for-tat (beyond_stackelberg_front).",
        },
    ),
    "ablation_through_term_ipd": Experiment(
        source="ablation that the paper's reviewers asked for",
        summary="With and without the gradient through the detective; with self-play (own "
        "optimiser, or in a sum) and without",
        claims=_ABLATION,
        configs=_variants(
            {
                "brs": {},
                "brs_no_through": _NOT_THROUGH,
                "sum": _WEIGHTED,
                "sum_no_through": {**_WEIGHTED, **_NOT_THROUGH},
                "nosp": _NOSP,
                "neither": {**_NOSP, **_NOT_THROUGH},
            },
            differences=(("nosp", "neither"), ("brs", "brs_no_through")),
        ),
        num_seeds=_NUM_SEEDS,
        minutes=_minutes(0.8),
        why_it_fails="The seeds that miss are held at mutual defection, where the detective's own "
        "term has no gradient that leads out.",
    ),
    "beyond_stackelberg_front": Experiment(
        source="beyond the paper",
        summary="Weight of self-play from zero to one: from extortion over cooperation to an "
        "agent that is exploited",
        claims=_FRONT_CLAIMS,
        configs=_variants(
            {f"w_{weight:g}": {**_WEIGHTED, "self_play_weight": weight} for weight in _FRONT},
            base=replace(_BRS, temperature=0.3),
            shows="front",
        ),
        num_seeds=_NUM_SEEDS,
        minutes=_minutes(1.0),
    ),
}
