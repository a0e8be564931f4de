"""What each kind of settings trains."""

from brs import exact_brs, learned_evaluation, train
from brs.train_state import Training
from brs.training_configs import BrsConfig, ExactConfig

Config = ExactConfig | BrsConfig
KINDS: dict[str, type[Config]] = {kind.__name__: kind for kind in (ExactConfig, BrsConfig)}


def make_train(config: Config) -> Training:
    """Builds the training of one seed."""
    if isinstance(config, BrsConfig):
        return train.make_train(config, learned_evaluation.evaluate)
    return exact_brs.make_train(config)
