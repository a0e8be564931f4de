"""What each kind of settings trains: the updates and the agent."""

from typing import Any

from loqa import objectives, pola, train
from loqa.networks import Agent
from loqa.training_configs import CoinGameConfig, IpdConfig, PolaConfig

Config = IpdConfig | CoinGameConfig | PolaConfig


def make_train(config: Config) -> Any:
    """Builds the training: `init`, `update` and `learner`, as in `train.Training`."""
    return pola.make_train(config) if isinstance(config, PolaConfig) else train.make_train(config)


def make_agent(config: Config) -> Agent:
    """Builds the agent that is trained."""
    if isinstance(config, PolaConfig):
        return pola.make_agent(config)
    return objectives.make_agent(config)


def plays_coin_game(config: Config) -> bool:
    """Whether it is the Coin Game that is played, not the iterated game."""
    return isinstance(config, CoinGameConfig) or (
        isinstance(config, PolaConfig) and config.game == "coin_game"
    )
