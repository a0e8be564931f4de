"""Evaluates a trained agent in its game, as training does again and again."""

from collections.abc import Callable, Mapping

from jax import Array

from advantage_alignment.config import TrainingConfig
from advantage_alignment.evaluation import harvest_evaluation, ipd_evaluation, matches
from advantage_alignment.networks import Params

Metrics = dict[str, Array]

_BY_GAME: Mapping[str, Callable[[TrainingConfig, Params, Array], Metrics]] = {
    "ipd": ipd_evaluation.evaluate,
    "coin_game": matches.evaluate,
    "negotiation": matches.evaluate,
    "commons_harvest": harvest_evaluation.evaluate,
}


def evaluate(config: TrainingConfig, params: Params, key: Array) -> Metrics:
    """Evaluates an agent; consumes the key. Which metrics there are depends on the game."""
    return _BY_GAME[config.game](config, params, key)
