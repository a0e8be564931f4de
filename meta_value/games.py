"""Two-player differentiable games: what both players get, as an exact function of both policies.

A joint policy is an array x of shape [P, D]: D parameters of each of P = 2 players, who maximise
their own objective. Nothing is sampled.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from common import ipd, ipd_values

Objectives = Callable[[Array], Array]  # joint policy [P, D] -> expected returns [P]
Forms = tuple[tuple[tuple[float, ...], ...], ...]  # [P, 2, 2]

DISCOUNT = 0.96  # of the repeated games, per round
LOGISTIC_RANGE = 8.0  # starts of the Logistic Game lie in [-8, 8]


class Game(NamedTuple):
    """A differentiable game and how it is learned.

    Attributes:
      objectives: x [P, D] -> expected return of both players [P].
      draw: consumes a key and returns a random joint policy to start from, [P, D].
      step_size: alpha, of a learner's step along its gradient.
      is_symmetric: whether swapping the players swaps their returns and changes nothing else.
      is_repeated: whether policies are logits of a repeated game.
    """

    objectives: Objectives
    draw: Callable[[Array], Array]
    step_size: float
    is_symmetric: bool = True
    is_repeated: bool = False


def logistic_objectives(policies: Array) -> Array:
    """The Logistic Game: a step of one logistic function per player, and a wall around the origin.

    f_i = -4 s(x_i) (1 - 2 s(x_j)) - [(x_1 x_2)^2 + (x_1^2 - x_2^2)^2] / 10000 with s the logistic
    function. A player gains by raising x_i if and only if the other's is positive. Naive learning
    has two stable points: A = (-5.03, -5.03), where both get -.09, and B = (5.03, 5.03): 3.86.

    Args:
      policies: x. Shape [P, 1].

    Returns:
      f. Shape [P].
    """
    x = policies[:, 0]
    others = x[::-1]
    wall = (x * others) ** 2 + (x**2 - others**2) ** 2
    return -4 * jax.nn.sigmoid(x) * (1 - 2 * jax.nn.sigmoid(others)) - wall / 10_000


def repeated_objectives(payoffs: ipd.Payoffs) -> Objectives:
    """Exact normalised returns (1 - delta) sum_t delta^t r_t of a repeated 2x2 game, delta = .96.

    Policies have memory one: a player's five parameters are the logits of cooperating at the start
    and after CC, CD, DC, DD, its own action first.
    """

    def objectives(policies: Array) -> Array:
        probs = jax.nn.sigmoid(policies)  # [P, 5]
        return (1 - DISCOUNT) * ipd_values.discounted_value(probs, payoffs, discount=DISCOUNT)

    return objectives


def quadratic_objectives(forms: Forms | Array) -> Objectives:
    """f_i = x' F_i x / 2 with one parameter per player; forms F of shape [P, 2, 2], symmetric."""

    def objectives(policies: Array) -> Array:
        x = policies[:, 0]
        return 0.5 * jnp.einsum("pij,i,j->p", jnp.array(forms), x, x)

    return objectives


def normal_logits(key: Array) -> Array:
    """Random memory-one policies of both players, every logit from N(0, 1). Shape [P, 5]."""
    return jax.random.normal(key, (2, 5))


def draw_starts(game: Game, key: Array, num_starts: int) -> Array:
    """Random joint policies to start from; consumes the key. Shape [N, P, D]."""
    return jax.vmap(game.draw)(jax.random.split(key, num_starts))


def _uniform(half_width: float) -> Callable[[Array], Array]:
    return lambda key: jax.random.uniform(key, (2, 1), minval=-half_width, maxval=half_width)


# Each for itself (player 1's closed form), and bilinear with opposed interests.
CONCAVE: Forms = (((-1.0, 0.0), (0.0, 0.0)), ((0.0, 0.0), (0.0, -1.0)))
BILINEAR: Forms = (((0.0, 1.0), (1.0, 0.0)), ((0.0, -1.0), (-1.0, 0.0)))

# Jitted: whatever is built around a game, Python runs through its objectives once per shape.
GAMES = {
    "logistic": Game(jax.jit(logistic_objectives), _uniform(LOGISTIC_RANGE), 1.0),
    "ipd": Game(
        jax.jit(repeated_objectives(ipd.PRISONERS_DILEMMA)), normal_logits, 25.0, is_repeated=True
    ),
    "matching_pennies": Game(
        jax.jit(repeated_objectives(ipd.MATCHING_PENNIES)),
        normal_logits,
        25.0,
        is_symmetric=False,
        is_repeated=True,
    ),
    "chicken": Game(
        jax.jit(repeated_objectives(ipd.CHICKEN)), normal_logits, 1.0, is_repeated=True
    ),
    "concave": Game(jax.jit(quadratic_objectives(CONCAVE)), _uniform(2.0), 0.5),
    "bilinear": Game(
        jax.jit(quadratic_objectives(BILINEAR)), _uniform(2.0), 0.5, is_symmetric=False
    ),
}
