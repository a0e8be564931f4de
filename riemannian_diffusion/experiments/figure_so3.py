"""Figure 6: the learned density on SO(3), and whether samples find its three modes.

`make reproduce-riemannian_diffusion EXPERIMENT=figure_so3`, a minute on two cores. The paper shows
samples at all three modes, without a number.
"""

from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment
from riemannian_diffusion.experiments import density_study
from riemannian_diffusion.experiments.sizes import NUM_SEEDS, PRESETS
from riemannian_diffusion.experiments.trainings import first_training

EXPERIMENT = Experiment(
    source="Figure 6",
    summary="Learned density on SO(3) along rotations around the axes, and samples",
    claims=(
        Claim(
            "three_modes",
            "Figure 6",
            "Samples find all three modes of the target (smallest share, of 1/3)",
            "so3_modes_smallest_mode_share",
            Criterion("min", ">=", 0.28, partly=0.2),
        ),
    ),
    configs={preset: density_study.one_model("so3_modes", preset) for preset in PRESETS},
    num_seeds=NUM_SEEDS,
    minutes={"smoke": 0.1, "quick": 1.0, "paper": 1500.0},
    run=density_study.run,
    draw=density_study.draw,
    trained=first_training,
    headline={"three_modes": "samples on SO(3) find all three modes (smallest share)"},
)
