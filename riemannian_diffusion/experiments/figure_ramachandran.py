"""Figure 4: the learned density of two torsion angles beside the true one.

`make reproduce-riemannian_diffusion EXPERIMENT=figure_ramachandran`, a minute on two cores. At
`paper` on the General set, whose negative log-likelihood is 1.04 in the paper (Table 2).
"""

from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment
from riemannian_diffusion.experiments import density_study
from riemannian_diffusion.experiments.sizes import NUM_SEEDS, PRESETS
from riemannian_diffusion.experiments.trainings import first_training

EXPERIMENT = Experiment(
    source="Figure 4",
    summary="Learned density of two angles beside the true one (at `paper` the General set)",
    claims=(
        Claim(
            "mass",
            "ours",
            "The learned density on T^2 sums to 1 over the grid (difference)",
            "torus_mixture_mass_error",
            Criterion("max", "<=", 0.02, partly=0.05),
        ),
    ),
    paper_claims=(
        Claim(
            "general_nll",
            "Table 2",
            "Negative log-likelihood of the General set",
            "general_nll",
            Criterion("mean", "within", 0.05, partly=0.1, target=1.04),
            paper_value=1.04,
            paper_spread="± 0.012",
            unit="nats",
        ),
    ),
    configs={
        preset: density_study.one_model("general" if preset == "paper" else "torus_mixture", preset)
        for preset in PRESETS
    },
    num_seeds=NUM_SEEDS,
    minutes={"smoke": 0.1, "quick": 1.0, "paper": 1500.0},
    run=density_study.run,
    draw=density_study.draw,
    trained=first_training,
)
