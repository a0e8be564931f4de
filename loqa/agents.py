"""The agents that the settings describe: actor and critic in either game."""

from loqa import networks, recurrent
from loqa.config import CoinGameConfig, IpdConfig
from loqa.networks import Agent
from loqa.recurrent import GruTower


def ipd_agent(config: IpdConfig) -> Agent:
    """Builds the agent of the iterated game: tables and MLPs see one step back, a GRU all."""
    if config.actor == "gru":
        return recurrent.recurrent_agent(
            GruTower(config.actor_hidden_size, networks.NUM_ACTIONS),
            GruTower(config.critic_hidden_size, networks.NUM_ACTIONS),
            observation_size=4,
        )
    return networks.memory_one_agent(
        config.actor,
        config.actor_hidden_size,
        config.critic_hidden_size,
        num_steps=config.episode_length,
    )


def coin_game_agent(config: CoinGameConfig) -> Agent:
    """Builds the agent of the Coin Game: a GRU tower each for actor and critic."""
    num_planes = 2 * config.num_players
    return recurrent.recurrent_agent(
        GruTower(config.actor_hidden_size, num_outputs=4),
        GruTower(config.critic_hidden_size, num_outputs=4),
        observation_size=num_planes * config.grid_size**2,
    )
