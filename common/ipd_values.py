"""Exact values of iterated 2x2 matrix games between memory-one policies, and best responses.

For two memory-one policies the value of the game is a small linear system, as in LOLA (Foerster et
al. 2018, arXiv 1709.04326); this module solves it, for the infinite discounted horizon and for a
fixed number of steps, and finds the best response to such a policy.

Conventions are those of `common.ipd`: a policy is five probabilities of cooperating, in START, CC,
CD, DC, DD, always from the player's own view. P = 2 players; `vmap` lifts everything to many
policies.
"""

import itertools
from typing import NamedTuple

import chex
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.typing import DTypeLike

from common.ipd import CC, CD, COOPERATE, DC, DD, DEFECT, PRISONERS_DILEMMA, START, Payoffs

_OTHER_VIEW = np.array([START, CC, DC, CD, DD], np.int32)  # as the other player names the state


class BestResponse(NamedTuple):
    """Best response to a memory-one policy, and what both get."""

    responder_value: Array  # []
    agent_value: Array  # []
    responder_policy: Array  # [5], or [T, 5] for a finite horizon; 0 or 1, responder's own view


def effective_num_steps(discount: float, num_steps: int | None = None) -> float:
    """Sums the discount weights; a value divided by it is an average reward per step.

    Args:
      discount: gamma, per step.
      num_steps: T of the finite horizon; None for the infinite one.

    Returns:
      (1 - gamma^T) / (1 - gamma), T when gamma is 1, 1 / (1 - gamma) when T is None.
    """
    if num_steps is None:
        _check_discount(discount)
        return 1.0 / (1.0 - discount)
    return num_steps if discount == 1.0 else (1.0 - discount**num_steps) / (1.0 - discount)


def discounted_value(
    policies: Array, payoffs: Payoffs | Array = PRISONERS_DILEMMA, *, discount: float
) -> Array:
    """Expected infinite discounted return of two memory-one policies, exactly.

    V = p_start (I - gamma M)^-1 r, with M[s, s'] the probability of the joint action s' after s,
    as in LOLA (arXiv 1709.04326). Not normalised: times (1 - gamma) it is a reward per step.
    Differentiable in both policies, and safe under `vmap` (no LAPACK call).

    Args:
      policies: probability of cooperating, each player's own view. Shape [P, 5].
      payoffs: rewards after CC, CD, DC, DD. Shape [4, P].
      discount: gamma in [0, 1).

    Returns:
      sum_t gamma^t E[r_t] of both players. Shape [P].
    """
    return _discounted_state_values(policies, payoffs, discount)[START]


def finite_horizon_value(
    policies: Array,
    payoffs: Payoffs | Array = PRISONERS_DILEMMA,
    *,
    num_steps: int,
    discount: float = 1.0,
) -> Array:
    """Expected return of two memory-one policies over a fixed number of steps, exactly.

    V_k(s) = sum_s' M[s, s'] (r(s') + gamma V_{k-1}(s')) with V_0 = 0, read at START. Not
    normalised: divide by `effective_num_steps(discount, num_steps)` for a reward per step.

    Args:
      policies: probability of cooperating, each player's own view. Shape [P, 5].
      payoffs: rewards after CC, CD, DC, DD. Shape [4, P].
      num_steps: T, at least 1.
      discount: gamma in [0, 1].

    Returns:
      sum_{t<T} gamma^t E[r_t] of both players. Shape [P].
    """
    transitions = _joint_action_probabilities(policies)
    rewards = jnp.asarray(payoffs, dtype=transitions.dtype)

    def one_step_more(state_values: Array, _: None) -> tuple[Array, None]:
        return _expect(transitions, rewards + discount * state_values[CC:]), None

    none_left = jnp.zeros((5, 2), dtype=transitions.dtype)
    state_values, _ = lax.scan(one_step_more, none_left, None, length=num_steps)
    return state_values[START]


def best_response_value(
    policy: Array, payoffs: Payoffs | Array = PRISONERS_DILEMMA, *, discount: float
) -> BestResponse:
    """Exact best response to a memory-one policy over the infinite discounted horizon.

    Against a memory-one agent the other player faces a decision problem of five states. One of the
    32 deterministic memory-one responders is therefore optimal among all responders, from every
    state at once, and it is found by looking at all of them. An indifferent responder cooperates.
    Values are differentiable in `policy`, with the responder held fixed: it is piecewise constant.

    Args:
      policy: the agent's probability of cooperating, its own view; it is player 0. Shape [5].
      payoffs: rewards after CC, CD, DC, DD. Shape [4, P].
      discount: gamma in [0, 1).

    Returns:
      Values of responder and agent (not normalised) and the responder's policy, shape [5].
    """
    policy = jnp.asarray(policy)
    # From all-cooperate to all-defect: of equally good responders, the first is the kindest.
    responders = jnp.array(list(itertools.product((1, 0), repeat=5)), dtype=policy.dtype)  # [32, 5]

    def responder_total(responder: Array) -> Array:
        pair = jnp.stack([lax.stop_gradient(policy), responder])
        return jnp.sum(_discounted_state_values(pair, payoffs, discount)[:, 1])

    totals = jax.vmap(responder_total)(responders)
    tolerance = _rounding_error(payoffs, 5 * effective_num_steps(discount), policy.dtype)
    responder = responders[jnp.argmax(totals >= jnp.max(totals) - tolerance)]
    values = discounted_value(jnp.stack([policy, responder]), payoffs, discount=discount)
    return BestResponse(values[1], values[0], responder)


def finite_horizon_best_response(
    policy: Array,
    payoffs: Payoffs | Array = PRISONERS_DILEMMA,
    *,
    num_steps: int,
    discount: float = 1.0,
) -> BestResponse:
    """Exact best response to a memory-one policy over a fixed number of steps.

    Backward induction; the responder may use the step index. An indifferent responder cooperates.
    Differentiable in `policy` as in `best_response_value`.

    Args:
      policy: the agent's probability of cooperating, its own view; it is player 0. Shape [5].
      payoffs: rewards after CC, CD, DC, DD. Shape [4, P].
      num_steps: T, at least 1.
      discount: gamma in [0, 1].

    Returns:
      Values of responder and agent (not normalised), the responder's policy, shape [T, 5].
    """
    policy = jnp.asarray(policy)
    # Everything below is in the responder's view of the state, its own action first.
    rewards = jnp.asarray(payoffs, dtype=policy.dtype)[_OTHER_VIEW[CC:] - CC]
    agent_cooperates = policy[_OTHER_VIEW][:, None, None]  # [5, 1, 1]
    tolerance = _rounding_error(payoffs, effective_num_steps(discount, num_steps), policy.dtype)

    def one_step_more(values: Array, _: None) -> tuple[Array, Array]:
        returns = (rewards + discount * values[CC:]).reshape(1, 2, 2, 2)  # [1, A, A of agent, P]
        after_cooperation, after_defection = returns[:, :, COOPERATE], returns[:, :, DEFECT]
        action_values = agent_cooperates * (after_cooperation - after_defection) + after_defection
        gain_by_defecting = action_values[:, DEFECT, 1] - action_values[:, COOPERATE, 1]
        defects = gain_by_defecting > tolerance  # [5]
        values = jnp.where(defects[:, None], action_values[:, DEFECT], action_values[:, COOPERATE])
        return values, 1 - defects.astype(policy.dtype)

    none_left = jnp.zeros((5, 2), dtype=policy.dtype)
    values, responder = lax.scan(one_step_more, none_left, None, length=num_steps)
    return BestResponse(values[START, 1], values[START, 0], responder[::-1])


def _joint_action_probabilities(policies: Array) -> Array:
    """Probability of CC, CD, DC, DD after START, CC, CD, DC, DD, player 0's view. Shape [5, 4]."""
    policies = jnp.asarray(policies)
    chex.assert_shape(policies, (2, 5))
    first, second = policies[0], policies[1, _OTHER_VIEW]  # [5]
    first = jnp.stack([first, 1 - first], axis=1)[:, :, None]  # [5, A, 1]
    second = jnp.stack([second, 1 - second], axis=1)[:, None]  # [5, 1, A]
    return (first * second).reshape(5, 4)


def _discounted_state_values(policies: Array, payoffs: Payoffs | Array, discount: float) -> Array:
    """Value of both players in START, CC, CD, DC, DD, player 0's view. Shape [5, P]."""
    _check_discount(discount)
    transitions = _joint_action_probabilities(policies)
    rewards = jnp.asarray(payoffs, dtype=transitions.dtype)
    # Value counted from a joint action on, the reward of that joint action included.
    values_with_reward = _solve_discounted(transitions[CC:], rewards, discount)
    return _expect(transitions, values_with_reward)


def _solve_discounted(transitions: Array, rewards: Array, discount: float) -> Array:
    """Solves (I - gamma M) X = R for a stochastic matrix M, by eliminating one state at a time.

    I - gamma M is strictly diagonally dominant by rows, so no pivoting is needed. Each pivot is
    written as the sum of what leaves the state instead of 1 minus what stays (Grassmann, Taksar
    and Heyman 1985): no subtraction occurs, and float32 keeps nearly all its digits although the
    matrix is badly conditioned for gamma near 1. The loop is unrolled and calls no LAPACK, whose
    batched routines can hang under `vmap` on CPU. Shapes: M [S, S], R and X [S, P].
    """
    moves = discount * transitions  # the diagonal is never read
    stops = jnp.full(moves.shape[0], 1.0 - discount, dtype=moves.dtype)
    eliminated = []
    for _ in range(moves.shape[0]):
        pivot = stops[0] + jnp.sum(moves[0, 1:])
        eliminated.append((pivot, moves[0, 1:], rewards[0]))
        passed_on = moves[1:, :1] / pivot  # [S', 1]
        rewards = rewards[1:] + passed_on * rewards[:1]
        stops = stops[1:] + passed_on[:, 0] * stops[0]
        moves = moves[1:, 1:] + passed_on * moves[:1, 1:]
    solution = rewards  # [0, P]: nothing is left
    for pivot, move, reward in reversed(eliminated):
        values = (reward + jnp.sum(move[:, None] * solution, axis=0)) / pivot
        solution = jnp.concatenate([values[None], solution])
    return solution


def _expect(weights: Array, values: Array) -> Array:
    """Matrix product of [S, N] and [N, P]; a GPU may round float32 to three digits in `@`."""
    return jnp.sum(weights[:, :, None] * values[None], axis=1)


def _rounding_error(payoffs: Payoffs | Array, num_steps: float, dtype: DTypeLike) -> Array:
    """Bounds the difference of two values that rounding alone can produce."""
    return 8 * jnp.finfo(dtype).eps * num_steps * jnp.max(jnp.abs(jnp.asarray(payoffs, dtype)))


def _check_discount(discount: float) -> None:
    if isinstance(discount, int | float) and not 0 <= discount < 1:
        raise ValueError(
            f"discount must lie in [0, 1), got {discount}; use finite_horizon_value for 1"
        )
