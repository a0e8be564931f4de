"""Claims on the Coin Game, fixed before the runs: the league, its ablations, growing grids.

Exact values behind the criteria (3x3, 50 steps, reward per step, by dynamic programming): two
always-cooperating players get .3486 each; always-defect gets .637 from always-cooperate and leaves
it with -.266; two always-defecting players get 0.
"""

from typing import Literal

from common.logger.claims import Claim, Criterion

PLACE = "Figure 2, league"


def claim(
    id: str,
    statement: str,
    metric: str,
    criterion: Criterion,
    source: str = PLACE,
    paper: tuple[float, float] | None = None,
) -> Claim:
    """A claim on a reward per step; `paper` is its mean and standard deviation over the seeds."""
    value, spread = paper or (None, None)
    return Claim(
        id=id,
        source=source,
        statement=statement,
        metric=metric,
        criterion=criterion,
        paper_value=value,
        paper_spread=None if spread is None else f"± {spread:g} (std, 10 seeds)",
    )


LEAGUE_CLAIMS = (
    claim(
        "self_play",
        "LOQA's agents cooperate with themselves (at least half of full cooperation, .3486)",
        "loqa_self",
        Criterion("mean", ">=", 0.174, partly=0.1),
        paper=(0.319, 0.018),
    ),
    claim(
        "other_seeds",
        "LOQA's agents cooperate with LOQA's agents of other seeds",
        "loqa_vs_other_seeds",
        Criterion("mean", ">=", 0.174, partly=0.1),
        paper=(0.286, 0.046),
    ),
    claim(
        "does_not_exploit",
        "LOQA takes clearly less from always-cooperate than a defector, .637, would",
        "loqa_vs_always_cooperate",
        Criterion("high", "<=", 0.5, partly=0.57),
        paper=(0.352, 0.008),
    ),
    claim(
        "leaves_a_share",
        "LOQA leaves always-cooperate a profit, where a defector leaves it -.266",
        "always_cooperate_vs_loqa",
        Criterion("low", ">=", 0.05, partly=0.0),
        paper=(0.318, 0.017),
    ),
    claim(
        "retaliates",
        "Always-defect gets less than half of the .637 that always-cooperate gives it",
        "always_defect_vs_loqa",
        Criterion("mean", "<=", 0.318, partly=0.4),
        paper=(0.123, 0.074),
    ),
    claim(
        "loses_little",
        "LOQA loses less to always-defect than always-cooperate's -.266",
        "loqa_vs_always_defect",
        Criterion("low", ">=", -0.2, partly=-0.25),
        paper=(-0.054, 0.027),
    ),
    claim(
        "naive_does_not_cooperate",
        "The naive learner does not cooperate with itself (mutual defection is 0)",
        "naive_self",
        Criterion("high", "<=", 0.1, partly=0.15),
        source="Section 4, naive learner",
    ),
    claim(
        "naive_exploits",
        "The naive learner leaves always-cooperate a loss",
        "always_cooperate_vs_naive",
        Criterion("high", "<=", 0.0),
        source="Section 4, naive learner",
    ),
)


def number_claims(
    entrant: str, rows: tuple[tuple[str, float, float], ...], source: str = PLACE
) -> tuple[Claim, ...]:
    """Claims on the paper's numbers: within two of its standard deviations, or four for partly."""
    return tuple(
        claim(
            metric.removeprefix(f"{entrant}_"),
            f"{metric.replace('_', ' ')} (reward per step, row player first)",
            metric,
            Criterion("mean", "within", 2 * spread, partly=4 * spread, target=value),
            source=source,
            paper=(value, spread),
        )
        for metric, value, spread in rows
    )


LEAGUE_NUMBERS = number_claims(
    "loqa",
    (
        ("loqa_self", 0.319, 0.018),
        ("loqa_vs_other_seeds", 0.286, 0.046),
        ("loqa_vs_always_cooperate", 0.352, 0.008),
        ("always_cooperate_vs_loqa", 0.318, 0.017),
        ("loqa_vs_always_defect", -0.054, 0.027),
        ("always_defect_vs_loqa", 0.123, 0.074),
        ("loqa_vs_random", 0.264, 0.013),
        ("random_vs_loqa", -0.154, 0.027),
    ),
)


_AGENT_CLAIMS = (  # entrant -> the league's three questions, used by ablations
    ("self_play", "cooperates with itself", "{}_self", Criterion("mean", ">=", 0.174, partly=0.1)),
    (
        "does_not_exploit",
        "takes clearly less from always-cooperate than a defector's .637",
        "{}_vs_always_cooperate",
        Criterion("mean", "<=", 0.5, partly=0.57),
    ),
    (
        "retaliates",
        "gives always-defect less than half of .637",
        "always_defect_vs_{}",
        Criterion("mean", "<=", 0.318, partly=0.4),
    ),
)


def questions(
    entrant: str,
    subject: str,
    source: str,
    paper: tuple[tuple[float, float] | None, ...] = (None,) * 3,
) -> tuple[Claim, ...]:
    """The league's three questions about one entrant, with the paper's numbers if it has them."""
    return tuple(
        claim(f"{entrant}_{id}", f"{subject} {what}", metric.format(entrant), criterion, source, p)
        for (id, what, metric, criterion), p in zip(_AGENT_CLAIMS, paper, strict=True)
    )


def scaling_claims(
    entrant: str, relation: Literal[">=", "<="], threshold: float
) -> tuple[Claim, ...]:
    """Whether an entrant passes the strong threshold, on each of the smaller grids."""
    subject = "LOQA passes" if relation == ">=" else "The naive learner does not pass"
    partly = 0.25 if relation == ">=" else None
    return tuple(
        claim(
            f"{entrant}_strong_{size}x{size}",
            f"{subject} the strong threshold on {size}x{size} (share of seeds)",
            f"{entrant}_{size}x{size}_strong_passed",
            Criterion("mean", relation, threshold, partly=partly),
            source="Figure 3, time against grid size",
        )
        for size in (3, 4, 5)
    )
