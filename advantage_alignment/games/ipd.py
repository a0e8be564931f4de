"""The iterated prisoner's dilemma: its table of five states, or a network of any memory.

Shapes: T steps of an episode, S = 5 memory-one states.
"""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from advantage_alignment import policies
from advantage_alignment.agents import Agent, Evaluation, along_episode, two_tower_agent
from advantage_alignment.config import TrainingConfig
from advantage_alignment.networks import Params, Tower
from advantage_alignment.rollout import Game, Player, PlayerInput
from common import ipd

NUM_ACTIONS = 2
OBSERVATION_SIZE = 4
STATES = ("start", "cc", "cd", "dc", "dd")  # the player's own action first


def make_game(config: TrainingConfig) -> Game:
    """Builds the rules."""
    del config
    rules = ipd.MatrixGame()
    return Game(
        num_players=2,
        reset=lambda key: ipd.reset(rules),
        step=lambda state, actions, key: ipd.step(rules, state, actions),
        observe=lambda state: ipd.observe(rules, state),
    )


def make_agent(config: TrainingConfig) -> Agent:
    """Builds the agent that is trained: a table, or two GRUs."""
    if config.network == "tabular":
        return tabular_agent()
    policy, size = policies.categorical(NUM_ACTIONS), config.hidden_size
    return two_tower_agent(policy, Tower(size, NUM_ACTIONS), Tower(size, 1), OBSERVATION_SIZE)


def tabular_agent() -> Agent:
    """Two logits and a value for each of the five states."""
    policy = policies.categorical(NUM_ACTIONS)

    def act(params: Params, memory: Array, observation: Array) -> tuple[Array, Array]:
        del params  # the memory of an episode is the table itself: it is computed once
        return memory, memory[state_index(observation)]

    def evaluate(params: Params, observations: Array, actions: Array) -> Evaluation:
        # Products with one-hot rows: their gradient is a product too, a gather's is not.
        seen = jax.nn.one_hot(state_index(observations), len(STATES))
        outputs = seen[:-1] @ params["actor"]
        values = seen @ params["critic"]
        return Evaluation(*along_episode(policy, outputs, actions), values, values[:-1])

    return Agent(
        policy,
        lambda key: {
            "actor": jnp.zeros((len(STATES), NUM_ACTIONS)),
            "critic": jnp.zeros(len(STATES)),
        },
        lambda params: params["actor"],
        act,
        evaluate,
    )


def state_index(observation: Array) -> Array:
    """Which of START, CC, CD, DC, DD an observation [..., 4] shows."""
    own_defected, other_defected = observation[..., 1], observation[..., 3]
    has_played = observation[..., 0] + own_defected
    return (has_played * (1 + 2 * own_defected + other_defected)).astype(jnp.int32)


def constant_player(action: int) -> Player:
    """The player that always does the same."""

    def act(params: Params, memory: tuple, seen: PlayerInput, noise: Array) -> tuple:
        del params, seen, noise
        return memory, jnp.asarray(action, jnp.int32), jnp.zeros(())

    return Player(lambda params: (), policies.uniform_noise, act)


def with_exploration(player: Player, exploration: float) -> Player:
    """A player that plays uniformly with some probability, as another one otherwise."""

    def noise(key: Array, shape: tuple[int, ...]) -> Any:
        noise_key, explore_key = jax.random.split(key)
        return player.noise(noise_key, shape), policies.uniform_noise(explore_key, shape)

    def act(params: Params, memory: Any, seen: PlayerInput, noise: Any) -> tuple:
        memory, action, log_prob = player.act(params, memory, seen, noise[0])
        explored = (2 * noise[1] / exploration).astype(jnp.int32)  # 0 or 1 below `exploration`
        return memory, jnp.where(noise[1] < exploration, explored, action), log_prob

    return Player(player.initial_memory, noise, act)


SCRIPTS: Mapping[str, Player] = {
    "always_cooperate": constant_player(ipd.COOPERATE),
    "always_defect": constant_player(ipd.DEFECT),
}
