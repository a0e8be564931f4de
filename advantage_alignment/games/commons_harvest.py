"""Commons Harvest: its rules as a game, the transformer or a smaller agent, scripted bots.

The rules are in `harvest_rules`, the maps in `harvest_map`, the bots' moves in `harvest_bots`.
"""

from collections.abc import Mapping

import jax.numpy as jnp
from jax import Array

from advantage_alignment import policies
from advantage_alignment.agents import Agent, shared_encoder_agent
from advantage_alignment.config import TrainingConfig
from advantage_alignment.games import harvest_bots, harvest_rules
from advantage_alignment.games.harvest_rules import NUM_ACTIONS, CommonsHarvest
from advantage_alignment.networks import Params, Tower
from advantage_alignment.rollout import Game, Player, PlayerInput
from advantage_alignment.transformer import transformer_agent

SCRIPTS: Mapping[str, Player] = {}  # agents play in all seats, and with bots in scenarios


def rules_of(config: TrainingConfig) -> CommonsHarvest:
    """The rules of a configuration: its map and its number of players."""
    return CommonsHarvest(config.harvest_map, config.num_players)


def make_game(config: TrainingConfig) -> Game:
    """Builds the game."""
    rules = rules_of(config)
    return Game(
        num_players=rules.num_players,
        reset=lambda key: harvest_rules.reset(rules, key),
        step=lambda state, actions, key: harvest_rules.step(rules, state, actions, key)[:2],
        observe=lambda state: harvest_rules.observe(rules, state),
    )


def make_agent(config: TrainingConfig) -> Agent:
    """Builds the agent that is trained: a transformer as published, or a shared encoder."""
    policy, size = policies.categorical(NUM_ACTIONS), config.hidden_size
    observation_size = rules_of(config).observation_size
    if config.network == "transformer":
        return transformer_agent(policy, size, observation_size, config.num_steps)
    head = {"num_layers": 0, "num_head_layers": 1, "is_recurrent": False}
    return shared_encoder_agent(
        policy,
        Tower(size, 0, num_layers=2, is_recurrent=config.network == "gru"),
        Tower(size, NUM_ACTIONS, readout_scale=0.1, **head),
        Tower(size, 1, **head),
        observation_size,
    )


def bot(rules: CommonsHarvest, *, zaps: bool) -> Player:
    """The bot that walks to the nearest apple, zapping on its way or not."""

    def act(params: Params, memory: tuple, seen: PlayerInput, noise: Array) -> tuple:
        del params
        action = harvest_bots.act(rules, seen.state, seen.seat, noise, zaps=zaps)
        return memory, action, jnp.zeros(())

    return Player(lambda params: (), policies.uniform_noise, act)


def random_player() -> Player:
    """The player that draws its moves uniformly."""

    def act(params: Params, memory: tuple, seen: PlayerInput, noise: Array) -> tuple:
        del params, seen
        return memory, (noise * NUM_ACTIONS).astype(jnp.int32), jnp.zeros(())

    return Player(lambda params: (), policies.uniform_noise, act)
