"""What a configuration means: its game, its agent, and the teams that sit down in training."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from advantage_alignment import (
    agents,
    commons_harvest,
    negotiation_game,
    policies,
    transformer,
)
from advantage_alignment.agents import Agent
from advantage_alignment.commons_harvest import NUM_ACTIONS, CommonsHarvest
from advantage_alignment.networks import Params, Tower
from advantage_alignment.policies import Policy
from advantage_alignment.rollout import Game, Glimpse, Player
from advantage_alignment.training_configs import TrainingConfig
from common import coin_game, ipd
from common.coin_game import CoinGame


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
    if config.game == "coin_game":
        return coin_game_of(coin_game.CoinGame())
    if config.game == "negotiation":
        rules = negotiation_game
        observe = partial(rules.observe, shows_last_values=config.shows_last_values)
        return Game(rules.NUM_PLAYERS, rules.reset, rules.step, observe)
    return harvest_of(harvest_rules(config))


def coin_game_of(rules: CoinGame) -> Game:
    """The Coin Game; observations are flattened."""
    return Game(
        num_players=rules.num_players,
        reset=lambda key: coin_game.reset(rules, key),
        step=lambda state, actions, key: coin_game.step(rules, state, actions, key),
        observe=lambda state: coin_game.observe(rules, state).reshape(rules.num_players, -1),
    )


def harvest_rules(config: TrainingConfig) -> CommonsHarvest:
    """The rules of Commons Harvest of a configuration."""
    return CommonsHarvest(config.harvest_map, config.num_players)


def harvest_of(rules: CommonsHarvest) -> Game:
    """Commons Harvest."""
    return Game(
        num_players=rules.num_players,
        reset=lambda key: commons_harvest.reset(rules, key),
        step=lambda state, actions, key: commons_harvest.step(rules, state, actions, key)[:2],
        observe=lambda state: commons_harvest.observe(rules, state),
    )


def make_policy(config: TrainingConfig) -> Policy:
    """Builds the family of policies of a configuration."""
    if config.game == "negotiation" and config.proposals == "continuous":
        return policies.squashed_gaussian(negotiation_game.NUM_ITEMS, negotiation_game.LARGEST)
    if config.game == "negotiation":
        return policies.independent_choices(
            negotiation_game.NUM_ITEMS, int(negotiation_game.LARGEST) + 1
        )
    return policies.categorical({"ipd": 2, "coin_game": 4}.get(config.game, NUM_ACTIONS))


def make_agent(config: TrainingConfig) -> Agent:
    """Builds the agent that is trained."""
    policy, size = make_policy(config), config.hidden_size
    if config.game == "ipd" and config.network == "tabular":
        return agents.tabular_agent()
    if config.game == "ipd":
        return agents.two_tower_agent(policy, Tower(size, 2), Tower(size, 1), 4)
    if config.game == "coin_game":
        critic = Tower(size, policy.num_outputs, num_layers=2, is_last_linear=True)
        return agents.two_tower_agent(
            policy, Tower(size, policy.num_outputs), critic, 36, sees_time=True
        )
    is_recurrent = config.network == "gru"
    if config.game == "negotiation":
        num_outputs = 3 if config.proposals == "continuous" else policy.num_outputs
        return agents.shared_encoder_agent(
            policy,
            Tower(size, 0, num_layers=2, is_recurrent=is_recurrent),
            Tower(2 * size, num_outputs, num_layers=0, num_head_layers=2, is_recurrent=False),
            Tower(size, 1, num_layers=0, num_head_layers=2, is_recurrent=False),
            negotiation_game.observation_size(shows_last_values=config.shows_last_values),
            sees_time=config.critic_sees_time,
        )
    observation_size = harvest_rules(config).observation_size
    if config.network == "transformer":
        return transformer.transformer_agent(policy, size, observation_size, config.num_steps)
    return agents.shared_encoder_agent(
        policy,
        Tower(size, 0, num_layers=2, is_recurrent=is_recurrent),
        Tower(
            size,
            NUM_ACTIONS,
            num_layers=0,
            num_head_layers=1,
            is_recurrent=False,
            readout_scale=0.1,
        ),
        Tower(size, 1, num_layers=0, num_head_layers=1, is_recurrent=False),
        observation_size,
    )


def learned(agent: Agent) -> Player:
    """The player that an agent's actor is."""

    def act(params: Params, memory: Array, glimpse: Glimpse, noise: Array) -> tuple:
        memory, outputs = agent.act(params, memory, glimpse.observation)
        action = agent.policy.draw(outputs, noise)
        memory = agent.note(memory, action)
        return memory, action, agent.policy.log_prob(outputs, jax.lax.stop_gradient(action))

    return Player(agent.start, agent.policy.noise, act)


def greedy(agent: Agent) -> Player:
    """The player that takes its likeliest action, of a categorical policy."""

    def act(params: Params, memory: Any, glimpse: Glimpse, noise: Array) -> tuple:
        del noise
        memory, logits = agent.act(params, memory, glimpse.observation)
        action = jnp.argmax(logits).astype(jnp.int32)
        return agent.note(memory, action), action, jnp.zeros(())

    return Player(agent.start, agent.policy.noise, act)
