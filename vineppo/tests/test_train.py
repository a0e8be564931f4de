"""Tests of an iteration: sequences, the gradient of an update, values, credit by method."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vineppo import advantages, policy, ppo, value_estimation
from vineppo.credit import step_credit
from vineppo.evaluation import value_accuracy
from vineppo.experiments import presets
from vineppo.policy import Policy
from vineppo.ppo import Batch, UpdateSettings
from vineppo.tasks.setup import first_params, make_setup
from vineppo.train import RlTraining
from vineppo.vine import estimate_values

INITIAL = presets.sft("smoke")
CONFIG = presets.rl("smoke", "vineppo", INITIAL)


@pytest.fixture(scope="module")
def setup():
    return make_setup(INITIAL)


@pytest.fixture(scope="module")
def params(setup):
    return first_params(setup)


@pytest.fixture(scope="module")
def sampled(setup, params):
    training = RlTraining(CONFIG, setup, params)
    responses, _ = training.sample(training.init(0), jax.random.key(1))
    return training, responses


def test_sequences_hold_prompt_and_response_and_the_mask_stands_where_tokens_are_predicted(
    setup, sampled
):
    _, responses = sampled
    train, end = setup.task.train, setup.task.end_token
    sequences, mask = policy.sequences_of(train, responses, end)
    for row, sequence, own, length in zip(
        responses.rows, sequences, mask, responses.lengths, strict=True
    ):
        prompt = train.prompts[row][: train.prompt_lengths[row]]
        assert sequence[: len(prompt)].tolist() == prompt.tolist()
        places = np.flatnonzero(own) + 1
        assert places.tolist() == list(range(len(prompt), len(prompt) + length))


def test_the_update_at_the_sampling_policy_is_the_policy_gradient(setup, params, sampled):
    """Ratio 1, no KL, no whitening: d loss = -sum A d logp / number of tokens."""
    _, responses = sampled
    sequences, mask = policy.sequences_of(setup.task.train, responses, setup.task.end_token)
    credit = np.random.default_rng(0).normal(size=mask.shape).astype(np.float32) * mask
    log_probs, _ = policy.score(setup.architecture, params, jnp.asarray(sequences), 1.0)
    batch = Batch(*map(jnp.asarray, (sequences, mask, credit, log_probs, log_probs, mask, mask)))
    settings = UpdateSettings(8, 8, 1, 1, 0.2, 0.0, False, 1.0)

    def surrogate(params):
        return ppo.policy_objective(setup.architecture, settings, params, batch)[0]

    def plain(params):
        found, _, _ = policy.log_probs_and_hidden(setup.architecture, params, batch.sequences, 1.0)
        return -jnp.sum(found * batch.advantages) / jnp.sum(batch.mask)

    ours, expected = jax.jit(jax.grad(surrogate))(params), jax.jit(jax.grad(plain))(params)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), ours, expected)


def test_values_are_those_of_independent_rollouts(setup, params, sampled):
    """Estimates of 64 rollouts against 256 others: within four standard deviations everywhere."""
    _, responses = sampled
    boundaries = setup.task.segment(responses)
    many = Policy(setup, replace(CONFIG, num_rollouts=64), params)
    estimate = estimate_values(many, responses, boundaries, jax.random.key(3))
    states = value_estimation.distinct_states(responses, boundaries, CONFIG.max_states)
    truth = value_accuracy.rollout_rewards(many, responses, states, 256, jax.random.key(4))
    truth = truth.mean(axis=1)
    for values, of_steps in zip(estimate.values, states.of_steps, strict=True):
        assert np.all(np.abs(values - truth[of_steps]) <= 4 * np.sqrt(0.25 / 64 + 0.25 / 256))


def test_step_credit_telescopes_within_every_response(setup, params, sampled):
    training, responses = sampled
    boundaries = setup.task.segment(responses)
    estimate = estimate_values(training.policy(params), responses, boundaries, jax.random.key(5))
    graded = training.grade(responses)
    credit = step_credit(graded, boundaries, estimate.values, advantages.step_advantages)
    for tokens, cuts, reward, values in zip(
        credit, boundaries, graded.rewards, estimate.values, strict=True
    ):
        assert np.sum(tokens[cuts]) == pytest.approx(reward - values[0], abs=1e-6)


def test_the_control_has_one_advantage_for_all_tokens_of_a_response(setup, params, sampled):
    training, responses = sampled
    boundaries = setup.task.segment(responses)
    graded = training.grade(responses)
    values = [np.full(len(cuts), 0.25) for cuts in boundaries]
    rule = advantages.reward_minus_first_value
    for tokens, reward in zip(
        step_credit(graded, boundaries, values, rule), graded.rewards, strict=True
    ):
        assert set(tokens.tolist()) == {reward - 0.25}


@pytest.mark.parametrize("method", ["ppo", "grpo", "rloo", "shift"])
def test_an_iteration_of_every_method_moves_the_policy_and_stays_finite(setup, params, method):
    config = presets.rl("smoke", method, INITIAL, max_states=1 if method == "shift" else 3)
    training = RlTraining(config, setup, params)
    state, metrics = training.update(training.init(1))
    assert all(np.isfinite(value) for value in metrics.values())
    assert int(state.step) == 1
    assert (state.critic is not None) == (method == "ppo")


def test_the_same_seed_gives_the_same_iteration_and_another_seed_another(setup, params):
    training = RlTraining(presets.rl("smoke", "rloo", INITIAL), setup, params)
    first, again, other = (training.update(training.init(seed))[1] for seed in (0, 0, 1))
    assert first == again
    assert first != other
