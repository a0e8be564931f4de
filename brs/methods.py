"""What each kind of settings trains."""

from brs import exact_brs
from brs.train_state import Training
from brs.training_configs import ExactConfig

Config = ExactConfig
KINDS: dict[str, type[Config]] = {kind.__name__: kind for kind in (ExactConfig,)}


def make_train(config: Config) -> Training:
    """Builds the training of one seed."""
    return exact_brs.make_train(config)
