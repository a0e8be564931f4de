"""The games by the names that configurations give them; a new game is a file and a line here."""

from collections.abc import Mapping
from typing import Protocol

from advantage_alignment.agents import Agent
from advantage_alignment.config import TrainingConfig
from advantage_alignment.games import coin_game, commons_harvest, ipd, negotiation
from advantage_alignment.rollout import Game, Player


class GameFile(Protocol):
    """What the file of a game offers."""

    SCRIPTS: Mapping[str, Player]
    """Scripted players that the agents of the game are scored against, by name."""

    def make_game(self, config: TrainingConfig, /) -> Game:
        """Builds the rules, with the options of a configuration."""

    def make_agent(self, config: TrainingConfig, /) -> Agent:
        """Builds the agent that is trained."""


GAMES: Mapping[str, GameFile] = {
    "ipd": ipd,
    "coin_game": coin_game,
    "negotiation": negotiation,
    "commons_harvest": commons_harvest,
}


def make_game(config: TrainingConfig) -> Game:
    """Builds the game of a configuration."""
    return GAMES[config.game].make_game(config)


def make_agent(config: TrainingConfig) -> Agent:
    """Builds the agent that a configuration trains."""
    return GAMES[config.game].make_agent(config)
