"""The three objectives of BRS and what they are made of, as functions of one episode.

Shapes: T steps. `vmap` adds the batch.
"""

import chex
import jax.numpy as jnp
from jax import Array, lax


def discounted_returns(rewards: Array, discount: float) -> Array:
    """G_t = sum_{k >= t} gamma^(k - t) r_k. Shape [T]."""
    chex.assert_rank(rewards, 1)

    def one(later: Array, reward: Array) -> tuple[Array, Array]:
        total = reward + discount * later
        return total, total

    return lax.scan(one, jnp.zeros(()), rewards, reverse=True)[1]


def steps_left(num_steps: int, discount: float) -> Array:
    """Discounted number of steps from t on: (1 - gamma^(T - t)) / (1 - gamma). Shape [T]."""
    left = jnp.arange(num_steps, 0, -1)
    return left.astype(float) if discount == 1 else (1 - discount**left) / (1 - discount)


def policy_loss(log_probs: Array, advantages: Array, discount: float) -> Array:
    """Minus the estimator of the gradient of E[sum_t gamma^t r_t], Eqs. (2), (3) and (6).

        - sum_t gamma^t A_t log pi(action_t)

    For the detective `log_probs` are its own. For the agent against the detective they are
    log pi_1(a_t) + log pi_2(b_t | Phi_t(theta_1)): both actions move the agent's return. In
    self-play they are those of both seats, weighted with one player's advantages.

    Args:
      log_probs: differentiable. Shape [T].
      advantages: A_t = G_t - V_t, constant. Shape [T].
      discount: gamma; its powers make this the gradient of the discounted return from the start.

    Returns:
      Scalar.
    """
    chex.assert_equal_shape([log_probs, advantages])
    weights = discount ** jnp.arange(len(log_probs))
    return -jnp.sum(weights * lax.stop_gradient(advantages) * log_probs)


def value_loss(values: Array, returns: Array) -> Array:
    """Half the mean squared error of a critic. Deviation: the released code bootstraps. Scalar."""
    chex.assert_equal_shape([values, returns])
    return 0.5 * jnp.mean((values - lax.stop_gradient(returns)) ** 2)


def mean_entropy(log_policy: Array) -> Array:
    """Mean entropy of action distributions [T, A]. Scalar."""
    chex.assert_rank(log_policy, 2)
    return -jnp.mean(jnp.sum(jnp.exp(log_policy) * log_policy, axis=1))
