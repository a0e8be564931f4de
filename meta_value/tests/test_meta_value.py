"""Tests of both forms of the meta-value: identities at gamma 0, own gradients, rewards, gammas."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meta_value import learners, losses
from meta_value.config import MetaValueConfig
from meta_value.games import BILINEAR, CONCAVE, GAMES, Game, quadratic_objectives
from meta_value.meta_game import Setup, make_setup
from meta_value.meta_value import MetaValue, arcsine_discounts
from meta_value.tests.exact_networks import ExactNetwork
from meta_value.train import path_of_learning, path_terms

STEP_SIZE = 0.5
SMALL = {"hidden_size": 8, "num_quantiles": 3, "path_length": 4}
GAMMAS = jnp.array([0.6, 0.9])


def learned(game, form, opponent="meva"):
    """An untrained small network, its parameters and a joint policy."""
    setup = make_setup(MetaValueConfig(game=game, form=form, opponent=opponent, **SMALL))
    policies = setup.game.draw(jax.random.key(1))
    params = setup.meta_value.network.init(jax.random.key(0), policies, jnp.zeros(2))
    return setup, params, policies


@pytest.mark.parametrize("form", ["V", "U"])
@pytest.mark.parametrize("forms", [CONCAVE, BILINEAR])
def test_the_exact_meta_value_has_neither_loss_nor_error(form, forms):
    """Bellman's equation through the very code that trains: path, rewards, returns, loss."""
    objectives = quadratic_objectives(forms)
    config = MetaValueConfig(game="bilinear", form=form, trace_decay=0.7, **SMALL)
    network = ExactNetwork(forms, STEP_SIZE, form)
    game = Game(objectives, GAMES["bilinear"].draw, STEP_SIZE)
    setup = Setup(config, game, MetaValue(network, objectives, form), None)
    start = jnp.array([[1.2], [-0.7]])
    path = path_of_learning(setup, {}, start, GAMMAS)
    assert np.abs(path[-1] - path[0]).max() > 0.1
    terms = path_terms(setup, {}, {}, path, GAMMAS)
    np.testing.assert_allclose(terms["td_error"], 0, atol=1e-5)
    np.testing.assert_allclose(terms["loss"], 0, atol=1e-9)
    # The value of the other form, with its rewards elsewhere, has an error: the test can fail.
    wrong = setup._replace(meta_value=setup.meta_value._replace(form="U" if form == "V" else "V"))
    assert np.abs(path_terms(wrong, {}, {}, path, GAMMAS)["td_error"]).max() > 1e-2


@pytest.mark.parametrize("form", ["U", "V"])
@pytest.mark.parametrize("game", ["ipd", "logistic"])
def test_targets_at_gamma_0_are_f_of_a_naive_step_in_the_u_form_and_f_in_the_v_form(game, form):
    """U(x; 0) = f(x + alpha gbar f(x)) and V(x; 0) = f(x), whatever is bootstrapped."""
    setup, params, start = learned(game, form)
    objectives, step_size = setup.game.objectives, setup.game.step_size

    @jax.jit
    def targets_and_expected(start):
        path = path_of_learning(setup, params, start, jnp.zeros(2))
        bootstrap = 100 * jnp.ones((*path.shape[:2], 3))
        rewards = setup.meta_value.rewards(path)
        x = path[:-1]
        if form == "U":
            x = x + step_size * jax.vmap(learners.naive(objectives))(x)
        expected = jax.vmap(objectives)(x)
        return losses.lambda_returns(rewards, bootstrap, jnp.zeros(2), 0.9), expected

    targets, expected = targets_and_expected(start)
    for quantile in range(3):
        np.testing.assert_allclose(targets[..., quantile], expected, rtol=2e-4, atol=1e-5)


def test_v_of_the_u_form_is_f_at_gamma_0_and_u_at_gamma_1():
    setup, params, policies = learned("ipd", "U")
    values = jax.jit(setup.meta_value.values)
    np.testing.assert_array_equal(
        values(params, policies, jnp.zeros(2)), jax.jit(setup.game.objectives)(policies)
    )
    quantiles = setup.meta_value.quantiles(params, policies, jnp.ones(2))
    np.testing.assert_allclose(
        values(params, policies, jnp.ones(2)), jnp.mean(quantiles, axis=1), rtol=1e-6
    )


def test_a_u_form_learner_without_foresight_is_a_naive_learner():
    setup, params, policies = learned("chicken", "U")
    field = jax.jit(setup.meta_value.field(params, jnp.zeros(2)))
    naive = jax.jit(learners.naive(setup.game.objectives))
    np.testing.assert_allclose(field(policies), naive(policies), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("form", ["U", "V"])
@pytest.mark.parametrize("game", ["ipd", "matching_pennies", "logistic", "bilinear"])
def test_each_player_climbs_its_own_value(form, game):
    """One backward pass gives what two separate gradients of V give."""
    setup, params, policies = learned(game, form)
    field = setup.meta_value.field(params, GAMMAS)
    own = learners.own_gradients(lambda x: setup.meta_value.values(params, x, GAMMAS))
    found, expected = (jax.jit(each)(policies) for each in (field, own))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("form", ["U", "V"])
@pytest.mark.parametrize("game", ["ipd", "chicken", "logistic"])
def test_values_and_directions_swap_with_the_players_to_float_precision(form, game):
    setup, params, policies = learned(game, form)

    @jax.jit
    def both(x, gammas):
        values = setup.meta_value.values(params, x, gammas)
        return values, setup.meta_value.field(params, gammas)(x)

    for found, swapped in zip(
        both(policies, GAMMAS), both(policies[::-1], GAMMAS[::-1]), strict=True
    ):
        np.testing.assert_allclose(found, swapped[::-1], rtol=2e-5, atol=2e-6)


def test_rewards_lie_at_the_end_of_a_step_in_the_u_form_and_at_its_start_in_the_v_form():
    path = jnp.arange(8.0).reshape(4, 2, 1)
    for form, expected in (("U", path[1:]), ("V", path[:-1])):
        meta_value = MetaValue(None, lambda x: x[:, 0], form)
        np.testing.assert_array_equal(meta_value.rewards(path), expected[..., 0])


def test_gammas_follow_the_arcsine_law_and_players_are_independent():
    """P(gamma < g) = 2 / pi asin(sqrt g); largest gap of 20000 draws below its 99.9 % point."""
    keys = jax.random.split(jax.random.key(0), 10_000)
    drawn = np.asarray(jax.vmap(arcsine_discounts)(keys))
    pooled = np.sort(drawn.ravel())
    gap = np.abs(2 / np.pi * np.arcsin(np.sqrt(pooled)) - np.arange(1, 20_001) / 20_000).max()
    assert gap < 1.95 / np.sqrt(20_000)
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 4 / np.sqrt(10_000)
