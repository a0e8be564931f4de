"""A finite controller that plays nearly as a given agent does: the nearest table in action KL.

What a controller remembers is fixed beforehand: the last N coins that the other player took, and of
each whether it was mine or the other's own. Of all tables over memory m and state s, the mean of
the agent's own distributions where it was in (m, s) minimises what it was fitted on,

    E_t KL( pi(. | h_t) || table(. | m_t, s_t) ),

with h_t all that the agent has seen. Where it hardly ever was, the table of the next shorter memory
counts too, as much as `prior_visits` visits:

    table_N(m, s) = ( sum of pi there + c table_{N-1}(m without its oldest, s) ) / (visits + c),

and the table below N = 0 is uniform. An agent whose memory is of that kind is found again.

Shapes: B episodes, T steps, S states, A moves, M modes of a memory, E = 3 events.
"""

from itertools import product
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.scipy.special import rel_entr

from brs import coin_game_players
from brs.coin_game_players import NOTHING, TOOK_ITS_OWN, TOOK_MINE, ControllerMemory, Episode
from brs.exact import coin_game_values
from common.coin_game import CoinGame, CoinGameState


class Memory(NamedTuple):
    """What the other took last, as modes; mode 0 is that it took nothing yet."""

    next_modes: np.ndarray  # [M, E] int
    shorter: np.ndarray  # [M] int, the mode of the memory that is shorter by one coin


class Behaviour(NamedTuple):
    """How an agent played in episodes; leading axes [B, T]."""

    modes: Array  # [B, T] int32
    states: Array  # [B, T] int32, as the agent sees them
    probs: Array  # [B, T, A]


class Visits(NamedTuple):
    """What a table is fitted on."""

    probs: Array  # [M, S, A], sums of the agent's distributions
    counts: Array  # [M, S]


def last_coins(number: int) -> Memory:
    """The memory of the last `number` coins that the other player took."""
    modes = _sequences(number)
    index = {mode: place for place, mode in enumerate(modes)}
    shorter = {mode: place for place, mode in enumerate(_sequences(max(number - 1, 0)))}

    def last(coins: tuple[int, ...], length: int) -> tuple[int, ...]:
        return coins[max(len(coins) - length, 0) :]

    next_modes = np.zeros((len(modes), 3), np.int64)
    for mode, place in index.items():
        next_modes[place, NOTHING] = place
        for event in (TOOK_MINE, TOOK_ITS_OWN):
            next_modes[place, event] = index[last((*mode, event), number)]
    return Memory(next_modes, np.array([shorter[last(mode, max(number - 1, 0))] for mode in modes]))


def behaviour(game: CoinGame, memory: Memory, episodes: Episode, seat: int) -> Behaviour:
    """Reads off what the player of a seat did in which situation; leaves of episodes [B, ...]."""
    next_modes = jnp.asarray(memory.next_modes, jnp.int32)

    def one(
        remembered: ControllerMemory, state: CoinGameState
    ) -> tuple[ControllerMemory, tuple[Array, Array]]:
        remembered, event = coin_game_players.look(remembered, state, seat)
        mode = next_modes[remembered.mode, event]
        index = coin_game_values.index_seen(game, state, seat)
        return remembered._replace(mode=mode), (mode, index)

    def of_episode(states: CoinGameState) -> tuple[Array, Array]:
        before = jax.tree.map(lambda leaf: leaf[:-1], states)
        return lax.scan(one, coin_game_players.nothing_seen(), before)[1]

    modes, states = jax.vmap(of_episode)(episodes.states)
    return Behaviour(modes, states, jnp.exp(episodes.log_policies[:, :, seat]))


def no_visits(game: CoinGame, memory: Memory) -> Visits:
    """Visits before any play."""
    shape = (len(memory.next_modes), len(coin_game_values.transitions(game).start))
    return Visits(jnp.zeros((*shape, game.num_actions)), jnp.zeros(shape))


def add(visits: Visits, seen: Behaviour) -> Visits:
    """Counts more play."""
    return Visits(
        visits.probs.at[seen.modes, seen.states].add(seen.probs),
        visits.counts.at[seen.modes, seen.states].add(1.0),
    )


def fit(visits: Visits, num_coins: int, prior_visits: float) -> coin_game_values.Agent:
    """The table that is nearest to the play, with memory of the last `num_coins` coins."""
    memory = last_coins(num_coins)
    if num_coins:
        shorter = len(last_coins(num_coins - 1).next_modes)
        fewer = Visits(
            jnp.zeros((shorter, *visits.probs.shape[1:])).at[memory.shorter].add(visits.probs),
            jnp.zeros((shorter, *visits.counts.shape[1:])).at[memory.shorter].add(visits.counts),
        )
        borrowed = fit(fewer, num_coins - 1, prior_visits).probs[memory.shorter]
    else:
        borrowed = jnp.full_like(visits.probs, 1 / visits.probs.shape[-1])
    totals = visits.counts + prior_visits
    probs = (visits.probs + prior_visits * borrowed) / totals[..., None]
    return coin_game_values.Agent(probs, memory.next_modes)


def action_kl(table: coin_game_values.Agent, seen: Behaviour) -> Array:
    """Mean over steps of KL(agent || table), in nats, of each episode. Shape [B]."""
    divergence = rel_entr(seen.probs, table.probs[seen.modes, seen.states])
    return jnp.mean(jnp.sum(divergence, axis=-1), axis=1)


def _sequences(number: int) -> list[tuple[int, ...]]:
    """What can have been taken last, at most `number` coins, oldest first."""
    lengths = range(number + 1)
    return [coins for n in lengths for coins in product((TOOK_MINE, TOOK_ITS_OWN), repeat=n)]
