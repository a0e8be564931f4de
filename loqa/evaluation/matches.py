"""Matches of the Coin Game: rewards and pickups of given players over many episodes.

Shapes: B episodes, T steps, P players.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from common import coin_game, coin_game_players
from common.coin_game import CoinGame, CoinGameState
from loqa import coin_game_rollout
from loqa.coin_game_rollout import Episode, Player
from loqa.networks import Agent, Params

Metrics = dict[str, Array]

SCRIPTS: Mapping[str, coin_game_players.ScriptedPlayer] = {
    "always_cooperate": coin_game_players.always_cooperate,
    "always_defect": coin_game_players.always_defect,
    "random": coin_game_players.random_player,
}


def play_many(
    game: CoinGame,
    players: Sequence[Player],
    params: Sequence[Params],
    key: Array,
    num_episodes: int,
) -> Episode:
    """Plays a match of B episodes with stochastic policies, [B, ...]; consumes the key."""
    keys = jax.random.split(key, num_episodes)
    return jax.vmap(lambda key: coin_game_rollout.play(game, players, params, key))(keys)


def rewards_per_step(episodes: Episode) -> Array:
    """Mean reward of each player over episodes and steps, undiscounted. Shape [P]."""
    return jnp.mean(episodes.rewards, axis=(0, 1))


def pickup_rates(game: CoinGame, episodes: Episode) -> tuple[Array, Array]:
    """How often each player takes its own coin and somebody else's, per step. Shapes [P]."""
    states = episodes.states
    takers = jax.vmap(jax.vmap(coin_game.coin_takers))(
        states.player_cells[:, 1:], states.coin_cells[:, :-1]
    )
    seats = jnp.arange(game.num_players)[None, None, None]
    owners = states.coin_owners[:, :-1, :, None] == seats  # [B, T, N, P]
    own, others = (
        jnp.mean(jnp.any(takes, axis=2).astype(jnp.float32), axis=(0, 1))
        for takes in (takers & owners, takers & ~owners)
    )
    return own, others


def evaluate(
    game: CoinGame, agent: Agent, params: Params, key: Array, num_episodes: int
) -> Metrics:
    """Plays an agent against itself and the scripted players.

    Args:
      game: parameters of the game.
      agent: its networks.
      params: its parameters.
      key: consumed.
      num_episodes: of every match.

    Returns:
      Rewards per step: self_play (mean of all seats), vs_SCRIPT of the agent in seat 0, and
      SCRIPT_vs_agent of the mean opponent; cooperation, self_play as a share of what
      always-cooperate gets from itself; defection_pays, always_defect_vs_agent as a share of what
      always-defect gets from always-cooperate; pickups per step of an agent in self-play: own_coins
      and others_coins.
    """
    self_key, script_key, exact_key = jax.random.split(key, 3)
    learner, script = coin_game_rollout.learned(game, agent), any_script(game)
    num_others = game.num_players - 1

    def match(first: Player, others: Player, params: Any, other_params: Any, key: Array) -> Episode:
        players, seats = (first, *[others] * num_others), (params, *[other_params] * num_others)
        return play_many(game, players, seats, key, num_episodes)

    def against_script(index: Array, key: Array) -> Array:
        return rewards_per_step(match(learner, script, params, index, key))

    def cooperator_against_script(index: Array, key: Array) -> Array:
        return rewards_per_step(match(script, script, jnp.zeros_like(index), index, key))

    scripts = jnp.arange(len(SCRIPTS))
    rewards = jax.vmap(against_script)(scripts, jax.random.split(script_key, len(SCRIPTS)))
    ceiling, temptation = jax.vmap(cooperator_against_script)(
        scripts[:2], jax.random.split(exact_key)
    )
    in_self_play = match(learner, learner, params, params, self_key)
    own, others = pickup_rates(game, in_self_play)
    metrics = {
        "self_play": jnp.mean(rewards_per_step(in_self_play)),
        "own_coins": jnp.mean(own),
        "others_coins": jnp.mean(others),
    }
    for index, name in enumerate(SCRIPTS):
        metrics[f"vs_{name}"] = rewards[index, 0]
        metrics[f"{name}_vs_agent"] = jnp.mean(rewards[index, 1:])
    return {
        **metrics,
        "cooperation": metrics["self_play"] / jnp.mean(ceiling),
        "defection_pays": metrics["always_defect_vs_agent"] / jnp.mean(temptation[1:]),
    }


def any_script(game: CoinGame) -> Player:
    """The scripted player whose parameters are its index in `SCRIPTS`: one program plays all."""

    def act(index: Params, memory: Any, state: CoinGameState, seat: int) -> tuple[Any, Array]:
        probs = jnp.stack([script(game, state, seat) for script in SCRIPTS.values()])
        return memory, probs[index]

    return Player(lambda index: (), act)
