"""Tests of the games: hand-worked returns, an independent implementation, symmetries."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meta_value import learners
from meta_value.games import GAMES, logistic_objectives, quadratic_objectives
from meta_value.tests import reference

REPEATED = ("ipd", "matching_pennies", "chicken")
SURE = 40.0  # a logit whose probability is 1 to double precision
ALWAYS, NEVER = [SURE] * 5, [-SURE] * 5
TIT_FOR_TAT = [SURE, SURE, -SURE, SURE, -SURE]  # START, CC, CD, DC, DD, own action first


@pytest.mark.parametrize("game", REPEATED)
def test_returns_match_the_notebooks_conventions_in_numpy(game, double_precision):
    policies = np.random.default_rng(1).normal(size=(20, 2, 5))
    ours = jax.jit(jax.vmap(GAMES[game].objectives))(jnp.asarray(policies))
    theirs = [
        [reference.repeated_return(game, i, *map(reference.from_ours, pair)) for i in (0, 1)]
        for pair in policies
    ]
    np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    ("game", "pair", "returns"),
    [
        ("ipd", (ALWAYS, ALWAYS), (-1, -1)),
        ("ipd", (NEVER, NEVER), (-2, -2)),
        ("ipd", (NEVER, ALWAYS), (0, -3)),
        # Sucker's payoff once, with weight 1 - delta, then mutual defection.
        ("ipd", (TIT_FOR_TAT, NEVER), (-0.04 * 3 - 0.96 * 2, -0.96 * 2)),
        ("chicken", (NEVER, NEVER), (-100, -100)),
        ("chicken", (NEVER, ALWAYS), (1, -1)),
        ("matching_pennies", (ALWAYS, ALWAYS), (1, -1)),
        ("matching_pennies", (NEVER, ALWAYS), (-1, 1)),
    ],
)
def test_hand_worked_returns(game, pair, returns, double_precision):
    np.testing.assert_allclose(
        jax.jit(GAMES[game].objectives)(jnp.array(pair)), returns, atol=1e-12
    )


def test_logistic_game_in_numbers(double_precision):
    """Both stable points with their returns, and the saddle (from the published notebook)."""
    field = learners.naive(logistic_objectives)
    for at, value in ((-5.0307, -0.08968), (5.0307, 3.85839)):
        point = jnp.full((2, 1), at)
        last, _ = learners.ascend(field, point, 500, 1.0)
        np.testing.assert_allclose(last, point, atol=5e-5)
        np.testing.assert_allclose(logistic_objectives(last), value, atol=5e-6)
    np.testing.assert_allclose(logistic_objectives(jnp.zeros((2, 1))), 0.0, atol=1e-15)
    np.testing.assert_allclose(field(jnp.zeros((2, 1))), 0.0, atol=1e-15)


def test_logistic_returns_match_numpy(double_precision):
    points = np.random.default_rng(2).uniform(-8, 8, size=(50, 2))
    theirs = [[reference.logistic_return(i, *x) for i in (0, 1)] for x in points]
    np.testing.assert_allclose(
        jax.vmap(logistic_objectives)(jnp.asarray(points)[..., None]), theirs, rtol=1e-12
    )


@pytest.mark.parametrize("name", GAMES)
def test_a_symmetric_game_is_one_in_which_swapping_players_swaps_returns(name, double_precision):
    game = GAMES[name]
    policies = game.draw(jax.random.key(3)).astype(float)
    objectives = jax.jit(game.objectives)
    is_symmetric = np.allclose(objectives(policies), objectives(policies[::-1])[::-1], rtol=1e-12)
    assert is_symmetric == game.is_symmetric


@pytest.mark.parametrize("name", ["matching_pennies", "bilinear"])
def test_zero_sum_games_sum_to_zero(name, double_precision):
    policies = GAMES[name].draw(jax.random.key(4)).astype(float)
    np.testing.assert_allclose(jnp.sum(jax.jit(GAMES[name].objectives)(policies)), 0, atol=1e-13)


def test_quadratic_returns_are_half_the_form():
    """At (1, 2): half of 2 + 2 * 3 * 2, and half of -2 * 2 - 4 * 4."""
    objectives = quadratic_objectives((((2.0, 3.0), (3.0, 0.0)), ((0.0, -1.0), (-1.0, -4.0))))
    np.testing.assert_allclose(objectives(jnp.array([[1.0], [2.0]])), [7.0, -10.0])


def test_initial_policies_have_the_published_distributions():
    logit_key, uniform_key = jax.random.split(jax.random.key(5))
    logits = np.asarray(jax.vmap(GAMES["ipd"].draw)(jax.random.split(logit_key, 2000)))
    assert abs(logits.mean()) < 0.03
    assert abs(logits.std() - 1) < 0.03
    x = np.asarray(jax.vmap(GAMES["logistic"].draw)(jax.random.split(uniform_key, 2000)))
    assert x.min() < -7.9 < 7.9 < x.max()
    assert np.abs(x).max() <= 8
    assert abs(x.mean()) < 4 * 8 / np.sqrt(3 * x.size)
