"""Tests of the aligned advantage: the sheet's worked vectors, players, quadrants, estimators."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advantage_alignment import advantages
from advantage_alignment.advantages import Quadrants

OWN = jnp.array([1.0, -2.0, 0.5, 3.0])
OTHER = jnp.array([0.5, 1.0, -1.0, 2.0])
PAIR = jnp.stack([OWN, OTHER], axis=1)  # [T, P]

# Worked by hand with gamma = .9, beta = 2.
WORKED = {
    "discounted": [1.0, -0.38, 2.282, 1.4124],
    "outer_discounted": [1.0, -0.20, 2.12, 1.542],
    "damped_mean": [1.0, -1.0, 7 / 6, 2.5],
    "mean": [1.0, 0.0, 1.5, 7 / 3],
    # By the docstring: weights 0, .9, -1.071 and .9 times .6561 less 1.62 plus .5.
    "dice": [1.0, -0.2, 0.5 + 2 * 1.071, 3 + 4 * 0.9 * (0.6561 - 1.62 + 0.5)],
}


def align(pair=PAIR, **options):
    return advantages.align_advantages(pair, **{"beta": 2.0, "discount": 0.9, **options})


@pytest.mark.parametrize("weighting", advantages.WEIGHTINGS)
def test_aligned_advantages_match_hand_computed_values(weighting):
    np.testing.assert_allclose(
        align(weighting=weighting)[:, 0], WORKED[weighting], rtol=1e-5, atol=1e-6
    )


def test_past_sums_match_hand_computed_values():
    np.testing.assert_allclose(
        advantages.past_sums(OWN, 0.9), [0, 0.9, -0.99, -0.441], rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("weighting", advantages.WEIGHTINGS)
def test_each_weighting_matches_its_double_sum(weighting):
    """Brute force of the formulas of the docstrings, on a longer random trajectory."""
    gamma, values = 0.93, np.random.default_rng(0).normal(size=9)

    def weight(t):
        past = range(t)
        return {
            "discounted": gamma * sum(gamma ** (t - k) * values[k] for k in past),
            "outer_discounted": gamma**t * sum(values[k] for k in past),
            "damped_mean": sum(values[k] for k in past) / (1 + t),
            "mean": sum(values[k] for k in past) / max(t, 1),
            "dice": gamma * sum((0.9 * gamma) ** (t - k - 1) * values[k] for k in past),
        }[weighting]

    computed = advantages.WEIGHTINGS[weighting](jnp.asarray(values), gamma)
    np.testing.assert_allclose(computed, [weight(t) for t in range(9)], rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("weighting", advantages.WEIGHTINGS)
def test_first_step_and_beta_zero_are_not_shaped(weighting):
    np.testing.assert_array_equal(align(weighting=weighting)[0], PAIR[0])
    np.testing.assert_array_equal(align(weighting=weighting, beta=0.0), PAIR)


def test_present_advantage_is_no_part_of_the_past():
    """Changing our A_t changes A*_t by as much, and no earlier entry."""
    changed = align(PAIR.at[2, 0].add(1.0))[:, 0] - align()[:, 0]
    np.testing.assert_allclose(changed[:3], [0, 0, 1], atol=1e-6)


def test_swapping_the_players_swaps_the_result():
    np.testing.assert_allclose(align(PAIR[:, ::-1]), align()[:, ::-1], rtol=1e-6)


def test_many_players_meet_the_sum_of_the_others():
    """Eq. 68: with three players, player 0 aligned with a player whose advantage is the sum."""
    third = jnp.array([-0.3, 0.2, 0.9, -1.4])
    three = align(jnp.stack([OWN, OTHER, third], axis=1))
    merged = align(jnp.stack([OWN, OTHER + third], axis=1))
    np.testing.assert_allclose(three[:, 0], merged[:, 0], rtol=1e-5, atol=1e-6)


def test_other_estimates_stand_for_the_present_only():
    zero = align(others=jnp.zeros_like(PAIR))
    np.testing.assert_array_equal(zero, PAIR)
    doubled = align(others=2 * PAIR)
    np.testing.assert_allclose(doubled - PAIR, 2 * (align() - PAIR), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kept", list(itertools.product((False, True), repeat=4)))
def test_quadrants_are_removed_one_by_one(kept):
    """All subsets, on four steps whose products fall into the four quadrants in turn."""
    own, other = jnp.array([1.0, 0.5, -9.0, 0.5, 0.5]), jnp.array([9.0, 2.0, -3.0, 4.0, -5.0])
    # C = [0, 1, 1.5, -7.5, -7]: cooperative, empathetic, vengeful, spiteful.
    quadrants = Quadrants(*kept)
    pair = jnp.stack([own, other], axis=1)
    aligned = advantages.align_advantages(
        pair, beta=1.0, discount=1.0, weighting="discounted", quadrants=quadrants
    )
    expected = own + jnp.array([0.0, 2.0, -4.5, -30.0, 35.0]) * jnp.array([1, *kept])
    np.testing.assert_allclose(aligned[:, 0], expected, rtol=1e-5)


def test_no_gradient_flows_into_the_advantages():
    assert not jnp.any(jax.grad(lambda pair: jnp.sum(align(pair) ** 2))(PAIR))


def test_estimators_match_hand_computed_values():
    rewards, values = jnp.array([1.0, 0.0, 2.0]), jnp.array([0.5, 1.0, -1.0, 4.0])
    deltas = [1 + 0.5 - 0.5, 0 - 0.5 - 1.0, 2 + 2 + 1.0]
    np.testing.assert_allclose(advantages.td_errors(rewards, values, 0.5), deltas)
    gae = [1 + 0.25 * (-1.5 + 0.25 * 5), -1.5 + 0.25 * 5, 5]
    np.testing.assert_allclose(advantages.generalized_advantages(rewards, values, 0.5, 0.5), gae)
    returns = [1.5 - 0.5, 1 - 1.0, 2 + 1.0]
    np.testing.assert_allclose(advantages.return_advantages(rewards, values, 0.5), returns)


def test_a_critic_of_returns_that_is_not_told_the_step_finds_every_step_good():
    """Constant rewards r: it can only learn V, the mean return, and r + gamma V - V > 0 always."""
    rewards, discount = jnp.full(50, 0.4), 0.96
    returns = advantages.discounted_sums(rewards, discount)
    blind = jnp.full(51, jnp.mean(returns))
    assert jnp.all(advantages.td_errors(rewards, blind, discount) > 0.1)
    told = jnp.append(returns, 0.0)
    np.testing.assert_allclose(advantages.td_errors(rewards, told, discount), 0.0, atol=1e-5)


def test_normalized_advantages_have_mean_zero_and_deviation_one_over_all_axes():
    batch = jax.random.normal(jax.random.key(0), (5, 4, 2)) * 3 + 7
    normal = advantages.normalize(batch)
    np.testing.assert_allclose(jnp.mean(normal), 0.0, atol=1e-6)
    np.testing.assert_allclose(jnp.std(normal), 1.0, rtol=1e-5)


def test_normalising_after_the_product_is_another_thing():
    """The order matters: a scale of the rewards drops out before the product, not after it."""
    before = align(advantages.normalize(100 * PAIR))
    np.testing.assert_allclose(before, align(advantages.normalize(PAIR)), rtol=1e-4)
    after = advantages.normalize(align(100 * PAIR))
    assert not np.allclose(after, advantages.normalize(align(PAIR)), rtol=0.1)
