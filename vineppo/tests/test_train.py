"""Tests of the trainers: gradients of an update, credit by method, choices of the baselines."""

from dataclasses import replace
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vineppo import comparisons, dpo, policy, ppo, presets, restem, value_accuracy
from vineppo.ppo import Batch, UpdateSettings
from vineppo.problem import first_params, make_problem
from vineppo.table_experiments import all_methods
from vineppo.train import RlTraining, vine_advantages
from vineppo.vine import estimate_values

INITIAL = presets.sft("smoke")
CONFIG = presets.rl("smoke", "vineppo", INITIAL)


@pytest.fixture(scope="module")
def problem():
    return make_problem(INITIAL)


@pytest.fixture(scope="module")
def params(problem):
    return first_params(problem)


@pytest.fixture(scope="module")
def sampled(problem, params):
    training = RlTraining(CONFIG, problem, params)
    responses, _ = training.sample(training.init(0), jax.random.key(1))
    return training, responses


def test_sequences_hold_prompt_and_response_and_the_mask_stands_where_tokens_are_predicted(
    problem, sampled
):
    _, responses = sampled
    train, end = problem.task.train, problem.task.end_token
    sequences, mask = policy.sequences_of(train, responses, end)
    for row, sequence, own, length in zip(
        responses.rows, sequences, mask, responses.lengths, strict=True
    ):
        prompt = train.prompts[row][: train.prompt_lengths[row]]
        assert sequence[: len(prompt)].tolist() == prompt.tolist()
        places = np.flatnonzero(own) + 1
        assert places.tolist() == list(range(len(prompt), len(prompt) + length))


def test_the_update_at_the_sampling_policy_is_the_policy_gradient(problem, params, sampled):
    """Ratio 1, no KL, no whitening: d loss = -sum A d logp / number of tokens."""
    _, responses = sampled
    sequences, mask = policy.sequences_of(problem.task.train, responses, problem.task.end_token)
    credit = np.random.default_rng(0).normal(size=mask.shape).astype(np.float32) * mask
    log_probs, _ = policy.score(problem.architecture, params, jnp.asarray(sequences), 1.0)
    batch = Batch(*map(jnp.asarray, (sequences, mask, credit, log_probs, log_probs, mask, mask)))
    settings = UpdateSettings(8, 8, 1, 1, 0.2, 0.0, False, 1.0)

    def surrogate(params):
        return ppo.policy_objective(problem.architecture, settings, params, batch)[0]

    def plain(params):
        found, _, _ = policy.log_probs_and_hidden(
            problem.architecture, params, batch.sequences, 1.0
        )
        return -jnp.sum(found * batch.advantages) / jnp.sum(batch.mask)

    ours, expected = jax.jit(jax.grad(surrogate))(params), jax.jit(jax.grad(plain))(params)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), ours, expected)


def test_values_are_those_of_independent_rollouts(problem, params, sampled):
    """Estimates of 64 rollouts against 256 others: within four standard deviations everywhere."""
    training, responses = sampled
    boundaries = problem.task.segment(responses)
    many = replace(CONFIG, num_rollouts=64)
    estimate = estimate_values(
        problem, many, training.sampler, params, responses, boundaries, jax.random.key(3)
    )
    from vineppo import value_estimation

    states = value_estimation.distinct_states(responses, boundaries, CONFIG.max_states)
    truth = value_accuracy.rollout_rewards(
        problem, many, training.sampler, params, responses, states, 256, jax.random.key(4)
    ).mean(axis=1)
    for values, of_steps in zip(estimate.values, states.of_steps, strict=True):
        assert np.all(np.abs(values - truth[of_steps]) <= 4 * np.sqrt(0.25 / 64 + 0.25 / 256))


def test_step_credit_telescopes_within_every_response(problem, params, sampled):
    training, responses = sampled
    boundaries = problem.task.segment(responses)
    estimate = estimate_values(
        problem, CONFIG, training.sampler, params, responses, boundaries, jax.random.key(5)
    )
    rewards = problem.task.grade(problem.task.train, responses)
    credit = vine_advantages(CONFIG, responses, rewards, boundaries, estimate.values)
    for tokens, cuts, reward, values in zip(
        credit, boundaries, rewards, estimate.values, strict=True
    ):
        assert np.sum(tokens[cuts]) == pytest.approx(reward - values[0], abs=1e-6)


@pytest.mark.parametrize("method", ["ppo", "grpo", "rloo", "shift"])
def test_an_iteration_of_every_method_moves_the_policy_and_stays_finite(problem, params, method):
    config = presets.rl("smoke", method, INITIAL, max_states=1 if method == "shift" else 3)
    training = RlTraining(config, problem, params)
    state, metrics = training.update(training.init(1))
    assert all(np.isfinite(value) for value in metrics.values())
    assert int(state.step) == 1
    assert (state.critic is not None) == (method == "ppo")


def test_the_same_seed_gives_the_same_iteration_and_another_seed_another(problem, params):
    training = RlTraining(presets.rl("smoke", "rloo", INITIAL), problem, params)
    first, again, other = (training.update(training.init(seed))[1] for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_right_responses_are_kept_up_to_a_limit_per_question():
    rewards = np.array([[1, 0, 1, 1], [0, 0, 0, 0], [0, 1, 0, 0]])
    kept = restem.right_responses(rewards, 2, np.random.default_rng(0))
    assert len(kept) == 3
    assert set(kept) <= {0, 2, 3, 9}
    assert 9 in kept


def test_pairs_are_of_one_question_the_right_response_first_and_none_comes_twice():
    rewards = np.array([[1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 0]])
    pairs = dpo.pair_up(rewards, 3, np.random.default_rng(0))
    flat = rewards.ravel()
    assert len(pairs) == 6
    assert len({tuple(pair) for pair in pairs}) == 6
    for right, wrong in pairs:
        assert (flat[right], flat[wrong]) == (1, 0)
        assert right // 4 == wrong // 4


def run_of(steps, accuracy):
    log = [{"step": s, "test_accuracy": [a]} for s, a in zip(steps, accuracy, strict=True)]
    return SimpleNamespace(log=log)


def test_every_method_of_the_table_is_given_as_many_responses():
    """24 iterations of 8 x 8; 2 rounds of 96 x 8; 96 x 16."""
    given = [config.num_training_responses for _, config in all_methods("quick").contestants]
    assert given == [1536] * 6


def test_the_learning_rate_is_chosen_on_validation_with_seeds_of_its_own():
    """Validation accuracies .1 and .5 at the first rate, .4 and .4 at the second, which wins."""
    validation = {0.1: [[0.1], [0.5]], 0.2: [[0.4], [0.4]]}
    asked = []

    def train(config, name, seeds=None):
        asked.append((config.learning_rate, config.critic_learning_rate, seeds))
        lines = [
            {"validation_accuracy": each, "test_accuracy": [1.0 - config.learning_rate]}
            for each in validation[config.learning_rate]
        ]
        return SimpleNamespace(log=lines)

    trainer = SimpleNamespace(train=train)
    tuned = comparisons.train_tuned(trainer, CONFIG, "vineppo", (0.1, 0.2), 2)
    assert tuned.config.learning_rate == 0.2
    assert asked == [(0.1, 0.1, range(900, 902)), (0.2, 0.2, range(900, 902)), (0.2, 0.2, None)]


def test_updates_ratios_by_hand():
    """Their best, .4, at 30; ours crosses .4 half-way between 10 (.3) and 20 (.5): 30 / 15."""
    theirs = run_of([10, 20, 30], [0.2, 0.3, 0.4])
    assert comparisons.updates_ratios(run_of([10, 20, 30], [0.3, 0.5, 0.6]), theirs) == [2.0]
    never = comparisons.updates_ratios(run_of([10, 20, 30], [0.1, 0.1, 0.2]), theirs)
    assert never == [pytest.approx(0.5)]


def test_agreement_and_ranking_by_hand():
    truth = np.array([0.0, 0.5, 1.0, 0.2])
    found = value_accuracy.agreement(truth + np.array([0.02, -0.1, 0.0, 0.04]), truth, 0.05)
    assert found["mae"] == pytest.approx(0.04)
    assert found["accuracy"] == 0.75
    assert found["correlation"] > 0.98
    groups = np.array([0, 0, 0, 1, 1, 1])
    truth = np.array([0.1, 0.2, 0.9, 0.5, 0.5, 0.1])
    predicted = np.array([0.3, 0.1, 0.8, 0.7, 0.7, 0.9])
    found = value_accuracy.ranking(predicted, truth, groups)
    assert found["top_action"] == 0.5
    assert found["chance"] == pytest.approx((1 / 3 + 2 / 3) / 2)
    assert found["pairs"] == pytest.approx(2 / 5)  # of three pairs two, of two none


def test_values_that_are_all_alike_name_the_best_action_by_chance():
    groups, truth = np.zeros(4), np.array([0.0, 0.1, 0.2, 0.9])
    assert value_accuracy.ranking(np.zeros(4), truth, groups)["top_action"] == 0.25
