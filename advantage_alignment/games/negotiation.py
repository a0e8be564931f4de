"""Negotiation Game: two players ask for shares of three items that they value differently.

Every round is complete in itself: the players see both values of each item and the proposals of
the round before, propose at once how much of each item they want, and are paid. Each item is worth
5 to one of them and 1 to the other, a fair coin says which. Asking for everything is dominant in a
single round; asking for one's own items only pays both more.

`reset`, `step` and `observe` are pure and play one game; `vmap` plays many. P = 2 players, I items.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import chex
import jax
import jax.numpy as jnp
from jax import Array

from advantage_alignment import policies
from advantage_alignment.agents import Agent, shared_encoder_agent
from advantage_alignment.config import TrainingConfig
from advantage_alignment.networks import Params, Tower
from advantage_alignment.policies import Policy
from advantage_alignment.rollout import Game, Player, PlayerInput

NUM_PLAYERS = 2
NUM_ITEMS = 3
LARGEST = 5.0  # of a proposal, and of a value
_VALUES = (1.0, 5.0)  # of an item, to one player and to the other
_POOL = 1.0  # of each item there is one
_SCALE = 10.0  # of what is observed


class NegotiationState(NamedTuple):
    """What the items are worth, and what was proposed last."""

    values: Array  # [P, I], of each item to each player
    last_proposals: Array  # [P, I], zeros before the first round
    last_values: Array  # [P, I], which those proposals were about; zeros before the first round


def reset(key: Array) -> NegotiationState:
    """Draws the values of the first round; consumes the key."""
    nothing = jnp.zeros((NUM_PLAYERS, NUM_ITEMS))
    return NegotiationState(draw_values(key), nothing, nothing)


def draw_values(key: Array) -> Array:
    """Values of high contrast: 1 to one player and 5 to the other. Shape [P, I]."""
    low, high = _VALUES
    first = jnp.where(jax.random.bernoulli(key, shape=(NUM_ITEMS,)), high, low)
    return jnp.stack([first, low + high - first])


def step(state: NegotiationState, proposals: Array, key: Array) -> tuple[NegotiationState, Array]:
    """Plays a round, and draws the values of the next.

    Args:
      state: before the round.
      proposals: how much of each item each player wants, in [0, 5]. Shape [P, I].
      key: consumed.

    Returns:
      The next state and the rewards [P], each between 0 and 1.
    """
    chex.assert_shape(proposals, (NUM_PLAYERS, NUM_ITEMS))
    rewards = pay(state.values, proposals)
    return NegotiationState(draw_values(key), proposals, state.values), rewards


def pay(values: Array, proposals: Array) -> Array:
    """Rewards of a round: share = p / max(p + p', 5), r = sum_i share_i value_i / 15. Shape [P].

    What nobody asked for is lost.
    """
    asked = jnp.sum(proposals, axis=0, keepdims=True)
    shares = proposals / jnp.maximum(asked, LARGEST)
    return jnp.sum(shares * _POOL * values, axis=1) / (LARGEST * NUM_ITEMS)


def observe(state: NegotiationState, *, shows_last_values: bool = False) -> Array:
    """Shows each player the pool, its values and last proposal, and the other's, over ten.

    Args:
      state: of the game.
      shows_last_values: whether to show as well what the last proposals were about, without which
        nobody can tell a greedy proposal from a fair one later. A player with memory knows.

    Returns:
      Shape [P, 15], or [P, 21] with the last values.
    """
    pool = jnp.full((NUM_PLAYERS, NUM_ITEMS), _POOL)
    own = [state.values, state.last_proposals]
    if shows_last_values:
        own.append(state.last_values)
    others = [each[::-1] for each in own]
    return jnp.concatenate([pool, *own, *others], axis=1) / _SCALE


def observation_size(*, shows_last_values: bool) -> int:
    """Entries of an observation: 15, or 21 with the last values."""
    return NUM_ITEMS * (7 if shows_last_values else 5)


def always_cooperate(state: NegotiationState, seat: Array) -> Array:
    """Asks for all of what is worth more to it, and for nothing else. Shape [I]."""
    return LARGEST * (state.values[seat] > state.values[1 - seat])


def always_defect(state: NegotiationState, seat: Array) -> Array:
    """Asks for everything. Shape [I]."""
    del state, seat
    return jnp.full(NUM_ITEMS, LARGEST)


def make_game(config: TrainingConfig) -> Game:
    """Builds the game, with or without sight of the last values."""
    seen = partial(observe, shows_last_values=config.shows_last_values)
    return Game(NUM_PLAYERS, reset, step, seen)


def make_policy(config: TrainingConfig) -> Policy:
    """Builds the family of policies: proposals of any size, or of whole numbers."""
    if config.proposals == "continuous":
        return policies.squashed_gaussian(NUM_ITEMS, LARGEST)
    return policies.independent_choices(NUM_ITEMS, int(LARGEST) + 1)


def make_agent(config: TrainingConfig) -> Agent:
    """Builds the agent that is trained: an encoder, and heads of two layers."""
    policy, size = make_policy(config), config.hidden_size
    # The deviation of continuous proposals is a constant of the policy, not an output.
    num_outputs = NUM_ITEMS if config.proposals == "continuous" else policy.num_outputs
    head = {"num_layers": 0, "num_head_layers": 2, "is_recurrent": False}
    return shared_encoder_agent(
        policy,
        Tower(size, 0, num_layers=2, is_recurrent=config.network == "gru"),
        Tower(2 * size, num_outputs, **head),
        Tower(size, 1, **head),
        observation_size(shows_last_values=config.shows_last_values),
        sees_time=config.critic_sees_time,
    )


def scripted_player(script: Callable[[NegotiationState, Array], Array]) -> Player:
    """The player that proposes what a script says."""

    def act(params: Params, memory: tuple, seen: PlayerInput, noise: Array) -> tuple:
        del params, noise
        return memory, script(seen.state, seen.seat), jnp.zeros(())

    return Player(lambda params: (), policies.uniform_noise, act)


SCRIPTS: Mapping[str, Player] = {
    "always_cooperate": scripted_player(always_cooperate),
    "always_defect": scripted_player(always_defect),
}
