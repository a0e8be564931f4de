"""Every table and figure, in the order in which they are run and listed."""

from pathlib import Path

from common.logger.experiment import Paper
from riemannian_diffusion.experiments import (
    beyond_exact_heat_kernel,
    beyond_exact_targets,
    beyond_time_sampling,
    figure_2_variance_reduction,
    figure_3_integration_steps,
    figure_earth_density,
    figure_hyperbolic,
    figure_ramachandran,
    figure_so3,
    table_1_earth,
    table_2_torus,
)

PAPER = Paper(
    name="riemannian_diffusion",
    folder=Path(__file__).parents[1],
    experiments={
        "beyond_exact_targets": beyond_exact_targets.EXPERIMENT,
        "figure_2_variance_reduction": figure_2_variance_reduction.EXPERIMENT,
        "figure_3_integration_steps": figure_3_integration_steps.EXPERIMENT,
        "beyond_time_sampling": beyond_time_sampling.EXPERIMENT,
        "figure_ramachandran": figure_ramachandran.EXPERIMENT,
        "figure_so3": figure_so3.EXPERIMENT,
        "figure_hyperbolic": figure_hyperbolic.EXPERIMENT,
        "beyond_exact_heat_kernel": beyond_exact_heat_kernel.EXPERIMENT,
        **table_1_earth.EXPERIMENTS,
        "figure_earth_density": figure_earth_density.EXPERIMENT,
        **table_2_torus.EXPERIMENTS,
    },
    first_seed=0,
    title="Riemannian Diffusion Models (NeurIPS 2022)",
    finding="Run at the quick size only: likelihoods come close to known densities on the sphere, "
    "the torus and SO(3) and samples find every mode, but most hyperbolic densities are not "
    "learned, and whether few integration steps mislead is unsettled. On events on the Earth and "
    "on RNA the published likelihoods are not reached after this much shorter training, and a "
    "mixture of simple densities is better; at the published size nothing was run.",
)
