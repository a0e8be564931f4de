"""Figure 1: log density of floods and fires over latitude and longitude, with test points.

`make reproduce-riemannian_diffusion EXPERIMENT=figure_earth_density`, 1.5 minutes on two cores
beside Table 1, whose trainings it shares; it needs the data. The paper shows maps without numbers.
"""

from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment
from riemannian_diffusion.experiments import density_study, table_1_earth
from riemannian_diffusion.experiments.density_study import DensityConfig
from riemannian_diffusion.experiments.sizes import NUM_SEEDS, PRESETS
from riemannian_diffusion.experiments.trainings import first_training

GRID_SIZE = {"smoke": 4, "quick": 45, "paper": 180}
DATA_SETS = ("flood", "fire")


def settings(preset: str) -> DensityConfig:
    """Returns the diffusion models of Table 1; at `smoke` the first alone."""
    names = DATA_SETS[:1] if preset == "smoke" else DATA_SETS
    models = tuple((name, table_1_earth.diffusion_model(name, preset)) for name in names)
    return DensityConfig(models, GRID_SIZE[preset])


EXPERIMENT = Experiment(
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
        for name in DATA_SETS
    ),
    configs={preset: settings(preset) for preset in PRESETS},
    num_seeds=NUM_SEEDS,
    minutes={"smoke": 0.2, "quick": 1.5, "paper": 5000.0},
    run=density_study.run,
    draw=density_study.draw,
    trained=first_training,
    why_it_fails="cells of four degrees are coarse for the sharpest clusters of fires",
)
