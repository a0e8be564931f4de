"""Tests of the meta-values that are known without learning: closed forms and Bellman's equation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meta_value import learners
from meta_value.evaluation.exact_meta_value import (
    concave_curvature,
    nested_meta_value,
    quadratic_meta_value,
)
from meta_value.games import BILINEAR, CONCAVE, GAMES, quadratic_objectives

GAMMAS = jnp.array([0.6, 0.9])
STEP_SIZE = 0.5


@pytest.mark.parametrize("discount", [0.0, 0.3, 0.9, 0.99])
def test_curvature_of_one_player_solves_its_cubic(discount):
    """c = (1 - g) + g c (1 - alpha c)^2; with g = 0 it is that of f, with foresight it is less."""
    c = concave_curvature(discount, STEP_SIZE)
    assert c == pytest.approx((1 - discount) + discount * c * (1 - STEP_SIZE * c) ** 2, abs=1e-12)
    assert 0 < c <= 1
    assert (c == 1) == (discount == 0)


@pytest.mark.parametrize("discount", [0.0, 0.5, 0.95])
def test_players_apart_have_the_closed_form_of_one_player(discount, double_precision):
    values = quadratic_meta_value(jnp.array(CONCAVE), jnp.full(2, discount), STEP_SIZE)
    curvature = concave_curvature(discount, STEP_SIZE)
    np.testing.assert_allclose(values, curvature * np.array(CONCAVE), atol=1e-10)


def test_curvature_is_the_discounted_sum_along_the_path():
    """f(x_t) = -(1 - alpha c)^(2t) x_0^2 / 2 of who climbs V = -c x^2 / 2."""
    c = concave_curvature(0.9, STEP_SIZE)
    powers = np.arange(2000)
    summed = 0.1 * np.sum(0.9**powers * (1 - STEP_SIZE * c) ** (2 * powers))
    assert c == pytest.approx(summed, rel=1e-9)


@pytest.mark.parametrize("forms", [CONCAVE, BILINEAR])
@pytest.mark.parametrize("discounts", [GAMMAS, jnp.array([0.0, 0.5]), jnp.array([0.95, 0.95])])
def test_bellmans_equation_has_no_residual_at_the_exact_value(forms, discounts, double_precision):
    """In the V form, and of U(x) = V(x') in the U form."""
    discounts = discounts.astype(float)
    objectives = quadratic_objectives(forms)
    values = quadratic_objectives(quadratic_meta_value(jnp.array(forms), discounts, STEP_SIZE))
    x = jnp.array([[0.7], [-1.3]])

    def following(x):
        return x + STEP_SIZE * learners.own_gradients(values)(x)

    residual = (1 - discounts) * objectives(x) + discounts * values(following(x)) - values(x)
    np.testing.assert_allclose(residual, 0, atol=1e-10)
    later = following(x)
    of_next = (1 - discounts) * objectives(later) + discounts * values(following(later))
    np.testing.assert_allclose(of_next - values(later), 0, atol=1e-10)
    assert np.abs(objectives(x) - values(x)).max() > 1e-3  # it is not f itself


def test_a_player_without_foresight_has_f_for_its_meta_value(double_precision):
    values = quadratic_meta_value(jnp.array(BILINEAR), jnp.array([0.0, 0.5]), STEP_SIZE)
    np.testing.assert_allclose(values[0], np.array(BILINEAR)[0], atol=1e-12)
    assert not np.allclose(values[1], np.array(BILINEAR)[1], atol=1e-2)


def test_foresight_tames_the_spiral_of_opposed_interests(double_precision):
    """Naive steps leave the origin, |M| = sqrt(1 + alpha^2); with foresight they come back."""

    def spectral_radius(discount):
        values = quadratic_meta_value(jnp.array(BILINEAR), jnp.full(2, discount), STEP_SIZE)
        step = np.eye(2) + STEP_SIZE * np.stack([values[0, 0], values[1, 1]])
        return np.abs(np.linalg.eigvals(step)).max()

    assert spectral_radius(0.0) == pytest.approx(np.sqrt(1 + STEP_SIZE**2))
    assert spectral_radius(0.9) < spectral_radius(0.5) < spectral_radius(0.0)
    assert spectral_radius(0.9) < 1


def test_nested_value_is_bellmans_equation_applied_again(double_precision):
    game = GAMES["logistic"]
    x = jnp.array([[1.0], [-2.0]])

    def nested(depth):
        return nested_meta_value(game.objectives, GAMMAS.astype(float), 1.0, depth)

    np.testing.assert_array_equal(nested(0)(x), game.objectives(x))
    for depth in (1, 2):
        following = x + learners.own_gradients(nested(depth - 1))(x)
        expected = (1 - GAMMAS) * game.objectives(x) + GAMMAS * nested(depth - 1)(following)
        np.testing.assert_allclose(nested(depth)(x), expected, rtol=1e-12)


def test_nested_value_approaches_the_closed_form(double_precision):
    x = jnp.array([[1.5], [-0.5]])
    exact = quadratic_objectives(quadratic_meta_value(jnp.array(CONCAVE), GAMMAS, STEP_SIZE))(x)

    def error(depth):
        objectives = quadratic_objectives(CONCAVE)
        nested = nested_meta_value(objectives, GAMMAS.astype(float), STEP_SIZE, depth)
        return np.abs(nested(x) - exact).max()

    errors = [error(depth) for depth in (0, 1, 2, 4)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.3 * errors[0]


def test_without_foresight_every_depth_is_f(double_precision):
    game = GAMES["logistic"]
    x = game.draw(jax.random.key(0)).astype(float)
    found = nested_meta_value(game.objectives, jnp.zeros(2), 1.0, 2)(x)
    np.testing.assert_allclose(found, game.objectives(x), rtol=1e-12)
