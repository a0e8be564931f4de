"""What a configuration means: its game, its agent, and the teams that sit down in training."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from advantage_alignment import agents, policies
from advantage_alignment.agents import Agent
from advantage_alignment.networks import Params, Tower
from advantage_alignment.policies import Policy
from advantage_alignment.rollout import Game, Glimpse, Player
from advantage_alignment.training_configs import TrainingConfig
from common import coin_game, ipd


def make_game(config: TrainingConfig) -> Game:
    """Builds the game of a configuration."""
    if config.game == "ipd":
        matrix_game = ipd.MatrixGame()
        return Game(
            num_players=2,
            reset=lambda key: ipd.reset(matrix_game),
            step=lambda state, actions, key: ipd.step(matrix_game, state, actions),
            observe=lambda state: ipd.observe(matrix_game, state),
        )
    return coin_game_of(coin_game.CoinGame())


def coin_game_of(rules: coin_game.CoinGame) -> Game:
    """The Coin Game; observations are flattened."""
    return Game(
        num_players=rules.num_players,
        reset=lambda key: coin_game.reset(rules, key),
        step=lambda state, actions, key: coin_game.step(rules, state, actions, key),
        observe=lambda state: coin_game.observe(rules, state).reshape(rules.num_players, -1),
    )


def make_policy(config: TrainingConfig) -> Policy:
    """Builds the family of policies of a configuration."""
    return policies.categorical(2 if config.game == "ipd" else 4)


def make_agent(config: TrainingConfig) -> Agent:
    """Builds the agent that is trained."""
    if config.network == "tabular":
        return agents.tabular_agent()
    policy = make_policy(config)
    is_recurrent = config.network == "gru"
    actor = Tower(config.hidden_size, policy.num_outputs, is_recurrent=is_recurrent)
    if config.game == "coin_game":
        critic = Tower(config.hidden_size, 4, num_layers=2, is_last_linear=True)
        return agents.two_tower_agent(policy, actor, critic, 36, sees_time=True)
    return agents.two_tower_agent(policy, actor, Tower(config.hidden_size, 1), 4)


def learned(agent: Agent) -> Player:
    """The player that an agent's actor is."""

    def act(params: Params, memory: Array, glimpse: Glimpse, noise: Array) -> tuple:
        memory, outputs = agent.act(params, memory, glimpse.observation)
        action = agent.policy.draw(outputs, noise)
        return memory, action, agent.policy.log_prob(outputs, jax.lax.stop_gradient(action))

    return Player(agent.start, agent.policy.noise, act)


def constant_player(action: int) -> Player:
    """The player that always does the same."""

    def act(params: Params, memory: tuple, glimpse: Glimpse, noise: Array) -> tuple:
        del params, glimpse, noise
        return memory, jnp.asarray(action, jnp.int32), jnp.zeros(())

    return Player(lambda params: (), policies.uniform_noise, act)


def with_exploration(player: Player, exploration: float) -> Player:
    """A player of the iterated game that plays uniformly with some probability."""

    def noise(key: Array, shape: tuple[int, ...]) -> tuple[Array, Array]:
        noise_key, explore_key = jax.random.split(key)
        return player.noise(noise_key, shape), policies.uniform_noise(explore_key, shape)

    def act(params: Params, memory: Any, glimpse: Glimpse, noise: tuple[Array, Array]) -> tuple:
        memory, action, log_prob = player.act(params, memory, glimpse, noise[0])
        explored = (2 * noise[1] / exploration).astype(jnp.int32)  # 0 or 1 below `exploration`
        return memory, jnp.where(noise[1] < exploration, explored, action), log_prob

    return Player(player.start, noise, act)
