"""Every experiment by name, in the order in which they are run and listed."""

from brs.coin_game_experiments import COIN_GAME_EXPERIMENTS
from brs.experiment import FIRST_SEED, PRESETS, Experiment
from brs.ipd_experiments import IPD_EXPERIMENTS
from brs.league_experiments import LEAGUE_EXPERIMENTS
from brs.learned_coin_experiments import LEARNED_COIN_EXPERIMENTS
from brs.learned_experiments import LEARNED_EXPERIMENTS

__all__ = ["EXPERIMENTS", "FIRST_SEED", "PRESETS", "Experiment"]

EXPERIMENTS: dict[str, Experiment] = {
    **IPD_EXPERIMENTS,
    **LEARNED_EXPERIMENTS,
    **LEARNED_COIN_EXPERIMENTS,
    **COIN_GAME_EXPERIMENTS,
    **LEAGUE_EXPERIMENTS,
}
