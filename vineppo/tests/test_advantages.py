"""Tests of advantages: numbers by hand, telescoping, tokens at boundaries."""

import numpy as np
import pytest

from vineppo import advantages

VALUES = np.array([0.25, 0.5, 0.125])


def test_step_advantages_by_hand():
    """.5 - .25, .125 - .5, R - .125."""
    np.testing.assert_allclose(advantages.step_advantages(VALUES, 1.0), [0.25, -0.375, 0.875])
    np.testing.assert_allclose(advantages.step_advantages(VALUES, 0.0), [0.25, -0.375, -0.125])


@pytest.mark.parametrize("reward", [0.0, 1.0])
def test_step_advantages_telescope_to_the_reward_minus_the_first_value(reward):
    values = np.random.default_rng(0).random(9)
    assert np.sum(advantages.step_advantages(values, reward)) == pytest.approx(reward - values[0])


def test_lambda_1_is_the_return_minus_the_value_and_lambda_0_is_vineppo():
    np.testing.assert_allclose(
        advantages.lambda_step_advantages(VALUES, 1.0, 1.0), 1.0 - VALUES, atol=1e-12
    )
    np.testing.assert_array_equal(
        advantages.lambda_step_advantages(VALUES, 1.0, 0.0), advantages.step_advantages(VALUES, 1.0)
    )


def test_gae_by_hand():
    """deltas .25, -.375, .875; with lambda .5: .875, -.375 + .4375, .25 + .5 * .0625."""
    found = advantages.gae(VALUES, 1.0, 0.5)
    np.testing.assert_allclose(found, [0.28125, 0.0625, 0.875])


def test_values_beyond_the_cap_leave_no_advantage_behind_the_last_estimated_state():
    """States 2 and 3 have no rollouts: their steps get 0, the step that leaves state 1 R - V."""
    filled = advantages.fill_missing_values(np.array([0.25, 0.5]), 4, 1.0)
    found = advantages.step_advantages(filled, 1.0)
    np.testing.assert_allclose(found, [0.25, 0.5, 0.0, 0.0])
    assert advantages.fill_missing_values(VALUES, 3, 1.0).tolist() == VALUES.tolist()


def test_a_token_has_the_advantage_of_the_step_in_which_it_begins():
    """Steps begin at tokens 0, 2 and 5 of 7; the end token, the last, has the last step's."""
    found = advantages.token_advantages(np.array([1.0, 2.0, 3.0]), np.array([0, 2, 5]), 7)
    assert found.tolist() == [1, 1, 2, 2, 2, 3, 3]


def test_groups_by_hand():
    """Rewards 1, 0, 0, 0: mean 1/4, deviation sqrt(3)/4; the means of others are 0 and 1/3."""
    rewards = np.array([1.0, 0.0, 0.0, 0.0])
    np.testing.assert_allclose(
        advantages.grpo(rewards), np.array([3, -1, -1, -1]) / np.sqrt(3), rtol=1e-6
    )
    np.testing.assert_allclose(advantages.rloo(rewards), [1, -1 / 3, -1 / 3, -1 / 3])


@pytest.mark.parametrize("reward", [0.0, 1.0])
def test_groups_without_a_difference_teach_nothing(reward):
    for of_group in (advantages.grpo, advantages.rloo):
        np.testing.assert_array_equal(of_group(np.full(5, reward)), np.zeros(5))
