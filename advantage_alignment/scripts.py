"""Scripted players of every game, as the players that trained agents meet."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from advantage_alignment import harvest_bots, negotiation_game, policies
from advantage_alignment.commons_harvest import CommonsHarvest
from advantage_alignment.networks import Params
from advantage_alignment.rollout import Glimpse, Player
from common import coin_game_players
from common.coin_game import CoinGame

CoinScript = coin_game_players.ScriptedPlayer

COIN_GAME: Mapping[str, CoinScript] = {
    "always_cooperate": coin_game_players.always_cooperate,
    "always_defect": coin_game_players.always_defect,
    "random": coin_game_players.random_player,
}
NEGOTIATION: Mapping[str, Callable[[Any, Array], Array]] = {
    "always_cooperate": negotiation_game.always_cooperate,
    "always_defect": negotiation_game.always_defect,
}


def of_game(game: str, name: str) -> Player:
    """The script of a name in the Coin Game or the Negotiation Game."""
    return coin_player(COIN_GAME[name]) if game == "coin_game" else proposer(NEGOTIATION[name])


def names(game: str) -> tuple[str, ...]:
    """Names of the scripts that the agents of a game are scored against."""
    return tuple(COIN_GAME if game == "coin_game" else NEGOTIATION)


def coin_player(script: CoinScript) -> Player:
    """The player of the Coin Game that draws its moves from a script's probabilities."""
    rules = CoinGame()

    def act(params: Params, memory: tuple, glimpse: Glimpse, noise: Array) -> tuple:
        del params
        probs = script(rules, glimpse.state, glimpse.seat)
        action = policies.choose(probs, noise)
        return memory, action, jnp.log(probs[action])

    return Player(lambda params: (), policies.uniform_noise, act)


def proposer(script: Callable[[Any, Array], Array]) -> Player:
    """The player of the Negotiation Game that proposes what a script says."""

    def act(params: Params, memory: tuple, glimpse: Glimpse, noise: Array) -> tuple:
        del params, noise
        return memory, script(glimpse.state, glimpse.seat), jnp.zeros(())

    return Player(lambda params: (), policies.uniform_noise, act)


def harvester(rules: CommonsHarvest, *, zaps: bool) -> Player:
    """The bot of Commons Harvest that walks to the nearest apple, zapping on its way or not."""

    def act(params: Params, memory: tuple, glimpse: Glimpse, noise: Array) -> tuple:
        del params
        action = harvest_bots.act(rules, glimpse.state, glimpse.seat, noise, zaps=zaps)
        return memory, action, jnp.zeros(())

    return Player(lambda params: (), policies.uniform_noise, act)


def constant_player(action: int) -> Player:
    """The player that always does the same."""

    def act(params: Params, memory: tuple, glimpse: Glimpse, noise: Array) -> tuple:
        del params, glimpse, noise
        return memory, jnp.asarray(action, jnp.int32), jnp.zeros(())

    return Player(lambda params: (), policies.uniform_noise, act)


def with_exploration(player: Player, exploration: float) -> Player:
    """A player of the iterated game that plays uniformly with some probability."""

    def noise(key: Array, shape: tuple[int, ...]) -> Any:
        noise_key, explore_key = jax.random.split(key)
        return player.noise(noise_key, shape), policies.uniform_noise(explore_key, shape)

    def act(params: Params, memory: Any, glimpse: Glimpse, noise: Any) -> tuple:
        memory, action, log_prob = player.act(params, memory, glimpse, noise[0])
        explored = (2 * noise[1] / exploration).astype(jnp.int32)  # 0 or 1 below `exploration`
        return memory, jnp.where(noise[1] < exploration, explored, action), log_prob

    return Player(player.start, noise, act)
