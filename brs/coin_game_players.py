"""Who can play the Coin Game, with or without memory; scripted reciprocators; and an episode.

Scripted players with memory are finite controllers: what they remember is one of M modes, and a
mode changes by what the other player just took. Coin-TFT cooperates while it is nice and defects
while it is angry; the other makes it angry by taking its coin, and nice again by taking the other's
own coin. Coin-Grim never forgives.

Shapes: T steps, P = 2 players, A moves, M modes, E = 3 events.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from common import coin_game
from common.coin_game import CoinGame, CoinGameState
from common.coin_game_players import (
    ScriptedPlayer,
    always_cooperate,
    always_defect,
    random_player,
)

NOTHING, TOOK_MINE, TOOK_ITS_OWN = range(3)  # what the other player did in the step before

Params = Any


class Player(NamedTuple):
    """A policy with memory; one that is scripted may look at the state itself.

    Attributes:
      start: parameters -> memory before the first move.
      act: parameters, memory, state, seat -> next memory, probability of each move [A].
    """

    start: Callable[[Params], Any]
    act: Callable[[Params, Any, CoinGameState, int], tuple[Any, Array]]


class Controller(NamedTuple):
    """A scripted player that remembers one of M modes, the first at the start.

    Attributes:
      scripts: what it plays in each mode.
      next_modes: mode after each event, for each mode. [M][E]
    """

    scripts: tuple[ScriptedPlayer, ...]
    next_modes: tuple[tuple[int, int, int], ...]


SCRIPTS: dict[str, ScriptedPlayer] = {
    "random": random_player,
    "AC": always_cooperate,
    "AD": always_defect,
}
COIN_TFT = Controller((always_cooperate, always_defect), ((0, 1, 0), (1, 1, 0)))
COIN_GRIM = Controller((always_cooperate, always_defect), ((0, 1, 0), (1, 1, 1)))
CONTROLLERS: dict[str, Controller] = {
    "AC": Controller((always_cooperate,), ((0, 0, 0),)),
    "AD": Controller((always_defect,), ((0, 0, 0),)),
    "random": Controller((random_player,), ((0, 0, 0),)),
    "Coin-TFT": COIN_TFT,
    "Coin-Grim": COIN_GRIM,
}


class ControllerMemory(NamedTuple):
    """Mode of a controller, and what it must know to see what was taken."""

    mode: Array  # [] int32
    coin_cell: Array  # [2], of the step before; nowhere at the start
    coin_owner: Array  # []


class Episode(NamedTuple):
    """What happened in one episode."""

    states: CoinGameState  # leading axis T + 1
    actions: Array  # [T, P] int32
    rewards: Array  # [T, P]
    log_policies: Array  # [T, P, A], of the moves' distributions that were played


def controlled(game: CoinGame, controller: Controller) -> Player:
    """The player that a controller is; its parameters are unused."""
    next_modes = jnp.array(controller.next_modes, jnp.int32)

    def act(
        params: Params, memory: ControllerMemory, state: CoinGameState, seat: int
    ) -> tuple[ControllerMemory, Array]:
        del params
        memory, event = look(memory, state, seat)
        mode = next_modes[memory.mode, event]
        probs = jnp.stack([script(game, state, seat) for script in controller.scripts])
        return memory._replace(mode=mode), probs[mode]

    return Player(lambda params: nothing_seen(), act)


class ControllerTables(NamedTuple):
    """A controller of two modes as numbers, so that one compiled program plays all of them."""

    scripts: Array  # [M] int32, index into SCRIPTS: what it plays in each mode
    next_modes: Array  # [M, E] int32


def as_tables(controller: Controller) -> ControllerTables:
    """The numbers of a controller whose scripts are of `SCRIPTS`."""
    known = list(SCRIPTS.values())
    scripts = [known.index(script) for script in controller.scripts]
    modes = [list(row) for row in controller.next_modes]
    if len(scripts) == 1:  # a second mode that is never reached
        scripts, modes = scripts * 2, modes * 2
    return ControllerTables(jnp.array(scripts, jnp.int32), jnp.array(modes, jnp.int32))


def any_controller(game: CoinGame) -> Player:
    """The player whose parameters are `ControllerTables`."""

    def act(
        tables: ControllerTables, memory: ControllerMemory, state: CoinGameState, seat: int
    ) -> tuple[ControllerMemory, Array]:
        memory, event = look(memory, state, seat)
        mode = tables.next_modes[memory.mode, event]
        probs = jnp.stack([script(game, state, seat) for script in SCRIPTS.values()])
        return memory._replace(mode=mode), probs[tables.scripts[mode]]

    return Player(lambda tables: nothing_seen(), act)


def nothing_seen() -> ControllerMemory:
    """The memory of a controller before the first step."""
    nowhere = jnp.full(2, -1, jnp.int32)
    return ControllerMemory(jnp.zeros((), jnp.int32), nowhere, jnp.zeros((), jnp.int32))


def look(
    memory: ControllerMemory, state: CoinGameState, seat: int
) -> tuple[ControllerMemory, Array]:
    """Remembers the coin, and tells what the other player did in the step before. Event []."""
    has_taken = jnp.all(state.player_cells[1 - seat] == memory.coin_cell)
    event = jnp.where(memory.coin_owner == seat, TOOK_MINE, TOOK_ITS_OWN)
    seen = ControllerMemory(memory.mode, state.coin_cells[0], state.coin_owners[0])
    return seen, jnp.where(has_taken, event, NOTHING)


def seen_state(game: CoinGame, observation: Array) -> CoinGameState:
    """The state that an observation [4, H, W] shows, its player in seat 0; at time zero."""
    planes = observation.reshape(4, -1)
    own_coin, other_coin = planes[2], planes[3]
    cells = jnp.argmax(jnp.stack([planes[0], planes[1], own_coin + other_coin]), axis=1)
    rows_and_columns = jnp.stack(jnp.divmod(cells, game.width), axis=1).astype(jnp.int32)
    owner = jnp.sum(other_coin, keepdims=True).astype(jnp.int32)
    return CoinGameState(
        rows_and_columns[:2], rows_and_columns[2:], owner, jnp.zeros((), jnp.int32)
    )


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
    uniforms = jax.random.uniform(action_key, (game.episode_length, len(players)))
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
        actions = jax.vmap(inverse_draw)(probs, uniforms)
        next_state, rewards = coin_game.step(game, state, actions, key)
        return (next_state, [memory for memory, _ in moves]), (state, actions, rewards, probs)

    first = coin_game.reset(game, reset_key)
    memories = [player.start(own) for player, own in zip(players, params, strict=True)]
    (last, _), (states, actions, rewards, probs) = lax.scan(
        step, (first, memories), (uniforms, step_keys)
    )
    states = jax.tree.map(lambda a, b: jnp.concatenate([a, b[None]]), states, last)
    return Episode(states, actions, rewards, jnp.log(probs))


def play_many(
    game: CoinGame,
    players: Sequence[Player],
    params: Sequence[Params],
    key: Array,
    num_episodes: int,
) -> Episode:
    """Plays B episodes, [B, ...]; consumes the key."""
    keys = jax.random.split(key, num_episodes)
    return jax.vmap(lambda key: play(game, players, params, key))(keys)


def inverse_draw(probs: Array, uniform: Array) -> Array:
    """Draws an action by the inverse of its distribution: probs [A], uniform [] in [0, 1)."""
    return jnp.sum(uniform >= jnp.cumsum(probs[:-1])).astype(jnp.int32)
