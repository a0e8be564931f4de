"""Tests of the losses against hand-worked numbers, and of PPO's clip on every side."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advantage_alignment import losses


def test_alignment_loss_matches_hand_computed_value():
    loss = losses.alignment_loss(jnp.array([-1.0, -2.0]), jnp.array([3.0, -1.0]))
    assert float(loss) == pytest.approx(-(-3.0 + 2.0) / 2)


@pytest.mark.parametrize(
    ("ratio", "advantage", "value", "slope"),
    [
        (1.0, 2.0, -2.0, -2.0),
        (1.5, 2.0, -2.4, 0.0),  # too far up: clipped at 1.2, no gradient
        (0.5, 2.0, -1.0, -1.0),  # below, but good: not clipped
        (0.5, -2.0, 1.6, 0.0),  # too far down: clipped at .8, no gradient
        (1.5, -2.0, 3.0, 3.0),  # above, but bad: not clipped
    ],
)
def test_proximal_loss_clips_only_what_would_go_too_far(ratio, advantage, value, slope):
    def loss(log_prob):
        return losses.proximal_alignment_loss(
            log_prob[None], jnp.zeros(1), jnp.array([advantage]), clip_epsilon=0.2
        )

    computed, gradient = jax.value_and_grad(loss)(jnp.log(jnp.array(ratio)))
    assert float(computed) == pytest.approx(value, rel=1e-5)
    assert float(gradient) == pytest.approx(slope, rel=1e-5)


def test_on_policy_the_proximal_gradient_is_the_plain_one():
    log_probs, aligned = jnp.array([-0.3, -1.2, -0.7]), jnp.array([0.4, -2.0, 1.0])
    plain = jax.grad(losses.alignment_loss)(log_probs, aligned)
    proximal = jax.grad(
        lambda new: losses.proximal_alignment_loss(new, log_probs, aligned, clip_epsilon=0.1)
    )(log_probs)
    np.testing.assert_allclose(proximal, plain, rtol=1e-6)


def test_the_released_clip_is_not_the_surrogate():
    """min(A clip(rho), A log pi) as released: log pi is below the ratios, nothing is clipped."""

    def released(log_probs, old_log_probs, aligned):
        ratios = jnp.exp(log_probs - old_log_probs)
        clipped = jnp.clip(ratios, 0.85, 1.15)
        return -jnp.mean(jnp.minimum(aligned * clipped, aligned * log_probs))

    # Good actions that the surrogate no longer follows: rho = 1.5. Theirs goes on without a bound.
    old, aligned = jnp.log(jnp.array([0.2, 0.4])), jnp.ones(2)
    log_probs = old + jnp.log(1.5)
    ours = jax.grad(losses.proximal_alignment_loss)(log_probs, old, aligned, clip_epsilon=0.15)
    np.testing.assert_allclose(ours, [0.0, 0.0])
    np.testing.assert_allclose(jax.grad(released)(log_probs, old, aligned), [-0.5, -0.5])


def test_one_step_targets_match_hand_computed_values():
    targets = losses.one_step_targets(
        jnp.array([1.0, 2.0]), jnp.array([10.0, 20.0]), jnp.array(30.0), 0.5
    )
    np.testing.assert_allclose(targets, [1 + 10, 2 + 15])


def test_critic_loss_is_huber_and_holds_targets_constant():
    predictions, targets = jnp.array([0.5, 4.0]), jnp.array([0.0, 1.0])
    assert float(losses.critic_loss(predictions, targets)) == pytest.approx((0.125 + 2.5) / 2)
    assert not jnp.any(jax.grad(losses.critic_loss, 1)(predictions, targets))


def test_opponent_log_probs_are_of_the_softmax_with_the_taken_value_replaced():
    q_values = jnp.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    actions = jnp.array([1, 2])
    log_probs = losses.opponent_log_probs(
        jnp.array([5.0, 1.0]), q_values, actions, stop_grad_normalizer=False
    )
    replaced = np.array([[1.0, 5.0, 3.0], [0.0, 0.0, 1.0]])
    expected = replaced - np.log(np.sum(np.exp(replaced), axis=1, keepdims=True))
    np.testing.assert_allclose(log_probs, [expected[0, 1], expected[1, 2]], rtol=1e-5)
