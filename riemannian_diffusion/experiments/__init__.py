"""Every experiment by name, in the order in which they are run and listed."""

from riemannian_diffusion.ablation_experiments import ABLATION_EXPERIMENTS
from riemannian_diffusion.exact_experiments import (
    DENSITY_EXPERIMENTS,
    EXACT_TARGETS,
    KERNEL_EXPERIMENTS,
)
from riemannian_diffusion.experiment import FIRST_SEED, PRESETS, Experiment
from riemannian_diffusion.table_experiments import TABLE_EXPERIMENTS
from riemannian_diffusion.training_configs import DiffusionConfig, MixtureConfig

__all__ = [
    "EXPERIMENTS",
    "FIRST_SEED",
    "PRESETS",
    "DiffusionConfig",
    "Experiment",
    "MixtureConfig",
]

EXPERIMENTS: dict[str, Experiment] = {
    **EXACT_TARGETS,
    **ABLATION_EXPERIMENTS,
    **DENSITY_EXPERIMENTS,
    **KERNEL_EXPERIMENTS,
    **TABLE_EXPERIMENTS,
}
