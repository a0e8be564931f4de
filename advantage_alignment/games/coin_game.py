"""The Coin Game: GRU policy, critic of action values that sees the step; scripted players."""

import math
from collections.abc import Mapping

import jax.numpy as jnp
from jax import Array

from advantage_alignment import policies
from advantage_alignment.agents import Agent, two_tower_agent
from advantage_alignment.config import TrainingConfig
from advantage_alignment.networks import Params, Tower
from advantage_alignment.rollout import Game, Player, PlayerInput
from common import coin_game, coin_game_players
from common.coin_game import CoinGame

RULES = CoinGame()
GAME = Game(
    num_players=RULES.num_players,
    reset=lambda key: coin_game.reset(RULES, key),
    step=lambda state, actions, key: coin_game.step(RULES, state, actions, key),
    observe=lambda state: coin_game.observe(RULES, state).reshape(RULES.num_players, -1),
)


def make_game(config: TrainingConfig) -> Game:
    """Builds the game; observations are flattened."""
    del config
    return GAME


def make_agent(config: TrainingConfig) -> Agent:
    """Builds the agent that is trained: two towers."""
    policy, size = policies.categorical(RULES.num_actions), config.hidden_size
    return two_tower_agent(
        policy,
        Tower(size, policy.num_outputs),
        Tower(size, policy.num_outputs, num_layers=2, is_last_linear=True),
        math.prod(RULES.observation_shape),
        sees_time=True,
    )


def scripted_player(script: coin_game_players.ScriptedPlayer) -> Player:
    """The player that draws its moves from a script's probabilities."""

    def act(params: Params, memory: tuple, seen: PlayerInput, noise: Array) -> tuple:
        del params
        probs = script(RULES, seen.state, seen.seat)
        action = policies.choose(probs, noise)
        return memory, action, jnp.log(probs[action])

    return Player(lambda params: (), policies.uniform_noise, act)


SCRIPTS: Mapping[str, Player] = {
    "always_cooperate": scripted_player(coin_game_players.always_cooperate),
    "always_defect": scripted_player(coin_game_players.always_defect),
    "random": scripted_player(coin_game_players.random_player),
}
