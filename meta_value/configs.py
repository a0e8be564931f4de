"""Every experiment by name, in the order in which they are run and listed."""

from meta_value.beyond_experiments import BEYOND_EXPERIMENTS
from meta_value.experiment import FIRST_SEED, PRESETS, Experiment
from meta_value.logistic_experiments import LOGISTIC_EXPERIMENTS
from meta_value.repeated_experiments import REPEATED_EXPERIMENTS
from meta_value.tournament_experiments import TOURNAMENT_EXPERIMENTS
from meta_value.training_configs import ColaConfig, MamlConfig, MetaValueConfig

__all__ = [
    "EXPERIMENTS",
    "FIRST_SEED",
    "PRESETS",
    "ColaConfig",
    "Experiment",
    "MamlConfig",
    "MetaValueConfig",
]

EXPERIMENTS: dict[str, Experiment] = {
    **LOGISTIC_EXPERIMENTS,
    **TOURNAMENT_EXPERIMENTS,
    **REPEATED_EXPERIMENTS,
    **BEYOND_EXPERIMENTS,
}
