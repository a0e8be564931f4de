"""Returns of the opponent as differentiable functions of our policy: loaded DiCE (LOQA, section 4).

The opponent's sampled return does not depend on our parameters; its expectation does. Multiplying
by the magic box of DiCE (Foerster et al. 2018, arXiv 1802.05098) gives a number with the value of
the sampled return and the gradient of the expectation. Loaded DiCE (Farquhar et al. 2019, arXiv
1909.10549) adds a baseline, and LOQA an extra discount lambda on how far our actions reach.

Everything is written for one episode of T steps.
"""

import chex
import jax.numpy as jnp
from jax import Array, lax


def discounted_sums(values: Array, discount: float) -> Array:
    """Discounted sum of everything from t on: y_t = x_t + discount y_{t+1}.

    Args:
      values: x_t. Shape [T].
      discount: per step, in [0, 1].

    Returns:
      y_t, differentiable in `values`. Shape [T].
    """
    chex.assert_rank(values, 1)

    def add(later: Array, value: Array) -> tuple[Array, Array]:
        total = value + discount * later
        return total, total

    _, sums = lax.scan(add, jnp.zeros((), values.dtype), values, reverse=True)
    return sums


def loaded_dice_returns(
    rewards: Array, values: Array, log_probs: Array, *, discount: float, dice_discount: float
) -> Array:
    """Opponent's returns, carrying the gradient of their expectation in our policy.

    G_t = R_t + Z_t,  R_t = r_t + gamma R_{t+1},  Z_t = (R_t - V_t) d_t + gamma lambda Z_{t+1},
    where d_t = log pi(a_t) - sg(log pi(a_t)) is zero and has the gradient of log pi(a_t). (The
    magic box exp(x - sg(x)) has the same value and the same first derivative.)

    Args:
      rewards: r_t of the opponent. Shape [T].
      values: V_t, the opponent's critic, a baseline; constant. Shape [T].
      log_probs: log pi(a_t | h_t) of the learning agent, differentiable. Shape [T].
      discount: gamma, per step.
      dice_discount: lambda, the extra discount on the reach of our actions, per step.

    Returns:
      G_t: forward R_t, backward sum_{k>=t} (gamma lambda)^(k-t) (R_k - V_k) grad log pi(a_k).
      Shape [T].
    """
    chex.assert_rank([rewards, values, log_probs], 1)
    chex.assert_equal_shape([rewards, values, log_probs])
    returns = discounted_sums(rewards, discount)
    baselined = lax.stop_gradient(returns - values)
    dice = log_probs - lax.stop_gradient(log_probs)
    return returns + discounted_sums(baselined * dice, discount * dice_discount)


def n_step_returns(rewards: Array, log_probs: Array, *, discount: float, num_rewards: int) -> Array:
    """Opponent's returns of which only the next n rewards depend on our policy; an option.

    G_t = sum_k gamma^k r_{t+k} box(l_t + ... + l_{t+k}) for k < n, plus the rest of R_t, where
    l_t = log pi(a_t) and box has the value 1 and the gradient of its argument. No baseline.

    Args:
      rewards: r_t of the opponent. Shape [T].
      log_probs: log pi(a_t | h_t) of the learning agent, differentiable. Shape [T].
      discount: gamma, per step.
      num_rewards: n, at least 1.

    Returns:
      G_t: forward R_t, backward sum_{k<n} gamma^k r_{t+k} sum_{j<=k} grad l_{t+j}. Shape [T].
    """
    chex.assert_equal_shape([rewards, log_probs])
    dice = log_probs - lax.stop_gradient(log_probs)
    num_steps = len(rewards)
    # Within the window, l_{t+j} multiplies the rewards from t + j to the window's end at t + n.
    padded = jnp.pad(rewards, (0, num_rewards))  # [T + n]
    lags = range(min(num_rewards, num_steps))
    total = discounted_sums(rewards, discount)
    for lag in lags:
        window = sum(
            discount**k * padded[k : k + num_steps] for k in range(lag, num_rewards)
        )  # [T], sum_{k=lag}^{n-1} gamma^k r_{t+k}
        total += window * jnp.pad(dice, (0, lag))[lag:]
    return total


def taken_action_values(rewards: Array, returns: Array, *, discount: float) -> Array:
    """Opponent's value of the action it took, from its own return: q_t = r_t + gamma G_{t+1}.

    Our move at time t is simultaneous with the opponent's, so it cannot be a reply to it: only
    G_{t+1} is differentiable in our policy. At the last step there is no later move of ours and
    q_{T-1} = r_{T-1} is constant.

    Args:
      rewards: r_t of the opponent. Shape [T].
      returns: G_t, see `loaded_dice_returns`. Shape [T].
      discount: gamma, per step.

    Returns:
      q_t, differentiable in whatever G is. Shape [T].
    """
    chex.assert_rank([rewards, returns], 1)
    chex.assert_equal_shape([rewards, returns])
    later = jnp.concatenate([returns[1:], jnp.zeros_like(returns[:1])])
    return rewards + discount * later
