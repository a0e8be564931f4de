"""Tournament table, iterated matching pennies (matrix.ipynb).

    make reproduce-meta_value EXPERIMENT=table_tournament_imp           by name only

The paper: MeVa wins .243 against naive learners in this zero-sum game, and is even with itself.
"""

from common.logger.claims import Claim, Criterion
from meta_value.experiments.tournament_table import cell, table

SOURCE = "tournament, IMP"

PAPER_TABLE = (
    (0.009, 0.028, -0.096, -0.243),
    (-0.028, 0.027, -0.052, -0.298),
    (0.096, 0.052, -0.002, -0.013),
    (0.243, 0.298, 0.013, 0.0),
)

CLAIMS = (
    cell(SOURCE, "naive", "naive", 0.009, 0.015),
    cell(SOURCE, "naive", "lola", 0.028, 0.016),
    cell(SOURCE, "lola", "lola", 0.027, 0.015),
    Claim(
        "beats_naive",
        SOURCE,
        "MeVa wins against naive learners in a zero-sum game",
        "meva_vs_naive",
        Criterion("low", ">=", 0.1, partly=0.0),
        0.243,
    ),
    Claim(
        "even_with_itself",
        SOURCE,
        "MeVa is even with itself",
        "meva_vs_meva",
        Criterion("mean", "within", 0.03, partly=0.1, target=0.0),
        0.0,
    ),
    Claim(
        "even_with_maml",
        SOURCE,
        "MeVa is about even with M-MAML",
        "meva_vs_maml",
        Criterion("mean", "within", 0.05, partly=0.15, target=0.013),
        0.013,
    ),
)

TABLE_TOURNAMENT_IMP = table(
    "matching_pennies",
    "matching pennies",
    CLAIMS,
    PAPER_TABLE,
    not_by_default="against naive learners it needs as many outer steps as published",
    headline={"beats_naive": "Matching pennies: MeVa beats naive learners (return)"},
)
