"""Answers against their closed form in the prisoner's dilemma, and their gradient against DiCE."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from brs import games, networks, question_answering
from brs.exact import ipd_best_response
from brs.exact.learned_detective import STATE_OBSERVATIONS, expected_policy_probs
from brs.question_answering import Present, Questions
from common.ipd import MatrixGameState

pytestmark = pytest.mark.usefixtures("keys_unchecked")
GAMMA, STEPS = 0.96, 6
RULES = games.prisoners_dilemma(20)
AGENT = networks.table_agent(4)
LOGITS = jnp.array((0.3, 1.0, -1.2, 0.4, -0.5))
LAST_ACTIONS = ((-1, -1), (0, 0), (0, 1), (1, 0), (1, 1))


def present(logits, state):
    actions = jnp.array(LAST_ACTIONS[state], jnp.int32)
    _, shown, _ = AGENT.act(logits, (), jnp.array(STATE_OBSERVATIONS[state]))
    return Present(MatrixGameState(actions, jnp.zeros((), jnp.int32)), (), shown)


def asked(logits, state, num_roll_outs, key, kind="returns"):
    questions = Questions(kind, num_roll_outs, STEPS, GAMMA)
    return question_answering.answer(RULES, AGENT, logits, questions, present(logits, state), key)


def closed_form(logits, state):
    policy = jax.nn.sigmoid(logits)
    deltas = ipd_best_response.answers_in_closed_form(policy, GAMMA, STEPS)[state]
    return question_answering.normalise(deltas, Questions("returns", 1, STEPS, GAMMA))


@pytest.mark.parametrize("state", [0, 2])
def test_many_roll_outs_give_the_answers_in_closed_form(state):
    answers = jax.jit(lambda key: asked(LOGITS, state, 4000, key))(jax.random.key(state))
    np.testing.assert_allclose(answers, closed_form(LOGITS, state), atol=0.2)


def test_answers_of_one_roll_out_have_the_right_mean_gradient():
    """Averaged over many single questions, the sampled Jacobian is that of the closed form."""
    keys = jax.random.split(jax.random.key(1), 16000)
    jacobian = jax.jit(
        lambda keys: jnp.mean(
            jax.vmap(lambda key: jax.jacrev(lambda x: asked(x, 2, 1, key))(LOGITS))(keys), axis=0
        )
    )(keys)
    exact = jax.jacfwd(lambda logits: closed_form(logits, 2))(LOGITS)
    assert jnp.linalg.norm(exact) > 0.4
    assert jnp.linalg.norm(jacobian - exact) < 0.35 * jnp.linalg.norm(exact)


def test_estimates_are_means_whose_gradient_is_that_of_dice():
    """Against the magic box itself, one baseline after the other; without baseline if K A = 1."""
    key = jax.random.key(0)
    rewards = jax.random.normal(key, (2, 3, 4))
    weights = GAMMA ** jnp.arange(4)

    def log_probs(x):
        return jnp.sin(x + jnp.arange(24.0).reshape(2, 3, 4))

    def dice(x):
        summed = jnp.cumsum(log_probs(x), axis=2)
        box = jnp.exp(summed - jax.lax.stop_gradient(summed))
        return jnp.mean(jnp.sum(weights[None, None] * rewards * box, axis=2), axis=1)

    def ours(x):
        return question_answering.estimates(rewards, log_probs(x), GAMMA)

    def baseline_term(x):
        to_go = np.cumsum((np.asarray(rewards) * np.asarray(weights))[..., ::-1], axis=2)[..., ::-1]
        total = 0.0
        gradients = jax.jacfwd(log_probs)(x)
        baselines = np.zeros_like(to_go)
        for index in np.ndindex(2, 3):
            others = [to_go[other] for other in np.ndindex(2, 3) if other != index]
            baselines[index] = np.mean(others, axis=0)
        total = np.sum(baselines * np.asarray(gradients), axis=2)
        return np.mean(total, axis=1)

    x = jnp.float32(0.7)
    np.testing.assert_allclose(ours(x), dice(x), rtol=1e-5)
    expected = np.asarray(jax.jacfwd(dice)(x)) - baseline_term(x)
    np.testing.assert_allclose(jax.jacfwd(ours)(x), expected, rtol=1e-4, atol=1e-5)
    single = jax.grad(
        lambda x: question_answering.estimates(rewards[:1, :1], log_probs(x)[:1, :1], GAMMA)[0]
    )(x)
    plain = jax.grad(
        lambda x: jnp.sum(
            weights
            * rewards[0, 0]
            * jnp.exp(
                jnp.cumsum(log_probs(x)[0, 0])
                - jax.lax.stop_gradient(jnp.cumsum(log_probs(x)[0, 0]))
            )
        )
    )(x)
    np.testing.assert_allclose(single, plain, rtol=1e-4)


def test_the_baseline_lowers_the_variance_of_the_gradient():
    keys = jax.random.split(jax.random.key(2), 600)

    def centred_gradient(key):
        return jax.grad(lambda x: asked(x, 1, 4, key)[-1])(LOGITS)

    def plain_gradient(key):
        questions = Questions("returns", 4, STEPS, GAMMA)

        def mean_of_dice(x):
            seen = question_answering._roll_outs(RULES, AGENT, x, questions, present(x, 1), key)
            summed = jnp.cumsum(seen.log_probs, axis=2)
            box = jnp.exp(summed - jax.lax.stop_gradient(summed))
            weights = (GAMMA ** jnp.arange(STEPS))[None, None]
            return jnp.mean(jnp.sum(weights * seen.rewards * box, axis=2)) / jnp.sum(weights)

        return jax.grad(mean_of_dice)(LOGITS)

    ours, plain = (jax.jit(jax.vmap(f))(keys) for f in (centred_gradient, plain_gradient))
    assert jnp.sum(jnp.var(ours, axis=0)) < 0.5 * jnp.sum(jnp.var(plain, axis=0))
    np.testing.assert_allclose(jnp.mean(ours, axis=0), jnp.mean(plain, axis=0), atol=0.1)


def test_same_key_same_answers_other_key_others():
    first, again, other = (asked(LOGITS, 1, 2, jax.random.key(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert jnp.any(first != other)


def test_the_first_action_is_the_one_asked_about_and_the_rest_are_uniform():
    """Against an agent that always cooperates, b alone decides the first reward."""
    always = jnp.full(5, 50.0)
    questions = Questions("returns", 4000, 2, 1.0)
    deltas = jax.jit(
        lambda key: (
            question_answering._roll_outs(
                RULES, AGENT, always, questions, present(always, 0), key
            ).rewards
        )
    )(jax.random.key(0))
    np.testing.assert_array_equal(deltas[0, :, 0], -1.0)
    np.testing.assert_array_equal(deltas[1, :, 0], 0.0)
    np.testing.assert_allclose(jnp.mean(deltas[..., 1]), -0.5, atol=0.03)


def test_policy_probabilities_are_read_off_after_each_action():
    answers = jax.jit(lambda key: asked(LOGITS, 2, 4000, key, "policy_probs"))(jax.random.key(3))
    expected = expected_policy_probs(jax.nn.sigmoid(LOGITS))[2]
    np.testing.assert_allclose(answers, expected, atol=0.04)
