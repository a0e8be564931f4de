"""Every experiment by name, in the order in which they are run and listed."""

from advantage_alignment.coin_game_experiments import COIN_GAME_EXPERIMENTS
from advantage_alignment.experiment import FIRST_SEED, PRESETS, Experiment
from advantage_alignment.harvest_experiments import HARVEST_EXPERIMENTS
from advantage_alignment.ipd_experiments import IPD_EXPERIMENTS
from advantage_alignment.negotiation_experiments import NEGOTIATION_EXPERIMENTS
from advantage_alignment.retaliation_experiments import RETALIATION_EXPERIMENTS
from advantage_alignment.training_configs import TrainingConfig

__all__ = ["EXPERIMENTS", "FIRST_SEED", "PRESETS", "Experiment", "TrainingConfig"]

EXPERIMENTS: dict[str, Experiment] = {
    **IPD_EXPERIMENTS,
    **NEGOTIATION_EXPERIMENTS,
    **RETALIATION_EXPERIMENTS,
    **HARVEST_EXPERIMENTS,
    **COIN_GAME_EXPERIMENTS,
}
