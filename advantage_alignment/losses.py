"""Losses of Advantage Alignment as pure functions of one player's episode, and LOQA's opponent.

Shapes: T steps of an episode, A actions. Every function returns a loss to minimise; advantages are
constants wherever they appear.
"""

import chex
import jax
import jax.numpy as jnp
import optax
from jax import Array, lax


def alignment_loss(log_probs: Array, aligned_advantages: Array) -> Array:
    """Advantage Alignment, Algorithm 1: L = -mean_t A*_t log pi(a_t | h_t).

    Args:
      log_probs: log pi(a_t | h_t), differentiable. Shape [T].
      aligned_advantages: A*_t of `advantages.align_advantages`. Shape [T].

    Returns:
      Scalar.
    """
    chex.assert_equal_shape([log_probs, aligned_advantages])
    return -jnp.mean(log_probs * lax.stop_gradient(aligned_advantages))


def proximal_alignment_loss(
    log_probs: Array, old_log_probs: Array, aligned_advantages: Array, *, clip_epsilon: float
) -> Array:
    """Proximal Advantage Alignment, Algorithm 2: PPO's clipped surrogate with A* for A.

    L = -mean_t min(rho_t A*_t, clip(rho_t, 1 - eps, 1 + eps) A*_t),  rho_t = pi / pi_old.
    (The released code has log pi in place of one of the ratios; that is not the surrogate.)

    Args:
      log_probs: log pi(a_t | h_t), differentiable. Shape [T].
      old_log_probs: the same of the policy that played. Shape [T].
      aligned_advantages: A*_t. Shape [T].
      clip_epsilon: eps.

    Returns:
      Scalar.
    """
    chex.assert_equal_shape([log_probs, old_log_probs, aligned_advantages])
    ratios = jnp.exp(log_probs - lax.stop_gradient(old_log_probs))
    clipped = jnp.clip(ratios, 1 - clip_epsilon, 1 + clip_epsilon)
    aligned = lax.stop_gradient(aligned_advantages)
    return -jnp.mean(jnp.minimum(ratios * aligned, clipped * aligned))


def critic_loss(predictions: Array, targets: Array) -> Array:
    """Critic: mean_t huber(prediction_t - sg(target_t)), delta = 1.

    Args:
      predictions: V(h_t), or Q(h_t, a_t) of a critic of action values. Shape [T].
      targets: see `one_step_targets`, or discounted returns. Shape [T].

    Returns:
      Scalar.
    """
    chex.assert_equal_shape([predictions, targets])
    return jnp.mean(optax.huber_loss(predictions, lax.stop_gradient(targets)))


def one_step_targets(
    rewards: Array, slow_predictions: Array, slow_last_value: Array, discount: float
) -> Array:
    """Targets r_t + gamma X_{t+1}: TD(0) for a critic of values, SARSA for one of action values.

    Args:
      rewards: r_t. Shape [T].
      slow_predictions: X_t of the slow copy: V(h_t) or Q(h_t, a_t). Shape [T].
      slow_last_value: V(h_T) of the slow copy, where no action follows. Shape [].
      discount: gamma, per step.

    Returns:
      Shape [T].
    """
    chex.assert_equal_shape([rewards, slow_predictions])
    later = jnp.concatenate([slow_predictions[1:], slow_last_value[None]])
    return rewards + discount * later


def opponent_log_probs(
    taken_values: Array, q_values: Array, actions: Array, *, stop_grad_normalizer: bool
) -> Array:
    """LOQA's opponent: log softmax of its action values, that of the action taken replaced.

    The derivative in the value of the action taken is 1 - pi_hat(b_t), LOQA, or 1 if the
    normaliser is held constant, Eq. 7 of Advantage Alignment: Theorem 2.

    Args:
      taken_values: q_t of the action taken, differentiable in our policy. Shape [T].
      q_values: Q_t of the opponent, constants. Shape [T, A].
      actions: b_t that the opponent took. Shape [T].
      stop_grad_normalizer: whether to hold the normaliser constant.

    Returns:
      log pi_hat(b_t | h_t). Shape [T].
    """
    chex.assert_equal_shape([taken_values, actions])
    is_taken = actions[:, None] == jnp.arange(q_values.shape[1])[None]
    constants = lax.stop_gradient(q_values)
    normalizer = jax.nn.logsumexp(jnp.where(is_taken, taken_values[:, None], constants), axis=1)
    if stop_grad_normalizer:
        normalizer = lax.stop_gradient(normalizer)
    return taken_values - normalizer
