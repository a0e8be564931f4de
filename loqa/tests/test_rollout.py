"""Tests of the rollout: moves follow the policies, observations and rewards follow the moves."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from common import ipd, ipd_values
from loqa import networks, recurrent
from loqa.networks import STATE_OBSERVATIONS, Params
from loqa.rollout import Trajectory, behaviour_probs, rollout
from loqa.tests import enumeration
from loqa.tests.random_parameters import random_parameters

NUM_STEPS = 10
NUM_EPISODES = 8192
GAME = ipd.MatrixGame(episode_length=NUM_STEPS)
TABULAR = networks.memory_one_agent("tabular", 1, 1, num_steps=NUM_STEPS)
POLICIES = jnp.asarray(np.random.default_rng(0).uniform(0.1, 0.9, (2, 5)), dtype=jnp.float32)


def table(policy: Array) -> Params:
    """Parameters of a tabular agent that cooperates so often; a rollout reads no critic."""
    return {"actor": jnp.log(jnp.stack([policy, 1 - policy], axis=1))}


@jax.jit
def play(policies: Array, key: Array, exploration: float = 0.0) -> Trajectory:
    """Many episodes of two memory-one policies [P, 5]; leading axis B."""
    params = (table(policies[0]), table(policies[1]))
    return jax.vmap(
        lambda key: rollout(GAME, (TABULAR, TABULAR), params, key, exploration=exploration)
    )(jax.random.split(key, NUM_EPISODES))


def states_from_actions(actions: np.ndarray) -> np.ndarray:
    """START, then 1 + 2 own + other of the step before. [B, T, P] to [B, T + 1, P]."""
    return np.pad(1 + 2 * actions + actions[..., ::-1], ((0, 0), (1, 0), (0, 0)))


def test_observations_and_rewards_follow_from_the_actions() -> None:
    episodes = jax.tree.map(np.asarray, play(POLICIES, jax.random.key(0)))
    joint = 2 * episodes.actions[..., 0] + episodes.actions[..., 1]
    np.testing.assert_array_equal(episodes.rewards, enumeration.PAYOFFS[joint])
    seen = np.array(STATE_OBSERVATIONS)[states_from_actions(episodes.actions)]
    np.testing.assert_array_equal(episodes.observations, seen)
    assert episodes.actions.dtype == np.int32


def test_tit_for_tat_against_always_defect_is_suckered_once() -> None:
    policies = jnp.array([ipd.TIT_FOR_TAT, ipd.ALWAYS_DEFECT])
    actions = play(policies, jax.random.key(0)).actions
    expected = np.ones((NUM_EPISODES, NUM_STEPS, 2))
    expected[:, 0, 0] = 0
    np.testing.assert_array_equal(actions, expected)


@pytest.mark.parametrize("exploration", [0.0, 0.2, 1.0])
def test_mean_rewards_are_exact_within_four_standard_errors(exploration: float) -> None:
    episodes = play(POLICIES, jax.random.key(1), exploration=exploration)
    returns = np.sum(episodes.rewards, axis=1)  # [B, P]
    mixed = (1 - exploration) * POLICIES + exploration / 2
    exact = ipd_values.finite_horizon_value(mixed, num_steps=NUM_STEPS)
    standard_errors = np.std(returns, axis=0) / np.sqrt(NUM_EPISODES)
    assert np.all(np.abs(np.mean(returns, axis=0) - exact) < 4 * standard_errors)
    assert np.all(standard_errors < 0.05)


@pytest.mark.parametrize("exploration", [0.0, 0.2])
def test_both_players_cooperate_as_often_as_their_policy_says(exploration: float) -> None:
    episodes = play(POLICIES, jax.random.key(2), exploration=exploration)
    actions = np.asarray(episodes.actions)
    states = states_from_actions(actions)[:, :-1]
    for player, state in np.ndindex(2, 5):
        chosen = actions[..., player][states[..., player] == state]
        expected = (1 - exploration) * POLICIES[player, state] + exploration / 2
        standard_error = np.sqrt(expected * (1 - expected) / len(chosen))
        assert abs(np.mean(chosen == ipd.COOPERATE) - expected) < 4 * standard_error


def test_players_explore_independently() -> None:
    actions = play(POLICIES, jax.random.key(3), exploration=1.0).actions
    counts = np.bincount(np.ravel(2 * actions[..., 0] + actions[..., 1]), minlength=4)
    num_moves = NUM_EPISODES * NUM_STEPS
    np.testing.assert_allclose(counts, num_moves / 4, atol=4 * np.sqrt(num_moves * 3 / 16))


def test_a_recurrent_player_acts_on_its_memory_of_the_episode() -> None:
    """Its moves agree with the probabilities of its evaluation of the finished episodes."""
    actor, critic = (recurrent.GruTower(size, networks.NUM_ACTIONS) for size in (4, 1))
    agent = recurrent.recurrent_agent(actor, critic, observation_size=4)
    params = random_parameters(agent, seed=1, scale=2.0)  # it remembers more than the last state

    @jax.jit
    def play_and_evaluate(key: Array) -> tuple[Array, Array]:
        seats = (agent, TABULAR), (params, table(POLICIES[1]))
        keys = jax.random.split(key, NUM_EPISODES)
        episodes = jax.vmap(lambda key: rollout(GAME, *seats, key))(keys)
        evaluations = jax.vmap(agent.evaluate, in_axes=(None, 0))(
            params, episodes.observations[:, :, 0]
        )
        return episodes.actions, evaluations.log_policy

    actions, log_policy = play_and_evaluate(jax.random.key(1))
    probs = np.exp(log_policy[:, :-1, ipd.COOPERATE])  # [B, T]
    surprise = (actions[..., 0] == ipd.COOPERATE) - probs
    for weights in (1, probs):
        tolerance = 4 * np.sqrt(np.sum(weights**2 * probs * (1 - probs)))
        assert abs(np.sum(weights * surprise)) < tolerance
    sees_mutual_defection = states_from_actions(np.asarray(actions))[:, 5, 0] == ipd.DD
    assert np.std(probs[sees_mutual_defection, 5]) > 0.2


def test_same_key_gives_the_same_episode_and_another_key_another() -> None:
    first, again, other = (play(POLICIES, jax.random.key(seed)) for seed in (0, 0, 1))
    jax.tree.map(np.testing.assert_array_equal, first, again)
    assert np.any(first.actions != other.actions)


def test_behaviour_is_a_mixture_with_uniform_play() -> None:
    probs = jnp.array([[1.0, 0.0], [0.3, 0.7]])
    mixed = behaviour_probs(probs, 0.2)
    np.testing.assert_allclose(mixed, [[0.9, 0.1], [0.34, 0.66]], rtol=1e-6)
