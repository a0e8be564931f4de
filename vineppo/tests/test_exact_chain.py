"""Tests of the exact chains: closed forms against enumeration of all outcomes and rollouts."""

from itertools import product

import numpy as np
import pytest

from vineppo.evaluation import exact_chain

RIGHT = np.array([0.4, 0.9, 0.6])


def enumerated(advantage):
    """Mean and variance of A_i score_i over all outcomes; `advantage(outcome)` gives draws.

    It returns a list of (probability, A [N]).
    """
    first, second = np.zeros(3), np.zeros(3)
    for outcome in product((0, 1), repeat=3):
        score = np.array(outcome) - RIGHT
        weight = np.prod(np.where(outcome, RIGHT, 1 - RIGHT))
        for probability, a in advantage(outcome):
            first += weight * probability * a * score
            second += weight * probability * (a * score) ** 2
    return first, second - first**2


def test_rloo_moments_are_those_of_all_outcomes_of_a_group():
    """Groups of 3: the other two are right 0, 1 or 2 times."""
    p = float(np.prod(RIGHT))

    def advantage(outcome):
        for number in range(3):
            weight = {0: (1 - p) ** 2, 1: 2 * p * (1 - p), 2: p * p}[number]
            yield weight, np.full(3, float(all(outcome)) - number / 2)

    mean, variance = enumerated(advantage)
    found = exact_chain.rloo_moments(RIGHT, 3)
    np.testing.assert_allclose(found.mean, mean, atol=1e-12)
    np.testing.assert_allclose(found.variance, variance, atol=1e-12)


def test_vine_moments_are_those_of_all_outcomes_and_rollouts():
    """K = 1: every state's value is 0 or 1, with the state's own probability; 0 after a failure."""
    remaining = np.append(np.cumprod(RIGHT[::-1])[::-1], 1.0)

    def advantage(outcome):
        alive = np.append(1, np.cumprod(outcome))
        for draws in product((0, 1), repeat=3):
            values = remaining[:3] * alive[:3]
            weight = np.prod(np.where(draws, values, 1 - values))
            following = np.append(draws[1:], float(all(outcome)))
            yield weight, following - np.array(draws)

    mean, variance = enumerated(advantage)
    found = exact_chain.vine_moments(RIGHT, 1)
    np.testing.assert_allclose(found.mean, mean, atol=1e-12)
    np.testing.assert_allclose(found.variance, variance, atol=1e-12)


def test_both_estimate_the_same_gradient():
    right = exact_chain.chain_of(16, 0.25, 0.4, 0.99)
    vine, rloo = exact_chain.vine_moments(right, 9), exact_chain.rloo_moments(right, 8)
    np.testing.assert_allclose(vine.mean, rloo.mean)


def test_more_rollouts_give_a_better_signal_and_one_is_worse_than_a_group():
    right = exact_chain.chain_of(8, 0.25, 0.4, 0.99)
    ratios = [exact_chain.advantage_in_signal(right, k, 8) for k in (1, 3, 9)]
    assert ratios == sorted(ratios)
    assert ratios[0] < 1 < ratios[2]


def test_critical_steps_are_spread_over_the_chain():
    right = exact_chain.chain_of(8, 0.25, 0.4, 0.99)
    assert np.flatnonzero(right == 0.4).tolist() == [0, 7]
    assert exact_chain.chain_of(4, 1.0, 0.4, 0.99).tolist() == [0.4] * 4
    assert exact_chain.values_after(np.array([0.5, 0.25])).tolist() == pytest.approx([0.25, 1.0])
