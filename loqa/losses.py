"""LOQA's losses as pure functions of one episode (Aghajohari et al., arXiv 2405.01035).

Seat 0 is the agent that learns, seat 1 the opponent, whose critic and policy are constants. The
policy gradient of LOQA is

  grad J = E[ sum_t A_t (grad log pi(a_t | h_t) + grad log pi_hat(b_t | h_t)) ]:

ordinary actor-critic for our own action a_t, plus the same for the opponent's action b_t, because
the opponent's policy pi_hat is a softmax of its action values and those depend on our policy.

Shapes: T steps of an episode, A actions. Signs: every function returns a loss to minimise.
"""

import chex
import jax
import jax.numpy as jnp
import optax
from jax import Array, lax


def td_advantages(rewards: Array, values: Array, *, discount: float) -> Array:
    """One-step advantage of the joint move: A_t = r_t + gamma V_{t+1} - V_t.

    Args:
      rewards: r_t of the agent. Shape [T].
      values: V_t = sum_a pi(a | h_t) Q(h_t, a) for t = 0..T. Shape [T + 1].
      discount: gamma, per step.

    Returns:
      A_t. Shape [T]. Not stopped: in the released code the gradient of V leaks through.
    """
    chex.assert_shape(values, (rewards.shape[0] + 1,))
    return rewards + discount * values[1:] - values[:-1]


def return_advantages(returns: Array, values: Array) -> Array:
    """Monte Carlo advantage: A_t = R_t - V_t, an option.

    Args:
      returns: R_t = sum_{k>=t} gamma^(k-t) r_k of the agent, truncated at T. Shape [T].
      values: V_t for t = 0..T. Shape [T + 1].

    Returns:
      A_t. Shape [T]. Not stopped either.
    """
    chex.assert_shape(values, (returns.shape[0] + 1,))
    return returns - values[:-1]


def policy_loss(log_probs: Array, advantages: Array) -> Array:
    """Naive actor-critic term: L_agent = -mean_t log pi(a_t | h_t) A_t.

    Args:
      log_probs: log pi(a_t | h_t) of the agent, differentiable. Shape [T].
      advantages: A_t. Shape [T].

    Returns:
      Scalar.
    """
    chex.assert_equal_shape([log_probs, advantages])
    return -jnp.mean(log_probs * advantages)


def negative_entropies(log_policy: Array) -> Array:
    """Negative entropy of policies: sum_a pi(a) log pi(a); L_ent is its mean over t.

    Args:
      log_policy: log pi. Shape [..., A].

    Returns:
      Shape [...].
    """
    return jnp.sum(jnp.exp(log_policy) * log_policy, axis=-1)


def rest_log_sum_exp(q_values: Array, *, temperature: float) -> Array:
    """What each action competes with in a softmax: log sum_{c != b} exp(Q(c) / tau), for every b.

    Args:
      q_values: Q(.). Shape [..., A].
      temperature: tau.

    Returns:
      Shape [..., A].
    """
    is_other = ~jnp.eye(q_values.shape[-1], dtype=bool)
    others = jnp.where(is_other, q_values[..., None, :] / temperature, -jnp.inf)  # [..., A, A]
    return jax.nn.logsumexp(others, axis=-1)


def opponent_log_probs(
    taken_values: Array, rest: Array, *, temperature: float, stop_grad_normalizer: bool = False
) -> Array:
    """Opponent's action log-probability as a function of our policy.

    log pi_hat(b_t | h_t) = log softmax(Q~_t / tau)[b_t], where Q~_t is the opponent's critic with
    the entry of the action it took replaced by q_t. Only that entry depends on our policy, and

      log pi_hat(b_t | h_t) = log sigmoid(q_t / tau - log sum_{c != b_t} exp(Q_t(c) / tau)).

    The derivative in q_t is (1 - pi_hat(b_t | h_t)) / tau: nothing is left to shape in an opponent
    that is sure of its action. With the softmax's normaliser held constant it is 1 / tau.

    Args:
      taken_values: q_t of the action taken, differentiable. Shape [T].
      rest: `rest_log_sum_exp` of the opponent's critic for the action taken, constant. Shape [T].
      temperature: tau of the softmax.
      stop_grad_normalizer: whether to hold the normaliser constant.

    Returns:
      log pi_hat(b_t | h_t). Shape [T].
    """
    chex.assert_equal_shape([taken_values, rest])
    logits, rest = taken_values / temperature, lax.stop_gradient(rest)
    if stop_grad_normalizer:
        return logits - lax.stop_gradient(jnp.logaddexp(logits, rest))
    return jax.nn.log_sigmoid(logits - rest)


def shaping_loss(opponent_log_probs: Array, advantages: Array) -> Array:
    """Opponent shaping, LOQA's own term: L_op = -mean_t log pi_hat(b_t | h_t) A_t.

    REINFORCE for the opponent's action with our advantage: it raises our policy's probability of
    the futures that make the actions good for us the ones the opponent values.

    Args:
      opponent_log_probs: log pi_hat(b_t | h_t), differentiable in our policy. Shape [T].
      advantages: A_t of the agent. Shape [T].

    Returns:
      Scalar.
    """
    chex.assert_equal_shape([opponent_log_probs, advantages])
    return -jnp.mean(opponent_log_probs * advantages)


def critic_loss(q_taken: Array, td_targets: Array) -> Array:
    """Critic: L_Q = mean_t huber(Q(h_t, a_t) - sg(y_t)), delta = 1.

    Args:
      q_taken: Q(h_t, a_t) of the agent's own action, differentiable. Shape [T].
      td_targets: y_t, see `sarsa_targets` and `differentiable_returns.discounted_sums`. Shape [T].

    Returns:
      Scalar.
    """
    chex.assert_equal_shape([q_taken, td_targets])
    return jnp.mean(optax.huber_loss(q_taken, lax.stop_gradient(td_targets)))


def sarsa_targets(
    rewards: Array, target_q_taken: Array, target_last_value: Array, *, discount: float
) -> Array:
    """SARSA targets of the published critic: y_t = r_t + gamma Q_ema(h_{t+1}, a_{t+1}).

    The last step has no next action and bootstraps from V_ema(h_T): the time limit is not treated
    as terminal, although Q is never fitted at t = T.

    Args:
      rewards: r_t of the agent. Shape [T].
      target_q_taken: Q_ema(h_t, a_t) of the slow copy. Shape [T].
      target_last_value: V_ema(h_T) of the slow copy. Shape [].
      discount: gamma, per step.

    Returns:
      y_t. Shape [T].
    """
    chex.assert_equal_shape([rewards, target_q_taken])
    bootstraps = jnp.concatenate([target_q_taken[1:], target_last_value[None]])
    return rewards + discount * bootstraps
