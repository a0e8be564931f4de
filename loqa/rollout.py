"""Plays one episode of the iterated game with two given policies."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from common import ipd
from loqa.networks import Agent, Evaluation, Params


class Trajectory(NamedTuple):
    """One episode. T steps, P players, E entries of an observation, A actions."""

    observations: Array  # [T + 1, P, E], the last one is seen after the last step
    actions: Array  # [T, P] int32
    rewards: Array  # [T, P]
    log_policies: Array | None = None  # [T, P, A], if it is cheaper to keep than to compute again
    opponents: tuple[Evaluation, ...] | None = None  # of all seats but ours, likewise


class _Carry(NamedTuple):
    state: ipd.MatrixGameState
    memories: tuple[Any, Any]  # of the two policies


def behaviour_probs(probs: Array, exploration: float) -> Array:
    """Mixes a policy with uniform play: (1 - epsilon) pi + epsilon / A. Shape [..., A]."""
    return (1 - exploration) * probs + exploration / probs.shape[-1]


def rollout(
    game: ipd.MatrixGame,
    agents: tuple[Agent, Agent],
    params: tuple[Params, Params],
    key: Array,
    *,
    exploration: float = 0.0,
) -> Trajectory:
    """Plays one episode.

    Args:
      game: parameters of the game.
      agents: the agent in seat 0 and the opponent in seat 1.
      params: their parameters.
      key: consumed.
      exploration: epsilon; at each step each player plays uniformly with this probability.

    Returns:
      The episode of `game.episode_length` steps.
    """
    # One number per player and step decides the action by the inverse of its distribution.
    uniforms = jax.random.uniform(key, (game.episode_length, game.num_players))

    def step(carry: _Carry, uniforms: Array) -> tuple[_Carry, Array]:
        observations = ipd.observe(game, carry.state)
        (memory, probs), (other_memory, other_probs) = (
            agent.act(*inputs)
            for agent, *inputs in zip(agents, params, carry.memories, observations, strict=True)
        )
        played = behaviour_probs(jnp.stack([probs, other_probs]), exploration)  # [P, A]
        cumulative = jnp.cumsum(played[:, :-1], axis=1)
        actions = jnp.sum(uniforms[:, None] >= cumulative, axis=1)
        state, _ = ipd.step(game, carry.state, actions)
        return _Carry(state, (memory, other_memory)), actions

    first = ipd.reset(game)
    memories = (agents[0].start(params[0]), agents[1].start(params[1]))
    _, actions = lax.scan(step, _Carry(first, memories), uniforms)
    # What was seen and earned follows from what was played: cheaper than storing it at every step.
    states = ipd.MatrixGameState(
        last_actions=jnp.concatenate([first.last_actions[None], actions]),  # [T + 1, P]
        time=jnp.arange(game.episode_length + 1),
    )
    observations = jax.vmap(lambda state: ipd.observe(game, state))(states)
    _, rewards = jax.vmap(lambda actions: ipd.step(game, first, actions))(actions)
    return Trajectory(observations, actions, rewards)
