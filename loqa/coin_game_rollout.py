"""Plays one episode of the Coin Game with given players, learned or scripted.

Shapes: T steps, P players, A actions, E = 2 P H W entries of a flattened observation.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
from jax import Array, lax

from common import coin_game, coin_game_players
from common.coin_game import CoinGame, CoinGameState
from loqa.networks import Agent, Params
from loqa.rollout import Trajectory


class Player(NamedTuple):
    """A policy with memory; one that is scripted may look at the state itself.

    Attributes:
      start: parameters -> memory before the first move.
      act: parameters, memory, state, seat -> next memory, probability of each move [A].
    """

    start: Callable[[Params], Any]
    act: Callable[[Params, Any, CoinGameState, int], tuple[Any, Array]]


class Episode(NamedTuple):
    """What happened in one episode."""

    states: CoinGameState  # leading axis T + 1
    actions: Array  # [T, P] int32
    rewards: Array  # [T, P]
    log_policies: Array  # [T, P, A], of the moves' distributions that were played


class GameSettings(Protocol):
    """What settings of any method say about the game."""

    @property
    def grid_size(self) -> int:
        """Rows and columns."""

    @property
    def num_players(self) -> int:
        """Players."""

    @property
    def episode_length(self) -> int:
        """Steps."""


def make_game(config: GameSettings) -> CoinGame:
    """Builds the game of a configuration."""
    return CoinGame(
        height=config.grid_size,
        width=config.grid_size,
        num_players=config.num_players,
        episode_length=config.episode_length,
    )


def learned(game: CoinGame, agent: Agent) -> Player:
    """The player that an agent's actor is; it sees its own observation, flattened."""

    def act(params: Params, memory: Any, state: CoinGameState, seat: int) -> tuple[Any, Array]:
        return agent.act(params, memory, coin_game.observe(game, state)[seat].reshape(-1))

    return Player(agent.start, act)


def scripted(game: CoinGame, script: coin_game_players.ScriptedPlayer) -> Player:
    """The player that follows a script; its parameters are unused."""

    def act(params: Params, memory: Any, state: CoinGameState, seat: int) -> tuple[Any, Array]:
        del params
        return memory, script(game, state, seat)

    return Player(lambda params: (), act)


def play(
    game: CoinGame, players: Sequence[Player], params: Sequence[Params], key: Array
) -> Episode:
    """Plays one episode.

    Args:
      game: parameters of the game.
      players: one for each seat.
      params: theirs.
      key: consumed.
    """
    reset_key, action_key, step_key = jax.random.split(key, 3)
    # One number per player and step decides the action by the inverse of its distribution.
    uniforms = jax.random.uniform(action_key, (game.episode_length, game.num_players))
    step_keys = jax.random.split(step_key, game.episode_length)

    def step(
        carry: tuple[CoinGameState, list[Any]], random: tuple[Array, Array]
    ) -> tuple[tuple[CoinGameState, list[Any]], tuple[CoinGameState, Array, Array, Array]]:
        (state, memories), (uniforms, key) = carry, random
        moves = [
            player.act(own, memory, state, seat)
            for seat, (player, own, memory) in enumerate(
                zip(players, params, memories, strict=True)
            )
        ]
        probs = jnp.stack([probs for _, probs in moves])  # [P, A]
        cumulative = jnp.cumsum(probs[:, :-1], axis=1)
        actions = jnp.sum(uniforms[:, None] >= cumulative, axis=1)
        next_state, rewards = coin_game.step(game, state, actions, key)
        return (next_state, [memory for memory, _ in moves]), (state, actions, rewards, probs)

    first = coin_game.reset(game, reset_key)
    memories = [player.start(own) for player, own in zip(players, params, strict=True)]
    (last, _), (states, actions, rewards, probs) = lax.scan(
        step, (first, memories), (uniforms, step_keys)
    )
    states = jax.tree.map(lambda a, b: jnp.concatenate([a, b[None]]), states, last)
    return Episode(states, actions, rewards, jnp.log(probs))


def trajectory(game: CoinGame, episode: Episode) -> Trajectory:
    """What the players saw of an episode: cheaper to build here than to store at every step."""
    observations = jax.vmap(lambda state: coin_game.observe(game, state))(episode.states)
    flat = observations.reshape(*observations.shape[:2], -1)
    return Trajectory(flat, episode.actions, episode.rewards, episode.log_policies)
