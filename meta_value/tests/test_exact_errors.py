"""Tests of errors against exact values: of guesses, of the exact value itself, of look-aheads."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meta_value.config import MetaValueConfig
from meta_value.evaluation import exact_errors
from meta_value.games import BILINEAR, GAMES
from meta_value.meta_game import Setup
from meta_value.meta_value import MetaValue
from meta_value.tests.exact_networks import ExactNetwork


def test_relative_error_of_a_constant_guess_of_the_mean_is_one():
    known = np.random.default_rng(0).normal(size=(1000, 2)).astype(np.float32)
    mean = np.full_like(known, known.mean())
    assert exact_errors.relative_error(mean, known) == pytest.approx(1, rel=1e-3)
    assert exact_errors.relative_error(known, known) == 0


def test_a_network_that_holds_the_exact_value_has_no_error_at_any_gamma():
    game = GAMES["bilinear"]
    network = ExactNetwork(BILINEAR, game.step_size, "V")
    meta_value = MetaValue(network, game.objectives, "V")
    setup = Setup(MetaValueConfig(game="bilinear", form="V"), game, meta_value, None)
    exact = exact_errors.quadratic_values("bilinear")
    found = exact_errors.errors_by_gamma(setup, exact, (0.0, 0.5, 0.9), {}, jax.random.key(0))
    np.testing.assert_allclose(found, 0, atol=1e-5)
    naive = exact_errors.quadratic_values("concave")  # another game's
    wrong = exact_errors.errors_by_gamma(setup, naive, (0.5,), {}, jax.random.key(0))
    assert wrong[0] > 0.5


def test_the_last_look_ahead_changes_nothing_at_gamma_0_and_more_at_larger_gammas():
    remainders = jax.jit(
        lambda key: exact_errors.nested_remainders(GAMES["logistic"], 2, (0.0, 0.3, 0.9), key)
    )(jax.random.key(0))
    assert remainders[0] == 0
    assert 0 < remainders[1] < remainders[2]
    assert jnp.all(jnp.isfinite(remainders))
