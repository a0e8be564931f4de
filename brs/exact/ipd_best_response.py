"""Exact best responses to a memory-one agent in the iterated prisoner's dilemma, hard and soft.

Against a memory-one agent p = (p_START, p_CC, p_CD, p_DC, p_DD) the other player faces a decision
problem of five states, the last joint action. With V the other player's value, for every state x

    Q(x, C) = p_x (r_CC + gamma V_CC) + (1 - p_x) (r_DC + gamma V_DC)
    Q(x, D) = p_x (r_CD + gamma V_CD) + (1 - p_x) (r_DD + gamma V_DD)
    V_x     = tau log( exp(Q(x, C) / tau) + exp(Q(x, D) / tau) )
    q(x)    = sigmoid( (Q(x, C) - Q(x, D)) / tau )                probability of cooperating

where states are named from the agent's view. As tau -> 0 this is the best response, whose gradient
in p is zero almost everywhere: an agent learns nothing *through* it. The entropy-regularised one is
smooth, and is the detective of the exact experiments.

S = 5 states START, CC, CD, DC, DD; P = 2 players, of which the agent is the first.
"""

from collections.abc import Callable
from typing import NamedTuple

import chex
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from common import ipd, ipd_values
from common.ipd import CC, PRISONERS_DILEMMA

Detective = Callable[[Array], Array]  # agent's policy [S] -> its own policy, its own view [S]

OTHER_VIEW = np.array(
    [ipd.START, ipd.CC, ipd.DC, ipd.CD, ipd.DD]
)  # the state as the other names it
_NEWTON_STEPS = 20  # policy iteration converges quadratically; far more than it needs


class Values(NamedTuple):
    """Normalised values (1 - gamma) V of a match: rewards per step."""

    agent: Array  # []
    responder: Array  # []


def action_values(policy: Array, values: Array, discount: float) -> Array:
    """Q(x, b) of the responder, Eq. (7).

    Args:
      policy: the agent's probability of cooperating, its own view. Shape [S].
      values: V_x of the responder, agent's view. Shape [S].
      discount: gamma, per step.

    Returns:
      Q in the agent's view of x, for b = C, D. Shape [S, 2].
    """
    chex.assert_shape([policy, values], (5,))
    rewards = jnp.asarray(PRISONERS_DILEMMA)[:, 1]
    returns = (rewards + discount * values[CC:]).reshape(2, 2)  # agent's action, responder's
    return policy[:, None] * returns[:1] + (1 - policy[:, None]) * returns[1:]


def soft_backup(policy: Array, values: Array, discount: float, temperature: float) -> Array:
    """One sweep of soft value iteration, Eq. (8). Shape [S]."""
    q_values = action_values(policy, values, discount)
    return temperature * jax.nn.logsumexp(q_values / temperature, axis=1)


def soft_values(policy: Array, discount: float, temperature: float) -> Array:
    """The fixed point of `soft_backup`, differentiated implicitly. Shape [S].

    Newton's method on V = B(p, V), which is soft policy iteration, finds V*. One more step of it,

        V = V* + (I - dB/dV)^-1 ( B(p, V*) - V* ),     V* and the matrix held constant,

    changes nothing but carries dV/dp = (I - dB/dV)^-1 dB/dp, as the implicit function theorem says.
    """

    def newton_step(policy: Array, values: Array) -> Array:
        def backup(values: Array) -> Array:
            return soft_backup(policy, values, discount, temperature)

        jacobian = lax.stop_gradient(jax.jacfwd(backup)(values))
        residual = soft_backup(policy, lax.stop_gradient(values), discount, temperature) - values
        return lax.stop_gradient(values) + solve_dominant(jnp.eye(5) - jacobian, residual)

    constant = lax.stop_gradient(policy)
    values = lax.fori_loop(
        0, _NEWTON_STEPS, lambda _, values: newton_step(constant, values), jnp.zeros(5)
    )
    return newton_step(policy, lax.stop_gradient(values))


def soft_best_response(policy: Array, discount: float, temperature: float) -> Array:
    """The soft best response to an agent, differentiable in it.

    Args:
      policy: the agent's probability of cooperating, its own view. Shape [S].
      discount: gamma, per step.
      temperature: tau, in units of reward.

    Returns:
      The responder's probability of cooperating, its own view. Shape [S].
    """
    values = soft_values(policy, discount, temperature)
    return _cooperation(action_values(policy, values, discount), temperature)


def tree_search_response(policy: Array, discount: float, temperature: float, depth: int) -> Array:
    """The soft best response found by searching `depth` steps ahead, differentiable by unrolling.

    The tree of all joint actions has 4^depth leaves, but against a memory-one agent all nodes with
    the same last joint action and the same depth have the same value: the tree collapses into
    `depth` sweeps of Eq. (8), from leaves worth nothing. (A test walks the uncollapsed tree.)

    Args:
      policy: the agent's probability of cooperating, its own view. Shape [S].
      discount: gamma, per step.
      temperature: tau, in units of reward.
      depth: steps ahead, at least 1.

    Returns:
      The responder's probability of cooperating, its own view. Shape [S].
    """

    def sweep(values: Array, _: None) -> tuple[Array, None]:
        return soft_backup(policy, values, discount, temperature), None

    values, _ = lax.scan(sweep, jnp.zeros(5), None, length=depth - 1)
    return _cooperation(action_values(policy, values, discount), temperature)


def best_response(policy: Array, discount: float) -> Array:
    """The hard best response, piecewise constant in the agent; ties go to cooperation. [S]."""
    return ipd_values.best_response_value(policy, discount=discount).responder_policy


def play(policy: Array, responder: Array, discount: float) -> Values:
    """Exact values of two memory-one policies, each in its own view."""
    values = ipd_values.discounted_value(jnp.stack([policy, responder]), discount=discount)
    return Values(*((1 - discount) * values))


def stackelberg_value(policy: Array, detective: Detective, discount: float) -> Array:
    """The leader's objective F(p) = V^1(p, q(p)), Eq. (1), normalised. Scalar."""
    return play(policy, detective(policy), discount).agent


def regret(policy: Array, responder: Array, discount: float) -> Array:
    """What a responder misses: V^2(p, q*) - V^2(p, q) >= 0, normalised. Scalar."""
    best = play(policy, best_response(policy, discount), discount).responder
    return best - play(policy, responder, discount).responder


def fidelity(policy: Array, detective: Detective, reference: Detective, discount: float) -> Array:
    """Cosine of dV^1(p, q(p))/dp through a detective with the same through a reference.

    The part of the derivative that a detective is trained for is that *through* it, so the agent's
    own actions are held fixed: what is compared is (dV^1/dq) (dq/dp).
    """

    def through(detective: Detective) -> Array:
        def value(shown: Array) -> Array:
            return play(lax.stop_gradient(policy), detective(shown), discount).agent

        return jax.grad(value)(policy)

    ours, theirs = through(detective), through(reference)
    return jnp.sum(ours * theirs) / (jnp.linalg.norm(ours) * jnp.linalg.norm(theirs) + 1e-12)


def answers_in_closed_form(policy: Array, discount: float, num_steps: int) -> Array:
    """Answers to the detective's questions, Eq. (4), without sampling.

    delta_b(x) is the return over L steps of a player that plays b in state x and at random ever
    after,

        delta_b(x) = p_x (r_Cb + gamma u_Cb) + (1 - p_x) (r_Db + gamma u_Db),

    with u the value of the random player against this agent in the L - 1 steps that follow.

    Args:
      policy: the agent's probability of cooperating, its own view. Shape [S].
      discount: gamma, per step.
      num_steps: L.

    Returns:
      delta in the agent's view of x, for b = C, D. Shape [S, 2].
    """

    def sweep(values: Array, _: None) -> tuple[Array, None]:
        return jnp.mean(action_values(policy, values, discount), axis=1), None

    values, _ = lax.scan(sweep, jnp.zeros(5), None, length=num_steps - 1)
    return action_values(policy, values, discount)


def solve_dominant(matrix: Array, right_side: Array) -> Array:
    """Solves M x = b for a matrix with dominant diagonal, which needs no pivots.

    Written out, without LAPACK: its batched routines can hang under `vmap` on CPU.

    Args:
      matrix: M. Shape [N, N], N small.
      right_side: b. Shape [N].
    """
    rows = jnp.concatenate([matrix, right_side[:, None]], axis=1)
    for i in range(len(matrix)):
        pivot_row = rows[i] / rows[i, i]
        factors = rows[:, i].at[i].set(0.0)
        rows = rows.at[i].set(pivot_row) - factors[:, None] * pivot_row[None]
    return rows[:, -1]


def _cooperation(q_values: Array, temperature: float) -> Array:
    """Probability of cooperating in the responder's own view. Shape [S]."""
    return jax.nn.sigmoid((q_values[:, 0] - q_values[:, 1]) / temperature)[OTHER_VIEW]
