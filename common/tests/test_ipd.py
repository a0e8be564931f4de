"""Tests of the iterated matrix games: rules, and sampled play against exact values."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from common import ipd, ipd_values

GAMMA = 0.96
GAMES = {
    "prisoners_dilemma": ipd.PRISONERS_DILEMMA,
    "matching_pennies": ipd.MATCHING_PENNIES,
    "chicken": ipd.CHICKEN,
}


def random_policies(seed: int, num_policies: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.02, 0.98, (num_policies, 5))


def play(game: ipd.MatrixGame, policies: Array, key: Array) -> tuple[Array, Array]:
    """Samples one episode of two memory-one policies; rewards [T, P], observations [T, P, 4]."""

    def one_step(carry: tuple[ipd.MatrixGameState, Array], _: None) -> tuple:
        state, key = carry
        key, action_key = jax.random.split(key)
        observations = ipd.observe(game, state)
        states = ipd.memory_one_states(state)
        cooperates = jnp.take_along_axis(policies, states[:, None], axis=1)[:, 0]
        actions = jax.random.uniform(action_key, (2,)) >= cooperates
        state, rewards = ipd.step(game, state, actions)
        return (state, key), (rewards, observations)

    # The key is in the carry: the check of key reuse rejects a scan over keys inside a vmap.
    start = (ipd.reset(game), key)
    return jax.lax.scan(one_step, start, None, length=game.episode_length)[1]


@pytest.mark.parametrize("joint_action", range(4))
def test_step_pays_the_table_and_shows_both_players_their_own_view(joint_action: int) -> None:
    game = ipd.MatrixGame()
    first, second = divmod(joint_action, 2)
    state, rewards = ipd.step(game, ipd.reset(game), jnp.array([first, second]))
    np.testing.assert_array_equal(rewards, ipd.PRISONERS_DILEMMA[joint_action])
    expected = np.zeros((2, 4))
    expected[0, [first, 2 + second]] = 1  # I cooperated, I defected, other cooperated, defected
    expected[1, [second, 2 + first]] = 1
    np.testing.assert_array_equal(ipd.observe(game, state), expected)
    views = [ipd.CC + 2 * first + second, ipd.CC + 2 * second + first]
    np.testing.assert_array_equal(ipd.memory_one_states(state), views)
    assert state.time == 1


def test_observation_is_zero_before_the_first_step() -> None:
    game = ipd.MatrixGame()
    state = ipd.reset(game)
    np.testing.assert_array_equal(ipd.observe(game, state), np.zeros((2, 4)))
    np.testing.assert_array_equal(ipd.memory_one_states(state), [ipd.START, ipd.START])


def test_payoffs_of_other_games_match_their_definition() -> None:
    pennies, chicken = np.array(ipd.MATCHING_PENNIES), np.array(ipd.CHICKEN)
    np.testing.assert_array_equal(pennies.sum(axis=1), np.zeros(4))
    np.testing.assert_array_equal(pennies[:, 0], [1, -1, -1, 1])
    np.testing.assert_array_equal(chicken[:, 0], [0, -1, 1, -100])
    np.testing.assert_array_equal(chicken[:, 1], [0, 1, -1, -100])


@pytest.mark.parametrize("name", GAMES)
def test_rollouts_agree_with_exact_values_within_four_standard_errors(name: str) -> None:
    game = ipd.MatrixGame(payoffs=GAMES[name], episode_length=20)
    policies = jnp.asarray(random_policies(0), dtype=jnp.float32)
    keys = jax.random.split(jax.random.key(1), 20_000)
    rewards, _ = jax.jit(jax.vmap(lambda key: play(game, policies, key)))(keys)
    weights = GAMMA ** np.arange(20)
    for discount, returns in [(1.0, rewards.sum(1)), (GAMMA, (rewards.mT @ weights))]:
        exact = ipd_values.finite_horizon_value(
            policies, game.payoffs, num_steps=20, discount=discount
        )
        standard_error = np.std(returns, axis=0) / np.sqrt(len(returns))
        assert np.all(np.abs(np.mean(returns, axis=0) - exact) < 4 * standard_error)


def test_rollout_of_tit_for_tat_against_always_defect_is_suckered_once() -> None:
    game = ipd.MatrixGame(episode_length=3)
    policies = jnp.array([ipd.TIT_FOR_TAT, ipd.ALWAYS_DEFECT])
    rewards, observations = play(game, policies, jax.random.key(0))
    np.testing.assert_array_equal(rewards, [[-3, 0], [-2, -2], [-2, -2]])
    np.testing.assert_array_equal(observations[1:, 0], [[1, 0, 0, 1], [0, 1, 0, 1]])


def test_bad_parameters_are_refused_with_advice() -> None:
    with pytest.raises(ValueError, match=r"4 rows .* got shape \(2, 2\)"):
        ipd.MatrixGame(payoffs=((0, 1), (2, 3)))
    with pytest.raises(ValueError, match="episode_length must be positive, got 0; try 50"):
        ipd.MatrixGame(episode_length=0)
