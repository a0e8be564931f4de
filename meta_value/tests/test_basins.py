"""Tests of where learning ends in the Logistic Game, against published counts of 841 starts."""

import jax
import numpy as np
import pytest

from meta_value import learners
from meta_value.evaluation import basins
from meta_value.games import GAMES

GAME = GAMES["logistic"]


@pytest.fixture(scope="module")
def ends_of():
    """Final positions from the whole grid in double precision, by order and look-ahead."""

    def compute(order, look_ahead):
        field = learners.hola(GAME.objectives, look_ahead, order)
        with jax.enable_x64(True):
            last = jax.jit(lambda starts: basins.ends(GAME, field, starts))(basins.grid())
        return np.asarray(last)[..., 0]

    return compute


# Shares of 29 x 29: .529, .517, .536, .554 and .247, and starts that diverge (section 6.4).
@pytest.mark.parametrize(
    ("order", "look_ahead", "num_to_b", "num_diverged"),
    [
        (1, 1.0, 445, 0),
        (1, 10.0, 435, 0),
        (2, 1.0, 451, 0),
        (2, 10.0, 466, 23),
        (2, 20.0, 208, 163),
    ],
)
def test_counts_of_lola_and_hola(ends_of, order, look_ahead, num_to_b, num_diverged):
    last = ends_of(order, look_ahead)
    assert np.sum(np.all(last > 0, axis=1)) == num_to_b
    assert np.sum(~np.isfinite(last).all(axis=1)) == num_diverged


def test_count_of_lola_with_the_largest_look_ahead_is_right_but_for_chaos(ends_of):
    """509, or .605; a start moved by 1e-15 may end elsewhere: 505 to 511 were seen."""
    assert abs(int(np.sum(np.all(ends_of(1, 20.0) > 0, axis=1))) - 508) <= 4


def test_naive_learning_sends_half_to_each_stable_point(ends_of):
    """But for the antidiagonal, which flows to the saddle and is decided by rounding."""
    last, starts = ends_of(0, 0.0), np.asarray(basins.grid())[..., 0]
    decided = np.abs(starts.sum(axis=1)) > 1e-3
    reached = np.all(last > 0, axis=1)
    np.testing.assert_array_equal(reached[decided], starts.sum(axis=1)[decided] > 0)
    assert (decided.sum(), reached[decided].sum()) == (812, 406)
    np.testing.assert_allclose(np.abs(last[decided]), basins.POINT_B, atol=0.05)


def test_distance_to_b_is_euclidean():
    ends = np.array([[[basins.POINT_B], [basins.POINT_B]], [[basins.POINT_B + 3], [1.0307]]])
    np.testing.assert_allclose(basins.distance_to_b(ends), [0, 5], atol=1e-6)
