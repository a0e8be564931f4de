"""What each kind of settings trains, and how it is evaluated."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import Array

from meta_value import basins, cola, evaluate, maml, train
from meta_value.games import GAMES
from meta_value.networks import Params
from meta_value.train_state import Metrics, TrainState
from meta_value.training_configs import ColaConfig, MamlConfig, MetaValueConfig

Config = MetaValueConfig | MamlConfig | ColaConfig
KINDS: dict[str, type[Config]] = {
    kind.__name__: kind for kind in (MetaValueConfig, MamlConfig, ColaConfig)
}


class Training(NamedTuple):
    """Functions of a training run of one seed."""

    init: Callable[[Array], TrainState]  # consumes the key
    update: Callable[[TrainState], tuple[TrainState, Metrics]]
    evaluate: Callable[[TrainState, Array], Metrics]  # consumes the key
    learner: Callable[[TrainState], Params]  # parameters that are evaluated


def make_train(config: Config) -> Training:
    """Builds the training of one seed."""
    if isinstance(config, MetaValueConfig):
        learner = partial(train.learner, config)
        return Training(
            *train.make_train(config),
            lambda state, key: evaluate.evaluate(config, learner(state), key),
            learner,
        )
    if isinstance(config, MamlConfig):
        return Training(*maml.make_train(config), _evaluate_maml, _params)
    return Training(*cola.make_train(config), partial(_evaluate_cola, config), _params)


def _params(state: TrainState) -> Any:
    return state.params


def _evaluate_maml(state: TrainState, key: Array) -> Metrics:
    """The learned step sizes; returns are the tournament's business."""
    del key
    first, second = state.params["step_sizes"][:, 0]
    return {"step_size_of_first": first, "step_size_of_second": second}


def _evaluate_cola(config: ColaConfig, state: TrainState, key: Array) -> Metrics:
    """Shares of starts that reach B, and how far from it they end at the largest look-ahead."""
    del key
    return {
        f"share_to_B_look_ahead_{look_ahead:g}": basins.share_to_b(
            GAMES[config.game], cola.field(config, state.params, jnp.full(2, look_ahead))
        )
        for look_ahead in basins.COLA_LOOK_AHEADS
    }
