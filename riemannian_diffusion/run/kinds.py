"""The one table by kind of settings: how each is trained and evaluated."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from riemannian_diffusion import mixture, train
from riemannian_diffusion.config import DiffusionConfig, MixtureConfig
from riemannian_diffusion.data.datasets import load_target
from riemannian_diffusion.data.targets import Target
from riemannian_diffusion.train_state import Training

Config = DiffusionConfig | MixtureConfig

KINDS: dict[type[Config], Callable[[Any, Target], Training]] = {
    DiffusionConfig: train.make_train,
    MixtureConfig: mixture.make_train,
}


def make_train(config: Config, data_dir: Path) -> Training:
    """Builds the training of one seed.

    Args:
      config: settings.
      data_dir: folder of the data sets.

    Raises:
      UserError: a data set is missing or damaged.
    """
    return KINDS[type(config)](config, load_target(config, data_dir))
