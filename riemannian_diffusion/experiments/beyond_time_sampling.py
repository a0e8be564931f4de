"""Beyond the paper: times uniform, by a power law, or learned, beside the best density there is.

`make reproduce-riemannian_diffusion EXPERIMENT=beyond_time_sampling`, a minute on two cores beside
figure_2_variance_reduction, whose trainings it shares.
"""

from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment
from riemannian_diffusion.experiments import time_sampling_study
from riemannian_diffusion.experiments.sizes import NUM_SEEDS, PRESETS
from riemannian_diffusion.experiments.trainings import first_training

EXPERIMENT = Experiment(
    source="beyond the paper",
    summary="Times uniform, by a power law, or learned, beside the best density there is: "
    "variance of the loss and likelihood after as many updates",
    claims=(
        Claim(
            "learned_below_uniform",
            "ours",
            "For one model, the learned density has less variance than the uniform (ratio)",
            "learned_variance_over_uniform",
            Criterion("max", "<=", 0.8, partly=1.0),
        ),
        Claim(
            "learned_near_optimal",
            "ours",
            "For one model, the learned density has little more variance than the optimal (ratio)",
            "learned_variance_over_optimal",
            Criterion("mean", "<=", 1.5, partly=3.0),
        ),
    ),
    configs={
        preset: time_sampling_study.settings(preset, "uniform", "learned", "power")
        for preset in PRESETS
    },
    num_seeds=NUM_SEEDS,
    minutes={"smoke": 0.1, "quick": 1.0, "paper": 4500.0},
    run=time_sampling_study.run,
    draw=time_sampling_study.draw,
    trained=first_training,
    why_it_fails=time_sampling_study.WHY_IT_FAILS,
)
