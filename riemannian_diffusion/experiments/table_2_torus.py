"""The paper's tables: they need the data sets, see `data_files`."""

from dataclasses import replace
from typing import Any

from common.logger.claims import Claim, Criterion
from riemannian_diffusion.base_settings import NUM_SEEDS, diffusion, mixture
from riemannian_diffusion.experiment import PRESETS, Experiment
from riemannian_diffusion.study_configs import ComparisonConfig, DensityConfig, Trainings

# Negative log-likelihoods of test points: ours of the paper, its spread, RSGM's (Table 1), and what
# was expected of the quick budget before it was run.
EARTH_ROWS = {
    "volcano": (-6.61, "± 0.97", -5.56, 0.0),
    "earthquake": (-0.40, "± 0.05", -0.21, 1.0),
    "flood": (0.43, "± 0.07", 0.52, 1.4),
    "fire": (-1.38, "± 0.05", -1.24, 0.4),
}
# Of the paper's, and of its mixture of power-spherical distributions (Table 2).
TORUS_ROWS = {
    "general": (1.04, "± 0.012", 1.15, 1.2),
    "glycine": (1.97, "± 0.012", 2.08, 2.2),
    "proline": (0.12, "± 0.011", 0.27, 0.4),
    "pre_pro": (1.24, "± 0.004", 1.34, 1.5),
    "rna": (-3.70, "± 0.592", 4.08, 3.0),
}
UNIFORM = {"sphere": 2.531, "torus": 3.676, "rna": 12.865}
TOLERANCE = 0.1

# Ours, not published: data with fine detail need high frequencies early on.
_QUICK_EARTH: dict[str, Any] = {"first_frequency": 4.0, "horizon": 2.0}
_SHORT = (
    "after 1500 updates a small network is far from trained, where a mixture of 64 components is "
    "done; the published runs are 200 times as long"
)
_BY_NAME = "it would not fit the twenty minutes beside flood and fire"
_REPEATING = ("volcano", "earthquake")  # 68 and 11 % of the points are there before
_REPEATS_HELP = Claim(
    "repeats_help",
    "ours",
    "With every point once it is higher: the raw split rewards repeats (difference)",
    "rdm_deduplicated_minus_rdm_nll",
    Criterion("low", ">=", 0.0),
    unit="nats",
)
_NEEDS_FILE = "needs the authors' file of protein angles, which has no public source with a licence"


def _earth(data_set: str, preset: str) -> Trainings:
    """RDM, RSGM's process and times, and a mixture; raw, and where points repeat once each too."""
    ours = diffusion(data_set, preset, horizon=2.0)
    if preset == "quick":
        ours = replace(ours, **_QUICK_EARTH)
    # RSGM: a geodesic random walk whose linear schedule of beta is s = 2.5 u^2.
    theirs = replace(ours, simulation="walk", time_sampling="power", horizon=2.5)
    rows: Trainings = (
        ("rdm", ours),
        ("rsgm", theirs),
        ("mixture", mixture(data_set, preset, num_components=4 if preset == "smoke" else 64)),
    )
    if preset == "paper" or (preset == "quick" and data_set in _REPEATING):
        rows += (("rdm_deduplicated", replace(ours, deduplicate=True)),)
    return rows if preset == "paper" else (rows[0], *rows[2:])


def _torus(data_set: str, preset: str) -> Trainings:
    """RDM and the mixture, as published with means that stay and with means that are trained."""
    route = {"divergence": "closest_point"} if preset == "paper" else {}
    return (
        ("rdm", diffusion(data_set, preset, **route)),
        ("mixture", mixture(data_set, preset)),
        ("mixture_as_published", mixture(data_set, preset, trains_means=False)),
    )


def _nll_claims(
    data_set: str, table: str, row: tuple[float, str, float, float], preset: str
) -> tuple[Claim, ...]:
    """At `paper` the published number, at `quick` what was expected of the budget."""
    paper, spread, _, expected = row
    criterion = (
        Criterion("mean", "within", TOLERANCE, partly=3 * TOLERANCE, target=paper)
        if preset == "paper"
        else Criterion("mean", "<=", expected, partly=expected + 0.5)
    )
    return (
        Claim(
            "nll",
            table,
            f"Negative log-likelihood of test points, {data_set}",
            "rdm_nll",
            criterion,
            paper,
            spread,
            "nats",
        ),
        Claim(
            "below_mixture",
            table,
            "The mixture's is higher (difference)",
            "mixture_minus_rdm_nll",
            Criterion("low", ">=", 0.0),
            unit="nats",
        ),
    )


def _table(
    data_set: str, table: str, row: tuple[float, str, float, float], **more: Any
) -> Experiment:
    trainings = _earth if data_set in EARTH_ROWS else _torus
    repeats = (_REPEATS_HELP,) * (data_set in _REPEATING)
    return Experiment(
        source=f"{table}, {data_set}",
        summary=f"Likelihood of the {data_set} data against baselines",
        claims=(*_nll_claims(data_set, table, row, "quick"), *repeats),
        paper_claims=(*_nll_claims(data_set, table, row, "paper"), *repeats),
        configs={preset: ComparisonConfig(trainings(data_set, preset)) for preset in PRESETS},
        num_seeds=NUM_SEEDS,
        minutes={"smoke": 0.2, "quick": 2.0, "paper": 5000.0},
        why_it_fails=dict.fromkeys(("nll", "below_mixture"), _SHORT)
        | {"repeats_help": "with three splits the earthquakes' test sets differ as much"},
        **more,
    )


TABLE_EXPERIMENTS = {
    "table_1_flood": _table("flood", "Table 1", EARTH_ROWS["flood"]),
    "table_1_fire": _table("fire", "Table 1", EARTH_ROWS["fire"]),
    "table_1_earthquake": _table(
        "earthquake", "Table 1", EARTH_ROWS["earthquake"], not_by_default=_BY_NAME
    ),
    "table_1_volcano": _table("volcano", "Table 1", EARTH_ROWS["volcano"], not_by_default=_BY_NAME),
    "figure_earth_density": Experiment(
        source="Figure 1",
        summary="Log density of floods and fires over latitude and longitude, with test points; "
        "trainings are those of Table 1",
        claims=tuple(
            Claim(
                f"{name}_mass",
                "ours",
                f"The learned density of {name}s sums to 1 over the globe (difference)",
                f"{name}_mass_error",
                Criterion("max", "<=", 0.05, partly=0.1),
            )
            for name in ("flood", "fire")
        ),
        configs={
            preset: DensityConfig(
                tuple(
                    (name, _earth(name, preset)[0][1])
                    for name in (("flood",) if preset == "smoke" else ("flood", "fire"))
                ),
                {"smoke": 4, "quick": 45, "paper": 180}[preset],
            )
            for preset in PRESETS
        },
        num_seeds=NUM_SEEDS,
        minutes={"smoke": 0.2, "quick": 1.5, "paper": 5000.0},
        why_it_fails="cells of four degrees are coarse for the sharpest clusters of fires",
    ),
    "table_2_rna": _table("rna", "Table 2", TORUS_ROWS["rna"]),
    **{
        f"table_2_{name}": _table(name, "Table 2", TORUS_ROWS[name], not_by_default=_NEEDS_FILE)
        for name in ("general", "glycine", "proline", "pre_pro")
    },
}
