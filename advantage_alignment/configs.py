"""Every experiment of LOQA by name, in the order in which they are run and listed."""

from advantage_alignment.coin_game_experiments import COIN_GAME_EXPERIMENTS
from advantage_alignment.experiment import FIRST_SEED, PRESETS, Experiment
from advantage_alignment.ipd_experiments import IPD_EXPERIMENTS
from advantage_alignment.training_configs import CoinGameConfig, GradientConfig, IpdConfig, LoqaConfig

__all__ = [
    "EXPERIMENTS",
    "FIRST_SEED",
    "PRESETS",
    "CoinGameConfig",
    "Experiment",
    "GradientConfig",
    "IpdConfig",
    "LoqaConfig",
]

EXPERIMENTS: dict[str, Experiment] = {**IPD_EXPERIMENTS, **COIN_GAME_EXPERIMENTS}
