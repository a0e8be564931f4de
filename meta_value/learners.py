"""How learners move: naive, LOLA, HOLA and mixtures of them, as vector fields of the joint policy.

A field maps the joint policy x [P, D] to the direction of each player [P, D]; all players step
along theirs at once, x <- x + alpha field(x). What a player of one kind does against one of another
is a row of each field.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array, lax

from meta_value.games import Objectives

Field = Callable[[Array], Array]  # joint policy [P, D] -> directions [P, D]


def own_gradients(objectives: Objectives) -> Field:
    """The simultaneous gradient, gbar F(x) = (dF_1/dx_1, dF_2/dx_2)."""

    def field(policies: Array) -> Array:
        gradients = jax.jacrev(objectives)(policies)  # [P, P, D]
        return jnp.stack([gradients[0, 0], gradients[1, 1]])

    return field


def naive(objectives: Objectives) -> Field:
    """Naive learning: every player climbs its own objective as if the other stood still."""
    return own_gradients(objectives)


def lola(objectives: Objectives, look_ahead: float | Array) -> Field:
    """LOLA as first published (arXiv 1709.04326), the first-order Taylor expansion of look-ahead.

    Player i climbs f_i + a stop(df_i/dx_j) . df_j/dx_j, where a is the step that it expects of a
    naive player j.
    """

    def surrogate(policies: Array) -> Array:
        gradients = jax.jacrev(objectives)(policies)  # [P, P, D]
        effect_of_other = jnp.stack([gradients[0, 1], gradients[1, 0]])
        step_of_other = jnp.stack([gradients[1, 1], gradients[0, 0]])
        shaping = jnp.sum(lax.stop_gradient(effect_of_other) * step_of_other, axis=1)
        return objectives(policies) + look_ahead * shaping

    return own_gradients(surrogate)


def hola(objectives: Objectives, look_ahead: float | Array, order: int = 1) -> Field:
    """HOLA-n: exact look-ahead at a player that itself looks n - 1 steps ahead.

    F^0 = f, F^n_i(x) = f_i(x_i, x_j + a dF^{n-1}_j/dx_j(x)); player i climbs F^n_i, through the
    other's step. HOLA-0 is the naive learner, HOLA-1 exact LOLA.
    """
    anticipated = objectives
    for _ in range(order):
        anticipated = after_others_step(objectives, own_gradients(anticipated), look_ahead)
    return own_gradients(anticipated)


def after_others_step(
    objectives: Objectives, field: Field, look_ahead: float | Array
) -> Objectives:
    """f_i(x_i, x_j + a_i field_j(x)) of each player i, differentiable through the step.

    Args:
      objectives: f.
      field: what the players are expected to do.
      look_ahead: a, the same for both, or shape [P].
    """

    def anticipated(policies: Array) -> Array:
        look_aheads = jnp.broadcast_to(look_ahead, (2,))
        directions = field(policies)
        seen_by_first = policies.at[1].add(look_aheads[0] * directions[1])
        seen_by_second = policies.at[0].add(look_aheads[1] * directions[0])
        return jnp.stack([objectives(seen_by_first)[0], objectives(seen_by_second)[1]])

    return anticipated


def against(first: Field, second: Field) -> Field:
    """The field of two kinds of learner: the first in seat 0, the second in seat 1."""
    return lambda policies: jnp.stack([first(policies)[0], second(policies)[1]])


def ascend(
    field: Field, policies: Array, num_steps: int, step_sizes: float | Array
) -> tuple[Array, Array]:
    """Lets both players learn for some steps.

    Args:
      field: their directions.
      policies: where they start. Shape [P, D].
      num_steps: T.
      step_sizes: alpha, the same for both, or shape [P, 1].

    Returns:
      The last joint policy, and all those before it. Shapes [P, D] and [T, P, D].
    """

    def step(policies: Array, _: None) -> tuple[Array, Array]:
        return policies + step_sizes * field(policies), policies

    return lax.scan(step, policies, length=num_steps)
