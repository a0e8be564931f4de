"""Exact values of the Coin Game: two scripted players, and the best response to one of them.

A scripted player has no memory, so that all there is to know is the state: the cells of both
players and of the coin, and its owner. Values follow by backward induction over the T steps,

  V_k(s) = sum_{a,b} pi(a | s) pi'(b | s) [ r(s, a, b) + gamma E V_{k-1}(s') ],   V_0 = 0,

with k steps left, and those of the best response with the maximum over a in place of the mean. The
best response may look at the state and at the time left; against a player without memory, more
memory would not help it.

Moves and rewards are those of `coin_game.step`, called in every state with every pair of moves; the
mean over the cell of a new coin is taken by formula. Nothing is sampled.

Shapes: n = H W cells, S = 2 n^3 states (cell of player 0, of player 1, of the coin, owner), A
actions, P = 2 players.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from common import coin_game
from common.coin_game import CoinGame, CoinGameState
from common.coin_game_players import ScriptedPlayer

_TIE = 1e-9  # returns that differ by less are equal


class Transitions(NamedTuple):
    """What every pair of moves does in every state."""

    next_states: np.ndarray  # [S, A, A] int; where the coin is taken, its new cell is arbitrary
    is_taken: np.ndarray  # [S, A, A] bool
    rewards: np.ndarray  # [S, A, A, P]


class BestResponse(NamedTuple):
    """Expected sums of rewards from the start of an episode."""

    responder: float
    agent: float  # of the scripted player, which is answered


def expected_returns(
    game: CoinGame, scripts: tuple[ScriptedPlayer, ScriptedPlayer], *, discount: float = 1.0
) -> np.ndarray:
    """Expected sum of rewards of two scripted players, over an episode from its start.

    Args:
      game: parameters of the game, for two players and a single coin.
      scripts: players in seats 0 and 1.
      discount: gamma, per step.

    Returns:
      Sums, not means over steps. Shape [P], float64.
    """
    moves = transitions(game)
    first, second = (move_probs(game, script, seat) for seat, script in enumerate(scripts))
    values = np.zeros((_num_states(game), 2))
    for _ in range(game.episode_length):
        later = _action_values(game, moves, second, values, discount)
        values = np.einsum("sa,sap->sp", first, later)
    return start_distribution(game) @ values


def best_response(game: CoinGame, script: ScriptedPlayer, *, discount: float = 1.0) -> BestResponse:
    """Expected sums of rewards of the best response to a scripted player, and of that player.

    Args:
      game: parameters of the game, for two players and a single coin.
      script: the player that is answered, in seat 1.
      discount: gamma, per step.

    Returns:
      Sums, not means over steps. Of moves that are equally good for it, the responder plays each
      with the same probability.
    """
    moves, probs = transitions(game), move_probs(game, script, 1)
    values = np.zeros((_num_states(game), 2))
    for _ in range(game.episode_length):
        later = _action_values(game, moves, probs, values, discount)  # [S, A, P]
        best = np.max(later[..., 0], axis=1, keepdims=True)
        is_best = (later[..., 0] >= best - _TIE).astype(np.float64)  # [S, A]
        is_best /= np.sum(is_best, axis=1, keepdims=True)
        values = np.einsum("sa,sap->sp", is_best, later)
    responder, agent = start_distribution(game) @ values
    return BestResponse(float(responder), float(agent))


def transitions(game: CoinGame) -> Transitions:
    """Steps every state with every pair of moves.

    Raises:
      ValueError: the game has three players or a coin for each.
    """
    if game.num_players != 2 or game.coins != "single_alternating":
        raise ValueError(
            "exact values need 2 players and coins='single_alternating', got "
            f"{game.num_players} and {game.coins!r}"
        )
    states = all_states(game)
    after, rewards = _step_all(game, states)  # [A * A, S, ...]
    shape = (game.num_actions, game.num_actions, _num_states(game))
    # The owner alternates whenever the coin is taken, and only then.
    is_taken = np.asarray(after.coin_owners != states.coin_owners[None])
    return Transitions(
        next_states=np.moveaxis(_state_index(game, after).reshape(shape), 2, 0),
        is_taken=np.moveaxis(is_taken.reshape(shape), 2, 0),
        rewards=np.moveaxis(np.asarray(rewards, np.float64).reshape(*shape, 2), 2, 0),
    )


def all_states(game: CoinGame) -> CoinGameState:
    """Every state at time zero, also those with the coin under a player. Leaves [S, ...]."""
    num_cells = game.height * game.width
    indices = np.indices((num_cells, num_cells, num_cells, 2)).reshape(4, -1).T  # [S, 4]
    cells = np.stack(np.divmod(indices[:, :3], game.width), axis=-1)  # [S, 3, 2]
    return CoinGameState(
        player_cells=jnp.asarray(cells[:, :2], jnp.int32),
        coin_cells=jnp.asarray(cells[:, 2:], jnp.int32),
        coin_owners=jnp.asarray(indices[:, 3:], jnp.int32),
        time=jnp.zeros(len(indices), jnp.int32),
    )


def move_probs(game: CoinGame, script: ScriptedPlayer, seat: int) -> np.ndarray:
    """Probability of each move of a scripted player in every state. Shape [S, A], float64."""
    single = jax.vmap(lambda state: script(game, state, seat))(all_states(game))
    probs = np.asarray(single, np.float64)
    return probs / np.sum(probs, axis=1, keepdims=True)


def new_coin_probs(game: CoinGame) -> np.ndarray:
    """Probability of each cell of a new coin, given the cells of both players. Shape [n, n, n]."""
    num_cells = game.height * game.width
    is_free = np.ones((num_cells, num_cells, num_cells))
    if game.coin_avoids_players:
        cells = np.arange(num_cells)
        is_free[cells, :, cells] = 0
        is_free[:, cells, cells] = 0
    return is_free / np.sum(is_free, axis=2, keepdims=True)


def start_distribution(game: CoinGame) -> np.ndarray:
    """Players anywhere, coin where `new_coin_probs` says, either owner. Shape [S]."""
    coins = new_coin_probs(game) / (2 * (game.height * game.width) ** 2)
    return np.repeat(coins[..., None], 2, axis=3).reshape(-1)


@partial(jax.jit, static_argnums=0)
def _step_all(game: CoinGame, states: CoinGameState) -> tuple[CoinGameState, Array]:
    """Next states and rewards of all pairs of moves. Leaves [A * A, S, ...]."""
    pairs = jnp.array(list(np.ndindex(game.num_actions, game.num_actions)), jnp.int32)

    def step_states(actions: Array) -> tuple[CoinGameState, Array]:
        # One key for all: what it decides, the cell of a new coin, is not looked at.
        one = partial(coin_game.step, game)
        return jax.vmap(one, (0, None, None))(states, actions, jax.random.key(0))

    return lax.map(step_states, pairs)


def _action_values(
    game: CoinGame, moves: Transitions, probs: np.ndarray, values: np.ndarray, discount: float
) -> np.ndarray:
    """Values of both players after each move of player 0.

    Args:
      game: parameters of the game.
      moves: its transitions.
      probs: of player 1's moves. Shape [S, A].
      values: V of both players with one step less to go. Shape [S, P].
      discount: gamma, per step.

    Returns:
      sum_b pi'(b | s) [r + gamma E V(s')]. Shape [S, A, P].
    """
    num_cells = game.height * game.width
    by_cells = values.reshape(num_cells, num_cells, num_cells, 2, 2)
    with_new_coin = np.einsum("xyc,xycop->xyop", new_coin_probs(game), by_cells)
    with_new_coin = np.broadcast_to(with_new_coin[:, :, None], by_cells.shape).reshape(-1, 2)
    later = np.where(
        moves.is_taken[..., None], with_new_coin[moves.next_states], values[moves.next_states]
    )
    return np.einsum("sb,sabp->sap", probs, moves.rewards + discount * later)


def _num_states(game: CoinGame) -> int:
    return 2 * (game.height * game.width) ** 3


def _state_index(game: CoinGame, states: CoinGameState) -> np.ndarray:
    """Index of states [...] in the order of `all_states`; consistent with C order. Shape [...]."""
    players = np.asarray(states.player_cells) @ [game.width, 1]  # [..., P]
    coins = np.asarray(states.coin_cells)[..., 0, :] @ [game.width, 1]
    owners = np.asarray(states.coin_owners)[..., 0]
    num_cells = game.height * game.width
    shape = (num_cells, num_cells, num_cells, 2)
    return np.ravel_multi_index((players[..., 0], players[..., 1], coins, owners), shape)
