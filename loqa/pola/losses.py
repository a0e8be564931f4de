"""Losses of POLA-DiCE as pure functions of one episode (Zhao et al. 2022, arXiv 2210.10125).

Seat 0 is whoever learns. Shapes: T steps of an episode, P = 2 players, A actions.
"""

import chex
import jax.numpy as jnp
from jax import Array, lax

from loqa.differentiable_returns import discounted_sums


def dice_objective(log_probs: Array, advantages: Array, *, discount: float) -> Array:
    """Loaded DiCE objective of an episode; its derivatives of any order are those of the return.

    J = sum_t gamma^t (box(W_t) - box(W_{t-1})) A_t,  W_t = sum_{k<=t} sum_i log pi_i(a_k^i | h_k),
    box(x) = exp(x - sg(x)) (Farquhar et al. 2019, arXiv 1909.10549). Its value is zero, its
    gradient sum_t gamma^t A_t grad sum_i log pi_i(a_t^i | h_t): the moves of both players are
    stochastic nodes. Beyond the first order the exponential cannot be left out.

    Args:
      log_probs: log pi_i(a_t^i | h_t) of both players, differentiable. Shape [T, P].
      advantages: A_t of the player whose objective it is; constant. Shape [T].
      discount: gamma, per step.

    Returns:
      Scalar.
    """
    chex.assert_rank([log_probs, advantages], [2, 1])
    of_step = jnp.sum(log_probs, axis=1)
    so_far = jnp.cumsum(of_step)
    weights = discount ** jnp.arange(len(advantages), dtype=advantages.dtype)
    dice = _magic_box(so_far) - _magic_box(so_far - of_step)
    return jnp.sum(weights * dice * lax.stop_gradient(advantages))


def gae_advantages(rewards: Array, values: Array, *, discount: float, gae_discount: float) -> Array:
    """Generalised advantages (Schulman et al. 2016, arXiv 1506.02438).

    A_t = sum_{k>=t} (gamma lambda)^(k-t) (r_k + gamma V_{k+1} - V_k). With lambda = 1 that is the
    discounted return, with gamma^(T-t) V_T after the last step, minus V_t.

    Args:
      rewards: r_t. Shape [T].
      values: V_t for t = 0..T. Shape [T + 1].
      discount: gamma, per step.
      gae_discount: lambda, per step.

    Returns:
      A_t. Shape [T].
    """
    chex.assert_shape(values, (len(rewards) + 1,))
    td_errors = rewards + discount * values[1:] - values[:-1]
    return discounted_sums(td_errors, discount * gae_discount)


def value_loss(rewards: Array, values: Array, *, discount: float) -> Array:
    """Squared error of the values: sum_t (sum_{k>=t} gamma^(k-t) r_k + gamma^(T-t) V_T - V_t)^2.

    Args:
      rewards: r_t. Shape [T].
      values: V_t for t = 0..T, differentiable; in the target V_T is constant. Shape [T + 1].
      discount: gamma, per step.

    Returns:
      Scalar.
    """
    chex.assert_shape(values, (len(rewards) + 1,))
    bootstrapped = rewards.at[-1].add(discount * lax.stop_gradient(values[-1]))
    return jnp.sum((discounted_sums(bootstrapped, discount) - values[:-1]) ** 2)


def divergence(anchor_log_policy: Array, log_policy: Array) -> Array:
    """Mean over time of KL(p || q) = sum_a p(a) (log p(a) - log q(a)) between two policies.

    Args:
      anchor_log_policy: log p, constant. Shape [T, A].
      log_policy: log q, differentiable. Shape [T, A].

    Returns:
      Scalar.
    """
    chex.assert_equal_shape([anchor_log_policy, log_policy])
    log_ratios = anchor_log_policy - log_policy
    return jnp.mean(jnp.sum(jnp.exp(anchor_log_policy) * log_ratios, axis=1))


def _magic_box(exponent: Array) -> Array:
    return jnp.exp(exponent - lax.stop_gradient(exponent))
