"""Where learning in the Logistic Game ends, from a grid of starts."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array, lax

from meta_value import learners
from meta_value.games import Game
from meta_value.learners import Field

GRID_SIZE = 29  # starts per axis
GRID_HALF_WIDTH = 10.0
NUM_STEPS = 200
LOLA_LOOK_AHEADS = (0.0, 1.0, 10.0, 20.0)  # of HOLA-2 too
COLA_LOOK_AHEADS = (0.0, 1.0, 20.0, 30.0)
MEVA_DISCOUNTS = (0.0, 0.8, 0.9, 0.95)
POINT_B = 5.0307  # both coordinates of the good stable point of naive learning


def grid(size: int = GRID_SIZE) -> Array:
    """Joint policies on a square grid around the origin. Shape [size * size, P, 1]."""
    axis = jnp.linspace(-GRID_HALF_WIDTH, GRID_HALF_WIDTH, size)
    first, second = jnp.meshgrid(axis, axis, indexing="ij")
    return jnp.stack([first.ravel(), second.ravel()], axis=1)[..., None]


def ends(game: Game, field: Field, starts: Array) -> Array:
    """Joint policies after 200 steps of learning; those that diverge are not finite. [B, P, 1]."""
    return jax.vmap(lambda x: learners.ascend(field, x, NUM_STEPS, game.step_size)[0])(starts)


def share_to_b(game: Game, field: Field) -> Array:
    """Share of the grid's starts from which both players end above 0."""
    return jnp.mean(jnp.all(ends(game, field, grid()) > 0, axis=(1, 2)))


def shares_to_b(game: Game, field_at: Callable[[Array], Field], levels: tuple[float, ...]) -> Array:
    """Share of the whole grid that reaches B at each of L levels of a rule. Shape [L]."""
    return lax.map(lambda level: share_to_b(game, field_at(level)), jnp.array(levels))


def distance_to_b(policies: Array) -> Array:
    """Distances of joint policies [B, P, 1] from B. Shape [B]."""
    return jnp.linalg.norm(policies[..., 0] - POINT_B, axis=1)
