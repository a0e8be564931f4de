"""Meta-values that are known without learning, to judge learned ones by.

Three kinds: quadratic games, where the self-consistent meta-value is a quadratic form; nested
differentiation, where Bellman's equation is applied a few times from V^0 = f, which is exact up to
gamma^k of what remains; and gamma = 0, where V = f and U is f after one naive step.
"""

import jax.numpy as jnp
from jax import Array, lax

from meta_value import learners
from meta_value.games import Objectives

NUM_ITERATIONS = 1000


def quadratic_meta_value(forms: Array, discounts: Array, step_size: float) -> Array:
    """The meta-value of f_i = x' F_i x / 2 as a quadratic form, V_i = x' A_i x / 2.

    gbar V(x) = G x with row i of G that of A_i, so the next iterate is M x, M = I + alpha G, and
    A_i = (1 - gamma_i) F_i + gamma_i M' A_i M, which is iterated from A = F.

    Args:
      forms: F, symmetric, one parameter per player. Shape [P, 2, 2].
      discounts: gamma, below 1. Shape [P].
      step_size: alpha.

    Returns:
      A. Shape [P, 2, 2].
    """
    gamma = discounts[:, None, None]

    def bellman(_: Array, values: Array) -> Array:
        gradients = jnp.stack([values[0, 0], values[1, 1]])  # G
        step = jnp.eye(2) + step_size * gradients
        later = jnp.einsum("ki,pkl,lj->pij", step, values, step)
        return (1 - gamma) * forms + gamma * later

    return lax.fori_loop(0, NUM_ITERATIONS, bellman, jnp.asarray(forms))


def concave_curvature(discount: float, step_size: float) -> float:
    """C of V = -c x^2 / 2 for one player with f = -x^2 / 2: c = (1 - g) + g c (1 - alpha c)^2."""
    curvature = 1.0
    for _ in range(NUM_ITERATIONS):
        curvature = (1 - discount) + discount * curvature * (1 - step_size * curvature) ** 2
    return curvature


def nested_meta_value(
    objectives: Objectives, discounts: Array, step_size: float, depth: int
) -> Objectives:
    """V^k of V^0 = f, V^k(x) = (1 - gamma) f(x) + gamma V^{k-1}(x + alpha gbar V^{k-1}(x)).

    Differentiated through every step; each depth doubles what is computed, and compiled.

    Args:
      objectives: f.
      discounts: gamma. Shape [P].
      step_size: alpha.
      depth: k, number of look-aheads.
    """
    if depth == 0:
        return objectives
    earlier = nested_meta_value(objectives, discounts, step_size, depth - 1)
    field = learners.own_gradients(earlier)

    def values(policies: Array) -> Array:
        following = policies + step_size * field(policies)
        return (1 - discounts) * objectives(policies) + discounts * earlier(following)

    return values
