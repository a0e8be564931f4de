"""Plays given policies in a game, for a number of steps from a given state.

Shapes: T steps, P players. Seats are filled by teams one after the other; a team is a player of
which several seats are copies with the same parameters, so that products are of matrices.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from advantage_alignment.networks import Params


class Game(NamedTuple):
    """A game as pure functions, whichever it is.

    Attributes:
      num_players: P.
      reset: key -> state. Consumes the key.
      step: state, actions [P, ...], key -> next state, rewards [P]. Consumes the key.
      observe: state -> what each player sees, [P, ...].
    """

    num_players: int
    reset: Callable[[Array], Any]
    step: Callable[[Any, Array, Array], tuple[Any, Array]]
    observe: Callable[[Any], Array]


class PlayerInput(NamedTuple):
    """What a player is given at a step; only scripts look at more than the observation."""

    state: Any
    seat: Array  # []
    observation: Array


class Player(NamedTuple):
    """A policy with memory, learned or scripted.

    Attributes:
      initial_memory: parameters -> memory before the first move.
      noise: key, shape of the draws -> noise that decides them. Consumes the key.
      act: parameters, memory, input, noise of one draw -> next memory, action, log pi(action).
    """

    initial_memory: Callable[[Params], Any]
    noise: Callable[[Array, tuple[int, ...]], Any]
    act: Callable[[Params, Any, PlayerInput, Any], Any]


class Team(NamedTuple):
    """A player in some number of seats."""

    player: Player
    params: Params
    num_seats: int


class Trajectory(NamedTuple):
    """What happened in T steps."""

    observations: Array  # [T + 1, P, ...], the last one is seen after the last step
    actions: Array  # [T, P, ...]
    rewards: Array  # [T, P]
    log_probs: Array  # [T, P], of the actions when they were played


class _Carry(NamedTuple):
    """Where a rollout stands between two steps."""

    state: Any  # of the game
    memories: list[Any]  # of each team, [seats, ...]


def rollout(
    game: Game, teams: Sequence[Team], state: Any, key: Array, num_steps: int
) -> tuple[Any, Trajectory, Any]:
    """Plays T steps; the memories begin empty.

    Args:
      game: rules.
      teams: who plays, filling the seats in order.
      state: of the game at the beginning.
      key: consumed.
      num_steps: T.

    Returns:
      The state at the end, the trajectory, and the states before each step and at the end, with a
      leading axis T + 1 (nothing of them is computed unless it is used).
    """
    step_key, *noise_keys = jax.random.split(key, 1 + len(teams))
    noises = [
        team.player.noise(noise_key, (num_steps, team.num_seats))
        for team, noise_key in zip(teams, noise_keys, strict=True)
    ]
    step_keys = jax.random.split(step_key, num_steps)
    firsts = [sum(team.num_seats for team in teams[:i]) for i in range(len(teams))]

    def start(team: Team) -> Any:
        return jax.vmap(lambda _: team.player.initial_memory(team.params))(
            jnp.arange(team.num_seats)
        )

    def step(carry: _Carry, random: tuple[list[Array], Array]) -> tuple[_Carry, Any]:
        (state, memories), (noise, key) = carry, random
        observations = game.observe(state)
        moves = [
            _act(team, memory, state, first, observations, own_noise)
            for team, memory, first, own_noise in zip(teams, memories, firsts, noise, strict=True)
        ]
        actions, log_probs = (jnp.concatenate([move[part] for move in moves]) for part in (1, 2))
        next_state, rewards = game.step(state, actions, key)
        seen = Trajectory(observations, actions, rewards, log_probs)
        return _Carry(next_state, [move[0] for move in moves]), (seen, state)

    carry, (seen, states) = lax.scan(
        step, _Carry(state, [start(team) for team in teams]), (noises, step_keys)
    )
    observations, states = jax.tree.map(
        lambda before, last: jnp.concatenate([before, last[None]]),
        (seen.observations, states),
        (game.observe(carry.state), carry.state),
    )
    return carry.state, seen._replace(observations=observations), states


def _act(
    team: Team, memories: Any, state: Any, first: int, observations: Array, noise: Array
) -> tuple[Any, Array, Array]:
    """Moves of all seats of a team, from `first` on: memories, actions, log-probabilities."""

    def act(memory: Any, seat: Array, observation: Array, noise: Array) -> Any:
        return team.player.act(team.params, memory, PlayerInput(state, seat, observation), noise)

    own = observations[first : first + team.num_seats]
    seats = first + jnp.arange(team.num_seats)
    moved: tuple[Any, Array, Array] = jax.vmap(act)(memories, seats, own, noise)
    return moved
