"""Experiments in the Coin Game, with their claims fixed before the run."""

from loqa.experiment import Experiment

COIN_GAME_EXPERIMENTS: dict[str, Experiment] = {}
