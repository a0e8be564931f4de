"""Tests of the agents: what they see, and that a whole episode at once equals step by step."""

import functools
from typing import Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from common import ipd
from loqa import agents, networks
from loqa.config import IpdConfig
from loqa.networks import STATE_OBSERVATIONS, Agent, Params
from loqa.tests.random_parameters import random_parameters

NUM_STEPS = 6
STATES = np.array([0, 2, 1, 4, 3, 3, 1])  # [T + 1], each state at least once
OBSERVATIONS = jnp.array(STATE_OBSERVATIONS)[STATES]
Kind = Literal["tabular", "mlp", "gru"]
KINDS = get_args(Kind)


def agent_of(
    kind: Kind, num_steps: int = NUM_STEPS, *, actor_size: int = 8, critic_size: int = 16
) -> Agent:
    config = IpdConfig(
        actor=kind,
        episode_length=num_steps,
        actor_hidden_size=actor_size,
        critic_hidden_size=critic_size,
    )
    return agents.ipd_agent(config)


@functools.cache
def make(kind: Kind) -> tuple[Agent, Params]:
    agent = agent_of(kind)
    compiled = agent._replace(act=jax.jit(agent.act), evaluate=jax.jit(agent.evaluate))
    return compiled, random_parameters(agent, seed=0)


def mlp_by_hand(params: dict, inputs: np.ndarray) -> np.ndarray:
    """Dense, relu, Dense, relu, Dense in numpy."""
    hidden = inputs
    for number in range(3):
        layer = params["params"][f"Dense_{number}"]
        hidden = hidden @ np.asarray(layer["kernel"]) + np.asarray(layer["bias"])
        hidden = np.maximum(hidden, 0) if number < 2 else hidden
    return hidden


def log_softmax(logits: np.ndarray) -> np.ndarray:
    return logits - np.log(np.sum(np.exp(logits), axis=-1, keepdims=True))


def test_observations_name_the_five_states() -> None:
    game = ipd.MatrixGame()
    seen = [ipd.observe(game, ipd.reset(game))[0]]
    for joint in range(4):
        actions = jnp.array(divmod(joint, 2))
        state, _ = ipd.step(game, ipd.reset(game), actions)
        seen.append(ipd.observe(game, state)[0])
    np.testing.assert_array_equal(seen, STATE_OBSERVATIONS)
    indices = networks.state_index(jnp.stack(seen))
    np.testing.assert_array_equal(indices, [ipd.START, ipd.CC, ipd.CD, ipd.DC, ipd.DD])
    assert len(STATE_OBSERVATIONS) == networks.NUM_STATES


@pytest.mark.parametrize("kind", KINDS)
def test_playing_step_by_step_equals_evaluating_the_episode(kind: Kind) -> None:
    agent, params = make(kind)
    memory, probs = agent.start(params), []
    for observation in OBSERVATIONS:
        memory, step_probs = agent.act(params, memory, observation)
        probs.append(step_probs)
    evaluation = agent.evaluate(params, OBSERVATIONS)
    log_policy = evaluation.log_policy[evaluation.inputs]
    np.testing.assert_allclose(np.exp(log_policy), np.array(probs), rtol=1e-5)
    np.testing.assert_allclose(np.exp(log_policy).sum(axis=1), np.ones(NUM_STEPS + 1), rtol=1e-5)


@pytest.mark.parametrize("kind", ["tabular", "mlp"])
def test_memory_one_evaluation_equals_the_networks_at_each_step(kind: Kind) -> None:
    agent, params = make(kind)
    evaluation = agent.evaluate(params, OBSERVATIONS)
    timed = np.concatenate([OBSERVATIONS, np.arange(NUM_STEPS + 1.0)[:, None]], axis=1)
    q_values = mlp_by_hand(params["critic"], timed)
    if kind == "tabular":
        logits = np.asarray(params["actor"])[STATES]
    else:
        logits = mlp_by_hand(params["actor"], np.asarray(OBSERVATIONS))
    inputs = evaluation.inputs
    np.testing.assert_allclose(evaluation.q_values[inputs], q_values, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        evaluation.log_policy[inputs], log_softmax(logits), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize(("kind", "remembers"), [("tabular", False), ("mlp", False), ("gru", True)])
def test_only_the_recurrent_agent_remembers_more_than_one_step(kind: Kind, remembers: bool) -> None:
    agent, params = make(kind)

    def last_probs(observations: Array) -> Array:
        evaluation = agent.evaluate(params, observations)
        return evaluation.log_policy[evaluation.inputs[-1]]

    other_past = OBSERVATIONS.at[1].set(OBSERVATIONS[3])
    assert np.any(last_probs(OBSERVATIONS) != last_probs(other_past)) == remembers


@pytest.mark.parametrize("kind", KINDS)
def test_critic_knows_the_time_and_the_policy_does_not(kind: Kind) -> None:
    agent, params = make(kind)
    evaluation = agent.evaluate(params, jnp.broadcast_to(OBSERVATIONS[1], OBSERVATIONS.shape))
    q_values = np.asarray(evaluation.q_values[evaluation.inputs])
    assert len(np.unique(q_values[:, 0])) == NUM_STEPS + 1
    if kind != "gru":
        log_policy = np.asarray(evaluation.log_policy[evaluation.inputs])
        np.testing.assert_array_equal(log_policy, np.tile(log_policy[:1], (NUM_STEPS + 1, 1)))


def test_sizes_are_as_published() -> None:
    def shapes(kind: Kind, actor_size: int, critic_size: int) -> dict:
        agent = agent_of(kind, actor_size=actor_size, critic_size=critic_size)
        params = jax.eval_shape(agent.init, jax.random.key(0))
        return {
            name: {leaf.shape for leaf in jax.tree.leaves(params[name]) if leaf.ndim == 2}
            for name in ("actor", "critic")
        }

    critic = {(5, 16), (16, 16), (16, 2)}
    assert shapes("tabular", 8, 16) == {"actor": {(5, 2)}, "critic": critic}
    assert shapes("mlp", 8, 16) == {"actor": {(4, 8), (8, 8), (8, 2)}, "critic": critic}
    tower = {(32, 32), (32, 96), (32, 2)}  # the three gates of a GRU side by side
    expected = {"actor": {(4, 32), *tower}, "critic": {(5, 32), *tower}}
    assert shapes("gru", 32, 32) == expected


def test_the_table_starts_undecided() -> None:
    agent = agent_of("tabular")
    params = agent.init(jax.random.key(0))
    np.testing.assert_array_equal(params["actor"], np.zeros((5, 2)))
    np.testing.assert_array_equal(agent.start(params), np.full((5, 2), 0.5))


@pytest.mark.parametrize("kind", KINDS)
def test_actor_and_critic_start_from_different_keys(kind: Kind) -> None:
    agent = agent_of(kind, actor_size=8, critic_size=8)
    init = jax.jit(agent.init)
    first, other = init(jax.random.key(0)), init(jax.random.key(1))
    critic = [np.asarray(p["critic"]["params"]["Dense_1"]["kernel"]) for p in (first, other)]
    assert np.any(critic[0] != critic[1])
    if kind != "tabular":
        actor = np.asarray(first["actor"]["params"]["Dense_1"]["kernel"])
        assert actor.shape == critic[0].shape
        assert np.all(actor != critic[0])
