"""Tests of the tournament: published cells from a fresh seed, seats, M-MAML's start and step."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meta_value import learners
from meta_value.evaluation import tournament
from meta_value.evaluation.tournament import Learner
from meta_value.games import GAMES, draw_starts

NUM_TRIALS = 512
# Section 6.1: return of the row player and of the column player, mean and standard error of 1024
# trials. LOLA against itself in chicken crashes now and then: its median, of a calculation of 1024.
CELLS = {
    ("ipd", "naive", "naive"): ((-1.988, 0.003), (-1.988, 0.003)),
    ("ipd", "naive", "lola"): ((-1.377, 0.015), (-1.357, 0.014)),
    ("ipd", "lola", "lola"): ((-1.041, 0.005), (-1.041, 0.005)),
    ("chicken", "naive", "naive"): ((-0.049, 0.023), (-0.049, 0.023)),
    ("chicken", "naive", "lola"): ((-0.402, 0.017), (0.377, 0.017)),
    ("matching_pennies", "naive", "naive"): ((0.009, 0.015), (-0.009, 0.015)),
    ("matching_pennies", "naive", "lola"): ((0.028, 0.016), (-0.028, 0.016)),
    ("matching_pennies", "lola", "lola"): ((0.027, 0.015), (-0.027, 0.015)),
}


PAIRINGS = (("naive", "naive"), ("naive", "lola"), ("lola", "lola"))


@pytest.fixture(scope="module")
def returns_of():
    """Final returns [N, P] of pairings of naive learners and LOLA, from a seed of no record."""

    @cache
    def of_game(name):
        game = GAMES[name]
        kinds = tournament.untrained_learners(game)
        pairs = [(kinds[first], kinds[second]) for first, second in PAIRINGS]

        def trials(key):
            return tournament.play(game, pairs, draw_starts(game, key, NUM_TRIALS))

        returns = np.asarray(jax.jit(trials)(jax.random.key(20_231_121)))
        return dict(zip(PAIRINGS, returns, strict=True))

    return lambda game, first, second: of_game(game)[first, second]


@pytest.mark.parametrize(
    ("pairing", "cell"),
    [
        pytest.param(*each, marks=[pytest.mark.slow] if "matching_pennies" in each[0] else [])
        for each in CELLS.items()
    ],
)
def test_cells_of_naive_learners_and_lola_are_within_four_standard_errors(
    returns_of, pairing, cell
):
    returns = returns_of(*pairing)
    for seat, (mean, error) in enumerate(cell):
        ours = np.std(returns[:, seat]) / np.sqrt(NUM_TRIALS)
        assert abs(np.mean(returns[:, seat]) - mean) < 4 * np.hypot(error, ours)


def test_lola_against_itself_in_chicken_has_the_published_median_and_a_tail(returns_of):
    returns = returns_of("chicken", "lola", "lola")
    assert np.median(returns[:, 0]) == pytest.approx(-0.007, abs=0.005)
    assert returns.min() < -50


def test_each_seat_uses_its_own_step_and_start():
    """One naive step on the concave game, f_i = -x_i^2 / 2: x_i becomes (1 - a_i) x_i."""
    game = GAMES["concave"]
    field = learners.naive(game.objectives)
    first = Learner(field, jnp.array([[0.01], [0.9]]), initial=jnp.array([[3.0], [100.0]]))
    second = Learner(field, jnp.array([[0.9], [0.02]]))
    starts = jnp.array([[[1.0], [2.0]]])
    returns = tournament.play(game, [(first, second)], starts)[0, 0]
    ends = np.array([3 * 0.99**tournament.NUM_STEPS, 2 * 0.98**tournament.NUM_STEPS])
    np.testing.assert_allclose(returns, -0.5 * ends**2, rtol=1e-3)


def test_every_pairing_of_a_scan_has_the_field_the_steps_and_the_starts_of_its_two_learners():
    """Against learning along its own field; each kind in both seats, one with its own start."""
    game = GAMES["ipd"]
    kinds = tournament.untrained_learners(game)
    own_start = Learner(kinds["naive"].field, jnp.array([[3.0], [7.0]]), jnp.ones((2, 5)))
    pairs = [
        (kinds["naive"], kinds["lola"]),
        (kinds["lola"], kinds["naive"]),
        (own_start, kinds["naive"]),
        (kinds["naive"], own_start),
    ]
    starts = draw_starts(game, jax.random.key(1), 3)
    found = jax.jit(lambda starts: tournament.play(game, pairs, starts))(starts)
    for index, (first, second) in enumerate(pairs):
        field = learners.against(first.field, second.field)
        steps = jnp.stack([first.step_sizes[0], second.step_sizes[1]])
        x = starts
        x = x.at[:, 0].set(1.0) if first is own_start else x
        x = x.at[:, 1].set(1.0) if second is own_start else x
        along = jax.jit(
            jax.vmap(
                lambda x, field=field, steps=steps: learners.ascend(
                    field, x, tournament.NUM_STEPS, steps
                )[0]
            )
        )
        np.testing.assert_allclose(found[index], jax.vmap(game.objectives)(along(x)), atol=2e-3)


def test_summaries_name_what_each_seat_gets():
    returns = jnp.array([[1.0, 5.0], [3.0, 5.0], [8.0, 5.0]])
    found = tournament.summaries("naive", "lola", returns)
    assert (found["naive_vs_lola"], found["naive_vs_lola_median"]) == (4, 3)
    np.testing.assert_allclose(
        found["naive_vs_lola_standard_error"], np.std([1, 3, 8]) / np.sqrt(3), rtol=1e-6
    )
    assert (found["lola_vs_naive"], found["lola_vs_naive_standard_error"]) == (5, 0)
    assert "naive_vs_naive_second_seat" in tournament.summaries("naive", "naive", returns)
