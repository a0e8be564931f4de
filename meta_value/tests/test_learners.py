"""Tests of the learners' directions against an independent numpy implementation, and of limits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meta_value import learners
from meta_value.games import GAMES
from meta_value.tests import reference

REPEATED = ("ipd", "matching_pennies", "chicken")
LOGISTIC = GAMES["logistic"].objectives


def random_pairs(count, seed=1):
    return np.random.default_rng(seed).normal(size=(count, 2, 5))


def ours_and_theirs(field, rule, count):
    """Directions at random policies, ours and the reference's in our order of states."""
    pairs = random_pairs(count)
    ours = np.asarray(jax.jit(jax.vmap(field))(jnp.asarray(pairs)))
    theirs = [
        [reference.from_ours(row) for row in rule(*map(reference.from_ours, pair))]
        for pair in pairs
    ]
    return ours, np.array(theirs)


@pytest.mark.parametrize("game", REPEATED)
def test_naive_directions_match_numpy(game, double_precision):
    field = learners.naive(GAMES[game].objectives)
    ours, theirs = ours_and_theirs(field, lambda x, y: reference.naive(game, x, y), 10)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("game", REPEATED)
def test_lola_directions_match_numpy(game, double_precision):
    look_ahead = GAMES[game].step_size
    field = learners.lola(GAMES[game].objectives, look_ahead)
    ours, theirs = ours_and_theirs(field, lambda x, y: reference.lola(game, x, y, look_ahead), 4)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)


def test_exact_look_ahead_is_taylor_lola_and_the_term_that_it_drops_to_first_order(
    double_precision,
):
    """D_exact - D_Taylor - a (d2 f_i / dx_i dx_j) df_j/dx_j is of second order in a.

    The dropped term is the change of a player's own naive gradient where the other will stand.
    """
    objectives = GAMES["ipd"].objectives
    x = jnp.asarray(random_pairs(1)[0])
    naive = learners.naive(objectives)

    def dropped(look_ahead):
        directions = naive(x)
        rows = []
        for player in (0, 1):
            step = jnp.zeros_like(x).at[1 - player].set(directions[1 - player])
            rows.append(jax.jvp(naive, (x,), (step,))[1][player])
        return look_ahead * jnp.stack(rows)

    @jax.jit
    def remainder(look_ahead):
        exact = learners.hola(objectives, look_ahead)(x)
        return jnp.linalg.norm(
            exact - learners.lola(objectives, look_ahead)(x) - dropped(look_ahead)
        )

    large, small = remainder(1e-2), remainder(1e-3)
    assert large > 0
    assert large / small == pytest.approx(100, rel=0.1)
    without = [jax.jit(rule(objectives, 0.0))(x) for rule in (learners.hola, learners.lola)]
    np.testing.assert_allclose(without, [jax.jit(naive)(x)] * 2, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_hola_matches_differences_of_what_is_anticipated(order, double_precision):
    field = jax.jit(learners.hola(LOGISTIC, 1.5, order))
    for point in np.random.default_rng(7).uniform(-3, 3, size=(4, 2)):
        expected = reference.logistic_hola(order, 1.5, point)
        np.testing.assert_allclose(field(jnp.asarray(point)[:, None])[:, 0], expected, atol=1e-6)


def test_look_ahead_may_differ_by_player(double_precision):
    """With look-aheads (a, 0) player 1 is LOLA and player 2 naive."""
    x = jnp.array([[0.7], [-0.4]])
    objectives = learners.after_others_step(LOGISTIC, learners.naive(LOGISTIC), jnp.array([2.0, 0]))
    directions = learners.own_gradients(objectives)(x)
    np.testing.assert_allclose(directions[0], learners.hola(LOGISTIC, 2.0)(x)[0])
    np.testing.assert_allclose(directions[1], learners.naive(LOGISTIC)(x)[1])


@pytest.mark.parametrize("name", ["logistic", "ipd", "chicken"])
def test_directions_swap_with_the_players_in_symmetric_games(name, double_precision):
    game = GAMES[name]
    x = game.draw(jax.random.key(2)).astype(float)
    for field in (
        learners.naive(game.objectives),
        learners.lola(game.objectives, game.step_size),
    ):
        field = jax.jit(field)
        np.testing.assert_allclose(field(x[::-1])[::-1], field(x), rtol=1e-9, atol=1e-12)


def test_against_seats_the_first_kind_in_seat_0():
    field = learners.against(lambda x: x, lambda x: -x)
    np.testing.assert_array_equal(field(jnp.array([[1.0], [2.0]])), [[1.0], [-2.0]])


def test_ascend_moves_both_at_once_and_remembers_where_they_were():
    """On f_i = -x_i^2 / 2 every step multiplies x_i by 1 - alpha_i."""
    field = learners.naive(GAMES["concave"].objectives)
    start = jnp.array([[1.0], [2.0]])
    last, earlier = learners.ascend(field, start, 3, jnp.array([[0.5], [0.25]]))
    np.testing.assert_allclose(last, [[0.125], [2 * 0.75**3]], rtol=1e-6)
    np.testing.assert_allclose(earlier[:, 0, 0], [1, 0.5, 0.25])
