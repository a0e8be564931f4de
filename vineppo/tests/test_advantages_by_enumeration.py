"""Proofs by enumeration: which advantages leave the policy gradient unbiased, and how noisy it is.

Every response of a tiny policy is enumerated (see `enumeration.py`): means are exact, and so are
variances; rollouts enter through their exact moments, or by brute force where it says so.
"""

from itertools import product

import numpy as np
import pytest

from vineppo import advantages
from vineppo.tests import enumeration as tiny

LOGITS = tiny.draw_logits()
STEPS = np.searchsorted(tiny.BOUNDARIES, np.arange(tiny.LENGTH), side="right") - 1
EXACT = tiny.exact_gradient(LOGITS)


def state_values():
    """Exact V(S_0), V(S_1), V(S_2) of each sequence. Shape [4096, 3]."""
    return tiny.values(LOGITS)[:, tiny.BOUNDARIES]


def spread(per_step):
    """Step advantages [N, 4096] as token advantages [4096, T], by the code under test."""
    return advantages.token_advantages(per_step, tiny.BOUNDARIES, tiny.LENGTH).T


def vine_from(values):
    """Token advantages [4096, T] from values [4096, N]: all sequences in one call."""
    return spread(advantages.step_advantages(values.T, tiny.REWARDS))


def rollout_noise(num_rollouts):
    """Variance of vine token advantages given the trajectory, [4096, T, T], diagonal."""
    values = state_values()
    own = values * (1 - values) / num_rollouts
    following = np.concatenate([own[:, 1:], np.zeros((len(own), 1))], axis=1)
    per_token = (own + following)[:, STEPS]
    return np.einsum("yt,ts->yts", per_token, np.eye(tiny.LENGTH))


def test_the_exact_gradient_is_that_of_the_expected_reward_by_finite_differences():
    rng, step = np.random.default_rng(1), 1e-5
    direction = rng.normal(size=LOGITS.shape)
    rewards = [
        tiny.token_probabilities(LOGITS + sign * step * direction)[1] @ tiny.REWARDS
        for sign in (1, -1)
    ]
    slope = (rewards[0] - rewards[1]) / (2 * step)
    assert slope == pytest.approx(np.sum(EXACT.reshape(LOGITS.shape) * direction), rel=1e-5)


def test_vine_advantages_from_exact_values_give_the_exact_gradient():
    mean, _ = tiny.mean_and_variance(LOGITS, vine_from(state_values()))
    np.testing.assert_allclose(mean, EXACT, atol=1e-12)


def rollouts_of_one():
    """All outcomes of one rollout from each of the three states, K = 1.

    Yields the outcomes, their probability given each trajectory, [4096], and the advantages.
    """
    values = state_values()
    for outcome in product((0.0, 1.0), repeat=len(tiny.BOUNDARIES)):
        weight = np.where(outcome, values, 1 - values).prod(axis=1)
        yield outcome, weight, vine_from(np.tile(outcome, (len(values), 1)))


def test_one_rollout_per_state_is_unbiased():
    """K = 1, every outcome of every rollout enumerated."""
    expected = sum(weight[:, None] * credit for _, weight, credit in rollouts_of_one())
    mean, _ = tiny.mean_and_variance(LOGITS, expected)
    np.testing.assert_allclose(mean, EXACT, atol=1e-12)


@pytest.mark.parametrize("shared", [0.0, 1.0])
def test_one_rollout_of_the_prompt_shared_by_all_responses_is_unbiased(shared):
    """Given what the one shared rollout from S_0 came to, 0 or 1, the mean is the exact one."""
    first = state_values()[:, 0]
    expected = sum(
        (weight / np.where(shared, first, 1 - first))[:, None] * credit
        for outcome, weight, credit in rollouts_of_one()
        if outcome[0] == shared
    )
    mean, _ = tiny.mean_and_variance(LOGITS, expected)
    np.testing.assert_allclose(mean, EXACT, atol=1e-12)


def test_the_noise_of_one_rollout_is_that_of_its_outcomes():
    """V(1 - V) at both ends of a step; the last step's reward is exact."""
    mean = sum(weight[:, None] * credit for _, weight, credit in rollouts_of_one())
    second = sum(weight[:, None] * credit**2 for _, weight, credit in rollouts_of_one())
    noise = np.diagonal(rollout_noise(1), axis1=1, axis2=2)
    np.testing.assert_allclose(second - mean**2, noise, atol=1e-12)


def test_a_constant_in_place_of_the_first_value_changes_no_mean():
    """The reason why V(S_0) may be shared, and wrong: a baseline known before the step."""
    values = state_values()
    values[:, 0] = 0.9
    mean, _ = tiny.mean_and_variance(LOGITS, vine_from(values))
    np.testing.assert_allclose(mean, EXACT, atol=1e-12)


def test_the_error_of_rollouts_falls_as_one_over_the_square_root_of_their_number():
    """Noise beyond that of exact values: its standard deviation times sqrt(K) is constant."""
    expected = vine_from(state_values())
    _, floor = tiny.mean_and_variance(LOGITS, expected)
    scaled = [
        np.sqrt((tiny.mean_and_variance(LOGITS, expected, rollout_noise(k))[1] - floor) * k)
        for k in (1, 4, 16, 64)
    ]
    np.testing.assert_allclose(scaled, scaled[0], rtol=1e-9)
    assert scaled[0] > 0.1


def estimators():
    """Expected token advantages [4096, T] and their noise, by estimator."""
    values = state_values()
    total = float(tiny.values(LOGITS)[0, 0])
    rewards = tiny.REWARDS[:, None] * np.ones(tiny.LENGTH)
    group = 8
    baseline = np.einsum(
        "y,ts->yts", np.full(len(rewards), total * (1 - total) / (group - 1)), np.eye(tiny.LENGTH)
    )
    wrong_critic = np.full((len(rewards), tiny.LENGTH), 0.9)
    wrong_critic[:, ::2] = 0.1
    biased = advantages.gae(wrong_critic.T, tiny.REWARDS, 0.0).T
    return {
        "reinforce": (rewards, None),
        "rloo": (rewards - total, baseline),
        "vine_1": (vine_from(values), rollout_noise(1)),
        "vine_9": (vine_from(values), rollout_noise(9)),
        "vine_exact": (vine_from(values), None),
        "wrong_critic_lambda_1": (rewards - wrong_critic, None),
        "wrong_critic_lambda_0": (biased, None),
    }


def test_bias_and_variance_of_all_estimators():
    """Unbiased: all but a wrong critic with lambda = 0. Variance: fewest with exact step values."""
    table = {name: tiny.mean_and_variance(LOGITS, *each) for name, each in estimators().items()}
    bias = {name: np.linalg.norm(mean - EXACT) for name, (mean, _) in table.items()}
    assert bias.pop("wrong_critic_lambda_0") > 0.3 * np.linalg.norm(EXACT)
    assert max(bias.values()) < 1e-10
    variance = {name: value for name, (_, value) in table.items()}
    assert variance["vine_exact"] < variance["vine_9"] < variance["vine_1"]
    assert variance["vine_9"] < variance["rloo"] < variance["reinforce"]
    assert variance["rloo"] < variance["wrong_critic_lambda_1"]


def test_grpo_without_its_deviation_is_rloo_up_to_a_factor():
    rewards = np.array([1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0])
    centred = advantages.grpo(rewards) * np.std(rewards)
    np.testing.assert_allclose(advantages.rloo(rewards) * 7 / 8, centred, atol=1e-6)
