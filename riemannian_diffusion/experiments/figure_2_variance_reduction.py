"""Figure 2: the loss with and without learned importance sampling of times.

`make reproduce-riemannian_diffusion EXPERIMENT=figure_2_variance_reduction`, 2 minutes on two
cores. The paper shows curves without numbers: with importance sampling both the variance of the
loss and its spread over updates are smaller.
"""

from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment
from riemannian_diffusion.experiments import time_sampling_study
from riemannian_diffusion.experiments.sizes import NUM_SEEDS, PRESETS
from riemannian_diffusion.experiments.trainings import first_training

EXPERIMENT = Experiment(
    source="Figure 2",
    summary="The loss with and without learned importance sampling of times; at `quick` on "
    "clusters on the sphere, at `paper` on the earthquakes as published",
    claims=(
        Claim(
            "smaller_variance",
            "Figure 2",
            "Importance sampling lowers the variance of the loss (ratio, at the end)",
            "learned_over_uniform_loss_variance",
            Criterion("max", "<=", 0.7, partly=1.0),
        ),
        Claim(
            "smaller_spread",
            "Figure 2",
            "Importance sampling lowers the spread of the loss over updates (ratio, at the end)",
            "learned_over_uniform_loss_spread",
            Criterion("mean", "<=", 0.9, partly=1.0),
        ),
        Claim(
            "no_worse_likelihood",
            "Figure 2",
            "With importance sampling the likelihood is no worse (difference of negative "
            "log-likelihoods)",
            "learned_minus_uniform_nll",
            Criterion("mean", "<=", 0.02, partly=0.1),
            unit="nats",
        ),
    ),
    configs={
        preset: time_sampling_study.settings(preset, "uniform", "learned") for preset in PRESETS
    },
    num_seeds=NUM_SEEDS,
    minutes={"smoke": 0.1, "quick": 2.0, "paper": 3000.0},
    run=time_sampling_study.run,
    draw=time_sampling_study.draw,
    trained=first_training,
    headline={"smaller_variance": "learned times lower the variance of the loss (ratio)"},
    why_it_fails=time_sampling_study.WHY_IT_FAILS,
)
