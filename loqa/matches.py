"""Matches of the Coin Game: rewards and pickups of given players over many episodes.

Shapes: B episodes, T steps, P players.
"""

from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp
from jax import Array

from common import coin_game, coin_game_players
from common.coin_game import CoinGame
from loqa import coin_game_rollout, objectives, train
from loqa.coin_game_rollout import Episode, Player
from loqa.networks import Params
from loqa.training_configs import CoinGameConfig

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
    before, after = (
        jax.tree.map(lambda leaf: leaf[:, part], episodes.states)
        for part in (slice(None, -1), slice(1, None))
    )
    takers = jax.vmap(jax.vmap(coin_game.coin_takers))(after.player_cells, before.coin_cells)
    owners = before.coin_owners[..., None] == jnp.arange(game.num_players)  # [B, T, N, P]
    own, others = (
        jnp.mean(jnp.any(takes, axis=2).astype(jnp.float32), axis=(0, 1))
        for takes in (takers & owners, takers & ~owners)
    )
    return own, others


def evaluate(config: CoinGameConfig, params: Params, key: Array) -> Metrics:
    """Plays an agent against itself and the scripted players.

    Args:
      config: of the run that trained it.
      params: its parameters.
      key: consumed.

    Returns:
      Rewards per step: self_play (mean of all seats), vs_SCRIPT of the agent in seat 0, and
      SCRIPT_vs_agent of the mean opponent; pickups per step of the agent in self-play:
      own_coins and others_coins.
    """
    game = train.make_coin_game(config)
    agent = coin_game_rollout.learned(game, objectives.make_agent(config))
    num_others = config.num_players - 1
    self_key, *keys = jax.random.split(key, 1 + len(SCRIPTS))

    def against(opponent: Player, key: Array) -> Episode:
        players, seats = (agent,) + (opponent,) * num_others, (params,) * config.num_players
        return play_many(game, players, seats, key, config.num_eval_episodes)

    in_self_play = against(agent, self_key)
    own, others = pickup_rates(game, in_self_play)
    metrics = {
        "self_play": jnp.mean(rewards_per_step(in_self_play)),
        "own_coins": jnp.mean(own),
        "others_coins": jnp.mean(others),
    }
    for (name, script), script_key in zip(SCRIPTS.items(), keys, strict=True):
        rewards = rewards_per_step(against(coin_game_rollout.scripted(game, script), script_key))
        metrics[f"vs_{name}"] = rewards[0]
        metrics[f"{name}_vs_agent"] = jnp.mean(rewards[1:])
    return metrics
