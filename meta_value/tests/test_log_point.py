"""Tests of what is measured: exploiters of known policies, the bias of the published long error."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meta_value.config import MetaValueConfig
from meta_value.evaluation import log_point, tournament
from meta_value.evaluation.returns_by_gamma import returns_by_gamma
from meta_value.games import CONCAVE, GAMES, Game, draw_starts, quadratic_objectives
from meta_value.meta_game import Setup, make_setup
from meta_value.meta_value import MetaValue
from meta_value.tests.exact_networks import ExactNetwork

SURE = 10.0
TIT_FOR_TAT = [SURE, SURE, -SURE, SURE, -SURE]
SMALL = {"hidden_size": 8, "num_quantiles": 3, "batch_size": 8}


def test_exploiters_ruin_the_trusting_and_gain_nothing_on_tit_for_tat():
    pairs = jnp.array([[[SURE] * 5] * 2, [TIT_FOR_TAT] * 2])
    run = jax.jit(lambda pairs, key: log_point.exploited_returns(GAMES["ipd"], pairs, key))
    trusting, tit_for_tat = run(pairs, jax.random.key(0))
    np.testing.assert_allclose(trusting, -3, atol=0.15)
    assert np.all(tit_for_tat > -2.1)


@pytest.mark.parametrize("form", ["U", "V"])
def test_exact_values_have_no_long_error_and_as_published_they_have_in_the_u_form(form):
    """The published one of the U form errs by (1 - gamma)(U - f), however good U is."""
    objectives = quadratic_objectives(CONCAVE)
    config = MetaValueConfig(game="concave", form=form, **SMALL)
    network = ExactNetwork(CONCAVE, 0.5, form)
    game = Game(objectives, GAMES["concave"].draw, 0.5)
    setup = Setup(config, game, MetaValue(network, objectives, form), None)
    found = log_point.long_td_errors(setup, {}, jax.random.key(0))
    np.testing.assert_allclose(found["long_td_error"], 0, atol=1e-5)
    biased = float(found["long_td_error_as_published"])
    assert biased > 0.05 if form == "U" else biased < 1e-5


@pytest.mark.usefixtures("keys_unchecked")
def test_returns_are_of_the_pairing_that_was_trained(monkeypatch):
    """With gamma 0 a learner against a naive one is a naive pair from the same starts."""
    monkeypatch.setattr(log_point, "DISCOUNT", 0.0)
    config = MetaValueConfig(game="ipd", opponent="naive", **SMALL)
    setup = make_setup(config)
    key, start_key = jax.random.split(jax.random.key(1))
    params = jax.jit(setup.meta_value.network.init)(key, jnp.zeros((2, 5)), jnp.zeros(2))
    found = jax.jit(lambda key: log_point.evaluate(setup, params, key))(start_key)
    assert "self_play" not in found
    starts = draw_starts(setup.game, jax.random.split(start_key, 3)[0], SMALL["batch_size"])
    naive = tournament.untrained_learners(setup.game)["naive"]
    returns = jax.jit(lambda x: tournament.play(setup.game, [(naive, naive)], x)[0])(starts)
    pair = [found["return_of_first"], found["return_of_second"]]
    np.testing.assert_allclose(pair, jnp.mean(returns, axis=0), rtol=1e-3)


def test_matching_pennies_at_gamma_0_is_even():
    """Seats right: what the first wins the second loses, and neither is favoured."""
    config = MetaValueConfig(game="matching_pennies", opponent="naive", **SMALL)
    setup = make_setup(config)
    key, start_key = jax.random.split(jax.random.key(1))
    params = jax.jit(setup.meta_value.network.init)(key, jnp.zeros((2, 5)), jnp.zeros(2))

    def returns(key):
        return returns_by_gamma(
            setup, params, key, jnp.zeros((1, 2)), num_starts=256, num_steps=100
        )

    first, second = np.asarray(jax.jit(returns)(start_key))[0]
    assert first == pytest.approx(-second, abs=1e-5)
    assert abs(first) < 4 * 0.5 / 16  # a trial's spread is about one half
