"""What each kind of settings trains, and how it is evaluated."""

from functools import partial
from pathlib import Path

from riemannian_diffusion import baselines, datasets, evaluate, model, targets, train
from riemannian_diffusion.targets import Target
from riemannian_diffusion.train_state import Training
from riemannian_diffusion.training_configs import SYNTHETIC, DiffusionConfig, MixtureConfig

Config = DiffusionConfig | MixtureConfig
KINDS: dict[str, type[Config]] = {kind.__name__: kind for kind in (DiffusionConfig, MixtureConfig)}


def make_train(config: Config, data_dir: Path) -> Training:
    """Builds the training of one seed.

    Args:
      config: settings.
      data_dir: folder of the data sets.

    Raises:
      UserError: a data set is missing or damaged.
    """
    target = load_target(config, data_dir)
    if isinstance(config, MixtureConfig):
        return baselines.make_training(config, target)
    setup = model.make_setup(config, target)
    return Training(
        partial(train.init, setup),
        partial(train.advance, setup),
        partial(evaluate.monitor, setup),
        partial(evaluate.evaluate, setup),
    )


def load_target(config: Config, data_dir: Path) -> Target:
    """The distribution or data set that a setting learns.

    Raises:
      UserError: a data set is missing or damaged.
    """
    if config.target in SYNTHETIC:
        return targets.make_target(config.target)
    return datasets.load(config.target, data_dir, deduplicate=config.deduplicate)
