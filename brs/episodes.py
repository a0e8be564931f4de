"""Plays episodes of agent and detective, and of the agent with itself; and computes them again.

While an episode is played nothing is differentiated. A loss then replays it: from the observations
seen and the keys of the questions it computes again what the networks of agent and detective gave,
this time as functions of their parameters. With unchanged parameters the numbers are those played.

Shapes: T steps, P = 2 players (agent in seat 0), E entries of an observation, A actions, Q answers.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from brs import question_answering
from brs.games import Rules
from brs.networks import Agent, Detective
from brs.question_answering import AGENT, DETECTIVE, Present, Questions, draw

Params = Any


class Players(NamedTuple):
    """Who plays what, and how the detective asks."""

    rules: Rules
    agent: Agent
    detective: Detective
    questions: Questions


class Trajectory(NamedTuple):
    """What happened in one episode."""

    states: Any  # of the game before each step; leading axis T
    observations: Array  # [T, P, E]
    actions: Array  # [T, P] int32
    rewards: Array  # [T, P]
    log_probs: Array  # [T, P], of the actions when they were played
    answers: Array  # [T, Q], as the detective got them; [T, 0] in self-play
    question_keys: Array  # [T]


class Replay(NamedTuple):
    """What a player's networks give along an episode, as functions of its parameters."""

    carries: Any  # after each observation; leading axis T
    log_policies: Array  # [T, A]
    features: Array  # [T, ...], what its critic looks at


class _Place(NamedTuple):
    """Where an episode stands."""

    state: Any
    carries: tuple[Any, Any]  # of both players


def play_with_detective(
    players: Players, actor: Params, detective: Params, key: Array
) -> Trajectory:
    """Plays one episode of the agent in seat 0 and the detective in seat 1; consumes the key."""

    def second(carry: Any, seen: Array, present: Present, key: Array) -> tuple[Any, Array, Array]:
        answers = question_answering.answer(
            players.rules, players.agent, actor, players.questions, present, key
        )
        carry, logits, _ = players.detective.act(detective, carry, seen, answers)
        return carry, logits, answers

    return _play(players, actor, second, players.detective.start, key)


def play_with_itself(players: Players, actor: Params, key: Array) -> Trajectory:
    """Plays one episode of the agent in both seats; consumes the key."""

    def second(carry: Any, seen: Array, present: Present, key: Array) -> tuple[Any, Array, Array]:
        del present, key
        carry, logits, _ = players.agent.act(actor, carry, seen)
        return carry, logits, jnp.zeros(0)

    return _play(players, actor, second, players.agent.start, key)


def _play(players: Players, actor: Params, second: Any, start: Any, key: Array) -> Trajectory:
    rules = players.rules
    reset_key, uniform_key, step_key, question_key = jax.random.split(key, 4)
    uniforms = jax.random.uniform(uniform_key, (rules.num_steps, 2))
    step_keys = jax.random.split(step_key, rules.num_steps)
    question_keys = jax.random.split(question_key, rules.num_steps)

    def one(place: _Place, inputs: tuple[Array, Array, Array]) -> tuple[_Place, Trajectory]:
        uniform, step_key, question_key = inputs
        seen = rules.observe(place.state)
        first_carry, logits, _ = players.agent.act(actor, place.carries[0], seen[AGENT])
        present = Present(place.state, first_carry, logits)
        second_carry, other_logits, answers = second(
            place.carries[1], seen[DETECTIVE], present, question_key
        )
        log_policies = jax.nn.log_softmax(jnp.stack([logits, other_logits]))  # [P, A]
        actions = jax.vmap(draw)(log_policies, uniform)
        log_probs = log_policies[jnp.arange(2), actions]
        state, rewards = rules.step(place.state, actions, step_key)
        happened = Trajectory(
            place.state, seen, actions, rewards, log_probs, answers, jnp.zeros(())
        )
        return _Place(state, (first_carry, second_carry)), happened

    first = _Place(rules.reset(reset_key), (players.agent.start, start))
    _, trajectory = lax.scan(one, first, (uniforms, step_keys, question_keys))
    return trajectory._replace(question_keys=question_keys)


def replay_agent(players: Players, actor: Params, observations: Array) -> Replay:
    """The agent's networks along observations [T, E]."""

    def one(carry: Any, seen: Array) -> tuple[Any, Replay]:
        carry, logits, features = players.agent.act(actor, carry, seen)
        return carry, Replay(carry, jax.nn.log_softmax(logits), features)

    return lax.scan(one, players.agent.start, observations)[1]


def replay_answers(
    players: Players, actor: Params, trajectory: Trajectory, replay: Replay
) -> Array:
    """The answers along an episode as functions of the agent, with the keys of the play. [T, Q]."""

    def one(state: Any, carry: Any, log_policy: Array, key: Array) -> Array:
        present = Present(state, carry, log_policy)
        return question_answering.answer(
            players.rules, players.agent, actor, players.questions, present, key
        )

    return jax.vmap(one)(
        trajectory.states, replay.carries, replay.log_policies, trajectory.question_keys
    )


def replay_detective(
    players: Players, detective: Params, observations: Array, answers: Array
) -> Replay:
    """The detective's networks along observations [T, E] and answers [T, Q]."""

    def one(carry: Any, inputs: tuple[Array, Array]) -> tuple[Any, Replay]:
        carry, logits, features = players.detective.act(detective, carry, *inputs)
        return carry, Replay(carry, jax.nn.log_softmax(logits), features)

    return lax.scan(one, players.detective.start, (observations, answers))[1]


def at_taken(log_policies: Array, actions: Array) -> Array:
    """Log-probabilities [T] of the actions [T] under policies [T, A]."""
    return log_policies[jnp.arange(len(actions)), actions]
