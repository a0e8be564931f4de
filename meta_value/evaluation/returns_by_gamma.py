"""What both seats get after learning by one meta-value, by the gammas of the two players."""

import jax
import jax.numpy as jnp
from jax import Array, lax

from meta_value.games import draw_starts
from meta_value.learners import Field
from meta_value.meta_game import Setup, learn
from meta_value.networks import Params


def returns_by_gamma(
    setup: Setup, params: Params, key: Array, discounts: Array, *, num_starts: int, num_steps: int
) -> Array:
    """Mean returns of both seats, from the same random starts for all gammas; consumes the key.

    Args:
      setup: of the training, which decides how the second seat learns.
      params: of the network of one seed.
      key: of the starts.
      discounts: G pairs of gammas. Shape [G, P].
      num_starts: random joint policies to start from.
      num_steps: steps of learning before the returns are taken.

    Returns:
      Shape [G, P].
    """
    starts = draw_starts(setup.game, key, num_starts)

    def at(discounts: Array) -> Array:
        return mean_returns(setup, setup.meta_value.field(params, discounts), starts, num_steps)

    return lax.map(at, discounts)


def mean_returns(setup: Setup, field: Field, starts: Array, num_steps: int) -> Array:
    """Mean returns of both seats after learning, in the pairing of the training. Shape [P]."""
    last, _ = jax.vmap(lambda start: learn(setup, field, start, num_steps))(starts)
    return jnp.mean(jax.vmap(setup.game.objectives)(last), axis=0)
