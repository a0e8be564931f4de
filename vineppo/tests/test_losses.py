"""Tests of the losses: numbers by hand, reductions, masks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vineppo import losses

MASK = jnp.array([[0.0, 1.0, 1.0], [0.0, 1.0, 0.0]])


def test_policy_loss_by_hand():
    """Ratios 2, 1/2, 1, eps .2, A = 1, -1, 3: -1.2 (clipped), .8 (clipped), -3; their mean."""
    old = jnp.zeros((2, 3))
    new = jnp.log(jnp.array([[9.0, 2.0, 0.5], [9.0, 1.0, 9.0]]))
    advantages = jnp.array([[5.0, 1.0, -1.0], [5.0, 3.0, 5.0]])
    loss = losses.policy_loss(new, old, advantages, MASK, 0.2)
    assert float(loss) == pytest.approx((-1.2 + 0.8 - 3) / 3, abs=1e-6)


def test_policy_loss_has_the_policy_gradient_at_a_ratio_of_1():
    """d/d logp = -A / number of tokens, and nothing where the mask is 0."""
    advantages = jnp.array([[5.0, 1.0, -1.0], [5.0, 3.0, 5.0]])
    old = jnp.full((2, 3), -0.7)
    gradient = jax.grad(lambda new: losses.policy_loss(new, old, advantages, MASK, 0.2))(old)
    np.testing.assert_allclose(gradient, -advantages * MASK / 3, atol=1e-6)


def test_kl_is_summed_over_tokens_and_averaged_over_sequences():
    """ref - logp = log 2 twice, 0 once: k3 = 2 - log 2 - 1 each; (2 k3 + 0) / 2 sequences."""
    log_probs = jnp.zeros((2, 3))
    reference = jnp.log(jnp.array([[7.0, 2.0, 2.0], [7.0, 1.0, 7.0]]))
    k3 = 1 - np.log(2)
    assert float(losses.kl_penalty(log_probs, reference, MASK)) == pytest.approx(k3, abs=1e-6)


def test_kl_of_a_token_is_clamped_at_10():
    reference = jnp.array([[0.0, 50.0, 0.0], [0.0, 0.0, 0.0]])
    assert float(losses.kl_penalty(jnp.zeros((2, 3)), reference, MASK)) == pytest.approx(5.0)


def test_k3_is_unbiased_for_the_kl_of_two_distributions():
    p, q = np.array([0.2, 0.5, 0.3]), np.array([0.4, 0.4, 0.2])
    difference = np.log(q / p)
    expected = np.sum(p * np.log(p / q))
    assert np.sum(p * (np.exp(difference) - difference - 1)) == pytest.approx(expected)
    found = [
        losses.kl_penalty(jnp.log(p[i])[None, None], jnp.log(q[i])[None, None], jnp.ones((1, 1)))
        for i in range(3)
    ]
    assert float(np.sum(p * np.array(found))) == pytest.approx(expected, abs=1e-6)


def test_whitened_advantages_have_mean_0_and_unbiased_variance_1_over_response_tokens():
    advantages = jnp.array([[100.0, 1.0, 2.0], [100.0, 6.0, 100.0]])
    found = np.asarray(losses.whiten(advantages, MASK))
    own = found[np.asarray(MASK) > 0]
    np.testing.assert_allclose(own, (np.array([1, 2, 6]) - 3) / np.sqrt(7), rtol=1e-5)
    assert np.all(found[np.asarray(MASK) == 0] == 0)


def test_whitening_a_constant_gives_0():
    np.testing.assert_array_equal(losses.whiten(jnp.full((2, 3), 0.5), MASK), jnp.zeros((2, 3)))


def test_the_guard_drops_a_minibatch_whose_mean_ratio_exceeds_10():
    old = jnp.zeros((2, 3))
    assert float(losses.ratio_guard(jnp.log(9.0) * MASK, old, MASK)) == 1.0
    assert float(losses.ratio_guard(jnp.log(11.0) * MASK, old, MASK)) == 0.0


def test_value_loss_by_hand():
    """V, V_old, G: (.5, 0, 1) -> max(.25, .64); (.1, 0, .1) -> 0; (0, 0, 2) -> 4; half the mean."""
    values = jnp.array([[9.0, 0.5, 0.1], [9.0, 0.0, 9.0]])
    returns = jnp.array([[0.0, 1.0, 0.1], [0.0, 2.0, 0.0]])
    loss = losses.value_loss(values, jnp.zeros((2, 3)), returns, MASK, 0.2)
    assert float(loss) == pytest.approx(0.5 * (0.64 + 0.0 + 4.0) / 3, abs=1e-6)


def test_imitation_is_averaged_per_sequence_first():
    """Two tokens of -1 and -3, then one of -6: (2 + 6) / 2."""
    log_probs = jnp.array([[-9.0, -1.0, -3.0], [-9.0, -6.0, -9.0]])
    assert float(losses.imitation_loss(log_probs, MASK)) == pytest.approx(4.0)


def test_dpo_positive_by_hand():
    """Margin (2 - 1) - (3 - 1) = -1, penalty 50 * max(0, 3 - 2) = 50: -log sigmoid(.1 * -51)."""
    pair = (jnp.array([x]) for x in (2.0, 1.0, 3.0, 1.0))
    expected = np.log1p(np.exp(5.1))
    assert float(losses.dpo_positive_loss(*pair, 0.1, 50.0)) == pytest.approx(expected, rel=1e-5)


def test_dpo_positive_pulls_a_right_response_up_when_it_fell():
    def loss(right):
        one = jnp.ones(1)
        return losses.dpo_positive_loss(right, 0 * one, 3 * one, 0 * one, 0.1, 50.0)

    assert float(jax.grad(loss)(jnp.array([2.0]))[0]) < -1.0
