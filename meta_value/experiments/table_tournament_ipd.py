"""Tournament table, iterated prisoner's dilemma (matrix.ipynb).

    make reproduce-meta_value EXPERIMENT=table_tournament_ipd           4 minutes on two cores

The paper: MeVa gets -.551 from naive learners, who are left with -1.999, and -1.052 from itself.
"""

from common.logger.claims import Claim, Criterion
from meta_value.experiments.tournament_table import cell, table

SOURCE = "tournament, IPD"

PAPER_TABLE = (
    (-1.988, -1.377, -1.524, -1.999),
    (-1.357, -1.041, -0.974, -1.032),
    (-1.398, -1.290, -1.224, -1.993),
    (-0.551, -1.145, -0.534, -1.052),
)

CLAIMS = (
    cell(SOURCE, "naive", "naive", -1.988, 0.003),
    cell(SOURCE, "naive", "lola", -1.377, 0.015),
    cell(SOURCE, "lola", "naive", -1.357, 0.014),
    cell(SOURCE, "lola", "lola", -1.041, 0.005),
    Claim(
        "extorts_naive",
        SOURCE,
        "MeVa extorts naive learners: it gets more than mutual cooperation, -1, gives",
        "meva_vs_naive",
        Criterion("high", ">=", -0.9, partly=-1.0),
        -0.551,
    ),
    Claim(
        "naive_is_extorted",
        SOURCE,
        "Naive learners are left with what mutual defection, -2, gives",
        "naive_vs_meva",
        Criterion("mean", "<=", -1.8, partly=-1.6),
        -1.999,
    ),
    Claim(
        "cooperates_with_itself",
        SOURCE,
        "MeVa cooperates with itself: between -1.2 and -1",
        "meva_vs_meva",
        Criterion("mean", "within", 0.1, partly=0.3, target=-1.1),
        -1.052,
    ),
    Claim(
        "exploits_maml",
        SOURCE,
        "MeVa exploits M-MAML",
        "meva_vs_maml",
        Criterion("mean", ">=", -0.9, partly=-1.0),
        -0.534,
    ),
)

TABLE_TOURNAMENT_IPD = table(
    "ipd",
    "prisoner's dilemma",
    CLAIMS,
    PAPER_TABLE,
    headline={
        "extorts_naive": "IPD: MeVa extorts naive learners (cooperation pays -1)",
        "cooperates_with_itself": "IPD: MeVa cooperates with itself (return)",
        "exploits_maml": "IPD: MeVa exploits M-MAML (return)",
    },
)
