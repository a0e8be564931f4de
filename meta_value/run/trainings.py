"""How each kind of settings is trained and evaluated: the only place that chooses by the kind."""

from collections.abc import Callable
from typing import Any

from meta_value import train
from meta_value.baselines import cola, maml
from meta_value.config import ColaConfig, MamlConfig, MetaValueConfig
from meta_value.train_state import Training

Config = MetaValueConfig | MamlConfig | ColaConfig

_MAKE_TRAIN: dict[type[Config], Callable[[Any], Training]] = {
    MetaValueConfig: train.make_train,
    MamlConfig: maml.make_train,
    ColaConfig: cola.make_train,
}
KINDS: dict[str, type[Config]] = {kind.__name__: kind for kind in _MAKE_TRAIN}


def make_train(config: Config) -> Training:
    """Builds the training of one seed."""
    return _MAKE_TRAIN[type(config)](config)
