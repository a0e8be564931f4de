"""The losses of the paper as functions of token arrays.

Shapes: B sequences, T positions. A mask is 1 on response tokens, the end token included, else 0.
"""

import chex
import jax
import jax.numpy as jnp
from jax import Array

CLIP_KL = 10.0  # of the KL estimate of one token
LARGEST_MEAN_RATIO = 10.0


def token_mean(values: Array, mask: Array) -> Array:
    """Mean over all response tokens of a minibatch, sum(m x) / sum(m)."""
    return jnp.sum(values * mask) / jnp.maximum(jnp.sum(mask), 1.0)


def whiten(advantages: Array, mask: Array) -> Array:
    """(A - mean) / sqrt(var + 1e-8) over all response tokens, unbiased variance; 0 elsewhere."""
    chex.assert_equal_shape([advantages, mask])
    centred = advantages - token_mean(advantages, mask)
    count = jnp.sum(mask)
    variance = jnp.sum(centred**2 * mask) / jnp.maximum(count - 1, 1.0)
    return centred * jax.lax.rsqrt(variance + 1e-8) * mask


def policy_loss(
    log_probs: Array, old_log_probs: Array, advantages: Array, mask: Array, clip_epsilon: float
) -> Array:
    """Clipped surrogate of PPO, averaged over the tokens of the minibatch.

    L = sum m max(-A rho, -A clip(rho, 1 - eps, 1 + eps)) / sum m, rho = exp(logp - logp_old)

    Args:
      log_probs: of the tokens under the policy. Shape [B, T].
      old_log_probs: under the policy that sampled them. Shape [B, T].
      advantages: A, constants. Shape [B, T].
      mask: m. Shape [B, T].
      clip_epsilon: eps.
    """
    chex.assert_equal_shape([log_probs, old_log_probs, advantages, mask])
    ratio = jnp.exp((log_probs - old_log_probs) * mask)
    clipped = jnp.clip(ratio, 1 - clip_epsilon, 1 + clip_epsilon)
    return token_mean(jnp.maximum(-advantages * ratio, -advantages * clipped), mask)


def kl_penalty(log_probs: Array, reference_log_probs: Array, mask: Array) -> Array:
    """KL(policy || reference): the k3 estimate of each token, clamped, summed per sequence.

    k3 = exp(ref - logp) - (ref - logp) - 1, in [0, 10]; sum over tokens, mean over sequences. The
    policy loss is a mean over tokens instead: the coefficient belongs to this reduction.
    """
    chex.assert_equal_shape([log_probs, reference_log_probs, mask])
    difference = (reference_log_probs - log_probs) * mask
    k3 = jnp.exp(difference) - difference - 1
    return jnp.mean(jnp.sum(jnp.clip(k3, 0.0, CLIP_KL) * mask, axis=1))


def ratio_guard(log_probs: Array, old_log_probs: Array, mask: Array) -> Array:
    """0 if the mean ratio of the minibatch exceeds 10, else 1; the loss is multiplied by it."""
    mean_ratio = token_mean(jnp.exp((log_probs - old_log_probs) * mask), mask)
    return jax.lax.stop_gradient(jnp.where(mean_ratio > LARGEST_MEAN_RATIO, 0.0, 1.0))


def value_loss(
    values: Array, old_values: Array, returns: Array, mask: Array, clip_epsilon: float
) -> Array:
    """Clipped squared error of the critic.

    L = 0.5 sum m max((V - G)^2, (clip(V, V_old - eps, V_old + eps) - G)^2) / sum m
    """
    chex.assert_equal_shape([values, old_values, returns, mask])
    clipped = jnp.clip(values, old_values - clip_epsilon, old_values + clip_epsilon)
    errors = jnp.maximum((values - returns) ** 2, (clipped - returns) ** 2)
    return 0.5 * token_mean(errors, mask)


def imitation_loss(log_probs: Array, mask: Array) -> Array:
    """Negative log-likelihood, averaged per sequence over its tokens, then over sequences."""
    chex.assert_equal_shape([log_probs, mask])
    per_sequence = jnp.sum(log_probs * mask, axis=1) / jnp.maximum(jnp.sum(mask, axis=1), 1.0)
    return -jnp.mean(per_sequence)


def dpo_positive_loss(
    right: Array, wrong: Array, reference_right: Array, reference_wrong: Array, b: float, lam: float
) -> Array:
    """DPO-Positive: a right response must gain on a wrong one without becoming less likely itself.

    -log sigmoid(b [(right - wrong) - (ref_right - ref_wrong) - lam max(0, ref_right - right)])

    Args:
      right: log-probability of the right response of each pair. Shape [B].
      wrong: of the wrong one.
      reference_right: under the reference.
      reference_wrong: under the reference.
      b: inverse temperature.
      lam: weight of the penalty.
    """
    chex.assert_equal_shape([right, wrong, reference_right, reference_wrong])
    margin = (right - wrong) - (reference_right - reference_wrong)
    penalty = jnp.maximum(0.0, reference_right - right)
    return -jnp.mean(jax.nn.log_sigmoid(b * (margin - lam * penalty)))
