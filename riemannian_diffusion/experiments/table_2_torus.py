"""Table 2: likelihoods of torsion angles of RNA and proteins, against mixtures.

`make reproduce-riemannian_diffusion EXPERIMENT=table_2_rna`, 2 minutes on two cores; it needs the
data. Negative log-likelihoods of the paper in nats, and of its mixture of power-spherical
distributions: General 1.04 and 1.15, Glycine 1.97 and 2.08, Proline 0.12 and 0.27, Pre-Pro 1.24 and
1.34, RNA -3.70 and 4.08. The quick size is far from the published.
"""

from riemannian_diffusion.experiments.likelihood_table import Published, make_experiment
from riemannian_diffusion.experiments.sizes import PRESETS, diffusion, mixture
from riemannian_diffusion.experiments.trainings import Trainings

PUBLISHED = {
    "rna": Published(-3.70, "± 0.592", expected_at_quick=3.0),
    "general": Published(1.04, "± 0.012", expected_at_quick=1.2),
    "glycine": Published(1.97, "± 0.012", expected_at_quick=2.2),
    "proline": Published(0.12, "± 0.011", expected_at_quick=0.4),
    "pre_pro": Published(1.24, "± 0.004", expected_at_quick=1.5),
}
NEEDS_FILE = "needs the authors' file of protein angles, which has no public source with a licence"


def trainings(data_set: str, preset: str) -> Trainings:
    """RDM and the mixture, with means that are trained and, as published, with means that stay."""
    route = {"divergence": "closest_point"} if preset == "paper" else {}
    return (
        ("rdm", diffusion(data_set, preset, **route)),
        ("mixture", mixture(data_set, preset)),
        ("mixture_as_published", mixture(data_set, preset, trains_means=False)),
    )


EXPERIMENTS = {
    f"table_2_{data_set}": make_experiment(
        data_set,
        "Table 2",
        published,
        {preset: trainings(data_set, preset) for preset in PRESETS},
        not_by_default="" if data_set == "rna" else NEEDS_FILE,
    )
    for data_set, published in PUBLISHED.items()
}
