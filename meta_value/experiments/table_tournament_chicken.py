"""Tournament table, iterated game of chicken (matrix.ipynb).

    make reproduce-meta_value EXPERIMENT=table_tournament_chicken       4 minutes on two cores

The paper: MeVa gets .964 from naive learners, near the most there is, and -.082 from itself, while
LOLA crashes with itself now and then.
"""

from common.logger.claims import Claim, Criterion
from meta_value.experiments.tournament_table import cell, table

SOURCE = "tournament, chicken"

PAPER_TABLE = (
    (-0.049, -0.402, -0.994, -0.985),
    (0.377, -1.641, -0.805, 0.138),
    (0.983, 0.778, -0.447, -0.908),
    (0.964, -0.232, 0.175, -0.082),
)

CLAIMS = (
    cell(SOURCE, "naive", "naive", -0.049, 0.023),
    cell(SOURCE, "naive", "lola", -0.402, 0.017),
    cell(SOURCE, "lola", "naive", 0.377, 0.017),
    Claim(
        id="lola_vs_lola",
        source=SOURCE,
        statement="LOLA against LOLA (median return: the mean, published as -1.641, is that of a "
        "few crashes; the median is an independent calculation's)",
        metric="lola_vs_lola_median",
        criterion=Criterion("mean", "within", 0.02, target=-0.007),
        paper_value=-0.007,
    ),
    Claim(
        "exploits_naive",
        SOURCE,
        "MeVa exploits naive learners: near the most there is, 1",
        "meva_vs_naive",
        Criterion("mean", ">=", 0.8, partly=0.5),
        0.964,
    ),
    Claim(
        "naive_yields",
        SOURCE,
        "Naive learners yield to MeVa",
        "naive_vs_meva",
        Criterion("mean", "<=", -0.8, partly=-0.5),
        -0.985,
    ),
    Claim(
        "no_crash_with_itself",
        SOURCE,
        "MeVa avoids the crash, -100, with itself",
        "meva_vs_meva",
        Criterion("mean", ">=", -0.25, partly=-0.6),
        -0.082,
    ),
)

TABLE_TOURNAMENT_CHICKEN = table(
    "chicken",
    "game of chicken",
    CLAIMS,
    PAPER_TABLE,
    headline={"exploits_naive": "Chicken: MeVa exploits naive learners (at most 1)"},
)
