"""An agent of the Coin Game that is a table: logits of every state, for each mode of a memory.

What changes the mode is fixed, and is Coin-TFT's: the other took my coin, or its own. Against such
an agent the best response is known exactly (`coin_game_values`), however it was trained.

Shapes: M modes, S states, A moves, E entries of an observation.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from brs import coin_game_players, networks
from brs.coin_game_players import COIN_TFT, ControllerMemory, Player
from brs.exact import coin_game_values
from brs.networks import Critic
from common.coin_game import CoinGame, CoinGameState

NUM_MODES = len(COIN_TFT.next_modes)
_INITIAL_SCALE = 0.1  # of the logits


def init_logits(game: CoinGame, key: Array) -> Array:
    """Draws small logits [M, S, A]; consumes the key."""
    num_states = len(coin_game_values.transitions(game).start)
    return _INITIAL_SCALE * jax.random.normal(key, (NUM_MODES, num_states, game.num_actions))


def tables(logits: Array) -> coin_game_values.Agent:
    """What backward induction asks for, of logits [M, S, A]."""
    return coin_game_values.Agent(jax.nn.softmax(logits), np.array(COIN_TFT.next_modes))


def remember(
    game: CoinGame, memory: ControllerMemory, state: CoinGameState, seat: int
) -> tuple[ControllerMemory, Array]:
    """Looks at a state: the memory after it, and the index of the state in the seat's own view."""
    memory, event = coin_game_players.look(memory, state, seat)
    mode = jnp.array(COIN_TFT.next_modes, jnp.int32)[memory.mode, event]
    return memory._replace(mode=mode), coin_game_values.index_seen(game, state, seat)


def player(game: CoinGame) -> Player:
    """The player whose parameters are logits [M, S, A]."""

    def act(
        logits: Array, memory: ControllerMemory, state: CoinGameState, seat: int
    ) -> tuple[ControllerMemory, Array]:
        memory, index = remember(game, memory, state, seat)
        return memory, jax.nn.softmax(logits[memory.mode, index])

    return Player(lambda logits: coin_game_players.nothing_seen(), act)


def agent(game: CoinGame, hidden_size: int) -> networks.Agent:
    """The same as an agent that learns by playing; its critics see mode and observation."""
    critic = Critic(hidden_size)
    planes, height, width = game.observation_shape

    def act(
        logits: Array, memory: ControllerMemory, observation: Array
    ) -> tuple[Any, Array, Array]:
        state = coin_game_players.seen_state(game, observation)
        memory, index = remember(game, memory, state, 0)
        features = jnp.append(observation, memory.mode.astype(jnp.float32))
        return memory, logits[memory.mode, index], features

    return networks.Agent(
        networks.with_critics(
            lambda key: init_logits(game, key), critic, planes * height * width + 1
        ),
        coin_game_players.nothing_seen(),
        act,
        networks.value_of(critic),
    )
