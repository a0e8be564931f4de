"""Exact values of the Coin Game against a player with finite memory, by backward induction.

An agent that remembers one of M modes and plays pi(b | mode, state) makes the game a finite
decision problem for the other player, with S M situations, and nothing need be sampled:

    Q_k(m, s, a) = sum_b pi(b | m, s) [ r + gamma E V_{k-1}(m', s') ],      V_0 = 0,

with k steps left, V = max_a Q for the best response, tau log sum_a exp(Q / tau) for the soft one,
which is differentiable in pi, and the mean over a for a given player. The responder sits in seat 0
and the agent in seat 1. Values of both are carried, so that one sees what the agent is left with.

Moves and rewards are those of `coin_game.step`, called in every state with every pair of moves; the
mean over the cell of a new coin is taken by formula.

Shapes: n = H W cells, S = 2 n^3 states (cell of player 0, of player 1, of the coin, owner), A
moves, M modes, E = 3 events, P = 2 players.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from brs.coin_game_players import NOTHING, TOOK_ITS_OWN, TOOK_MINE, Controller
from common import coin_game
from common.coin_game import CoinGame, CoinGameState

_TIE = 1e-5  # values that differ by less are equal

Respond = Callable[[Array], Array]  # values [M, S, A] of its moves -> probabilities [M, S, A]


class Transitions(NamedTuple):
    """What every pair of moves, of responder and agent, does in every state."""

    next_states: np.ndarray  # [S, A, A] int; where the coin is taken, its new cell is arbitrary
    is_taken: np.ndarray  # [S, A, A] bool
    rewards: np.ndarray  # [S, A, A, P]
    events: np.ndarray  # [P, S, A, A] int, what each player sees the other take
    swapped: np.ndarray  # [S] int, the state as the other player sees it
    new_coins: np.ndarray  # [n, n, n], probability of a new coin's cell given both players'
    start: np.ndarray  # [S], distribution of the first state


class Agent(NamedTuple):
    """A player with finite memory, as tables in its own view of the state."""

    probs: Array  # [M, S, A]
    next_modes: np.ndarray  # [M, E] int


class Values(NamedTuple):
    """Expected sums of rewards from the start of an episode."""

    responder: Array  # []
    agent: Array  # []


def tabulate(game: CoinGame, controller: Controller) -> Agent:
    """The tables of a scripted player."""
    states = all_states(game)
    probs = [
        jax.vmap(lambda state, script=script: script(game, state, 0))(states)
        for script in controller.scripts
    ]
    return Agent(jnp.stack(probs), np.array(controller.next_modes))


def best_response(game: CoinGame, agent: Agent, *, discount: float = 1.0) -> Values:
    """Values of the best response to an agent; equally good moves are equally likely."""
    return solve(game, agent, greedy, discount=discount)[0]


def soft_best_response(
    game: CoinGame, agent: Agent, *, temperature: float, discount: float = 1.0
) -> Values:
    """Values of the soft best response, differentiable in `agent.probs`."""
    respond = partial(_soft, temperature=temperature)
    return solve(game, agent, respond, discount=discount, temperature=temperature)[0]


def action_values(game: CoinGame, agent: Agent, *, discount: float = 1.0) -> Array:
    """Q_k of the best response for k = T..1 steps left. Shape [T, M, S, A]."""
    return solve(game, agent, greedy, discount=discount)[1]


def solve(
    game: CoinGame,
    agent: Agent,
    respond: Respond,
    *,
    discount: float,
    temperature: float = 0.0,
) -> tuple[Values, Array]:
    """Backward induction over an episode.

    Args:
      game: parameters of the game, for two players and a single coin.
      agent: in seat 1.
      respond: how the responder in seat 0 plays, given the values of its moves.
      discount: gamma, per step.
      temperature: tau; the responder plans with the bonus tau * entropy, which no value counts.

    Returns:
      Sums of rewards, and Q of the responder, bonus included, for T..1 steps left [T, M, S, A].
    """
    moves = transitions(game)
    probs = agent.probs[:, moves.swapped]  # [M, S, A]
    next_modes = agent.next_modes[:, moves.events[1]]  # [M, S, A, A]
    rewards = jnp.asarray(moves.rewards, jnp.float32)[None]
    rewards = jnp.concatenate([rewards, rewards[..., :1]], axis=-1)  # planned value comes last

    def sweep(values: Array, _: None) -> tuple[Array, Array]:
        after = _look_up(game, values, next_modes)  # [M, S, A, A, P + 1]
        later = jnp.sum(probs[:, :, None, :, None] * (rewards + discount * after), axis=3)
        q_values = later[..., 2]
        response = respond(q_values)
        values = jnp.sum(response[..., None] * later, axis=2)
        if temperature:
            bonus = temperature * jax.nn.logsumexp(q_values / temperature, axis=2)
            values = values.at[..., 2].set(bonus)
        return values, q_values

    none_left = jnp.zeros((*probs.shape[:2], 3))
    values, q_values = lax.scan(sweep, none_left, None, length=game.episode_length)
    responder, agents, _ = jnp.asarray(moves.start, jnp.float32) @ values[0]
    return Values(responder, agents), q_values[::-1]


def against_constant_response(
    game: CoinGame, agent: Agent, *, temperature: float, discount: float = 1.0
) -> Values:
    """Values against the soft best response, which is held constant: no gradient goes through."""

    def respond(q_values: Array) -> Array:
        return lax.stop_gradient(_soft(q_values, temperature))

    return solve(game, agent, respond, discount=discount, temperature=temperature)[0]


def self_play(game: CoinGame, agent: Agent, *, discount: float = 1.0) -> Values:
    """Values of an agent against itself, differentiable through both seats."""
    return match(game, agent, agent, discount=discount)


def match(game: CoinGame, first: Agent, second: Agent, *, discount: float = 1.0) -> Values:
    """Values of two agents with M and N modes, differentiable in both: [M N] joint modes.

    Args:
      game: parameters of the game.
      first: in seat 0, the responder's.
      second: in seat 1, the agent's.
      discount: gamma, per step.
    """
    moves = transitions(game)
    probs = first.probs, second.probs[:, moves.swapped]  # [M, S, A], [N, S, A]
    joint = probs[0][:, None, :, :, None] * probs[1][None, :, :, None]  # [M, N, S, A, A]
    modes = (
        len(second.next_modes) * first.next_modes[:, None, moves.events[0]]
        + second.next_modes[None, :, moves.events[1]]
    )
    joint = joint.reshape(-1, *joint.shape[2:])  # [M N, S, A, A]
    modes = modes.reshape(-1, *modes.shape[2:])
    expected = jnp.sum(joint[..., None] * jnp.asarray(moves.rewards, jnp.float32)[None], (2, 3))

    def sweep(values: Array, _: None) -> tuple[Array, None]:
        after = _look_up(game, values, modes)
        return expected + discount * jnp.sum(joint[..., None] * after, axis=(2, 3)), None

    none_left = jnp.zeros((*joint.shape[:2], 2))
    values, _ = lax.scan(sweep, none_left, None, length=game.episode_length)
    return Values(*(jnp.asarray(moves.start, jnp.float32) @ values[0]))


def _look_up(game: CoinGame, values: Array, modes: np.ndarray) -> Array:
    """Values [M, S, P] of what follows each pair of moves, over new coins. [M, S, A, A, P]."""
    moves = transitions(game)
    num_cells = game.height * game.width
    by_cells = values.reshape(len(values), num_cells, num_cells, num_cells, 2, -1)
    new = jnp.einsum("xyc,mxycop->mxyop", jnp.asarray(moves.new_coins, jnp.float32), by_cells)
    new = jnp.broadcast_to(new[:, :, :, None], by_cells.shape).reshape(values.shape)
    table = jnp.concatenate([values, new]).reshape(-1, values.shape[-1])  # [2 M S, P]
    index = (modes + len(values) * moves.is_taken[None]) * values.shape[1]
    return table[index + moves.next_states[None]]


def greedy(q_values: Array) -> Array:
    """Probabilities of the best moves, equally good ones equally likely. Shape [M, S, A]."""
    is_best = (q_values >= jnp.max(q_values, axis=2, keepdims=True) - _TIE).astype(jnp.float32)
    return is_best / jnp.sum(is_best, axis=2, keepdims=True)


def _soft(q_values: Array, temperature: float) -> Array:
    return jax.nn.softmax(q_values / temperature, axis=2)


@cache
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
    with jax.ensure_compile_time_eval():
        states = all_states(game)
        states, after, rewards = jax.device_get((states, *_step_all(game, states)))
    shape = (game.num_actions, game.num_actions, _num_states(game))  # of leaves [A * A, S, ...]

    def table(values: np.ndarray) -> np.ndarray:  # to [S, A, A, ...]
        return np.moveaxis(values.reshape(*shape, *values.shape[2:]), 2, 0)

    coin, owner = np.asarray(states.coin_cells)[:, 0], np.asarray(states.coin_owners)[:, 0]
    has_taken = np.all(np.asarray(after.player_cells) == coin[None, :, None], axis=3)  # [A A, S, P]
    events = [
        np.where(
            has_taken[..., 1 - seat], np.where(owner == seat, TOOK_MINE, TOOK_ITS_OWN), NOTHING
        )
        for seat in (0, 1)
    ]
    swapped = CoinGameState(
        states.player_cells[:, ::-1], states.coin_cells, 1 - states.coin_owners, states.time
    )
    new_coins = new_coin_probs(game)
    start = np.repeat(new_coins[..., None] / (2 * (game.height * game.width) ** 2), 2, axis=3)
    return Transitions(
        next_states=table(state_index(game, after)),
        # The owner alternates whenever the coin is taken, and only then.
        is_taken=table(np.asarray(after.coin_owners != states.coin_owners[None])[..., 0]),
        rewards=table(np.asarray(rewards)),
        events=np.stack([table(event) for event in events]),
        swapped=state_index(game, swapped),
        new_coins=new_coins,
        start=start.reshape(-1),
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


def state_index(game: CoinGame, states: CoinGameState) -> np.ndarray:
    """Index of states [...] in the order of `all_states`. Shape [...]."""
    players = np.asarray(states.player_cells) @ [game.width, 1]  # [..., P]
    coins = np.asarray(states.coin_cells)[..., 0, :] @ [game.width, 1]
    owners = np.asarray(states.coin_owners)[..., 0]
    num_cells = game.height * game.width
    shape = (num_cells, num_cells, num_cells, 2)
    return np.ravel_multi_index((players[..., 0], players[..., 1], coins, owners), shape)


def index_seen(game: CoinGame, state: CoinGameState, seat: int) -> Array:
    """Index of a state as the player of a seat sees it, itself in seat 0. Shape []."""
    order = [seat, 1 - seat]
    cells = jnp.concatenate([state.player_cells[jnp.array(order)], state.coin_cells])  # [3, 2]
    index = jnp.zeros((), jnp.int32)
    for cell in cells @ jnp.array([game.width, 1]):
        index = index * game.height * game.width + cell
    return 2 * index + jnp.abs(state.coin_owners[0] - seat)


def new_coin_probs(game: CoinGame) -> np.ndarray:
    """Probability of each cell of a new coin, given the cells of both players. Shape [n, n, n]."""
    num_cells = game.height * game.width
    is_free = np.ones((num_cells, num_cells, num_cells))
    if game.coin_avoids_players:
        cells = np.arange(num_cells)
        is_free[cells, :, cells] = 0
        is_free[:, cells, cells] = 0
    return is_free / np.sum(is_free, axis=2, keepdims=True)


@partial(jax.jit, static_argnums=0)
def _step_all(game: CoinGame, states: CoinGameState) -> tuple[CoinGameState, Array]:
    """Next states and rewards of all pairs of moves. Leaves [A * A, S, ...]."""
    pairs = jnp.array(list(np.ndindex(game.num_actions, game.num_actions)), jnp.int32)

    def step_states(actions: Array) -> tuple[CoinGameState, Array]:
        # One key for all: what it decides, the cell of a new coin, is not looked at.
        one = partial(coin_game.step, game)
        return jax.vmap(one, (0, None, None))(states, actions, jax.random.key(0))

    return lax.map(step_states, pairs)


def _num_states(game: CoinGame) -> int:
    return 2 * (game.height * game.width) ** 3
