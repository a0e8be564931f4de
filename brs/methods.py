"""What each kind of settings trains."""

from brs import amortised_brs, exact_brs, exact_coin_brs, learned_evaluation, train
from brs.train_state import Training
from brs.training_configs import AmortisedConfig, BrsConfig, ExactCoinConfig, ExactConfig

Config = ExactConfig | ExactCoinConfig | AmortisedConfig | BrsConfig
KINDS: dict[str, type[Config]] = {
    kind.__name__: kind for kind in (ExactConfig, ExactCoinConfig, AmortisedConfig, BrsConfig)
}


def make_train(config: Config) -> Training:
    """Builds the training of one seed."""
    if isinstance(config, BrsConfig):
        return train.make_train(config, learned_evaluation.evaluate)
    if isinstance(config, AmortisedConfig):
        return amortised_brs.make_train(config)
    if isinstance(config, ExactCoinConfig):
        return exact_coin_brs.make_train(config)
    return exact_brs.make_train(config)
