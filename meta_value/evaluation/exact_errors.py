"""Errors of learned meta-values against those that are known exactly, of one seed.

All are relative: the root mean square error over the standard deviation of what is known, at random
joint policies.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array, lax

from meta_value import learners
from meta_value.evaluation.exact_meta_value import nested_meta_value, quadratic_meta_value
from meta_value.games import BILINEAR, CONCAVE, GAMES, Game, draw_starts, quadratic_objectives
from meta_value.meta_game import Setup, learn
from meta_value.meta_value import arcsine_discounts
from meta_value.networks import Params

NUM_POINTS = 512
ExactValues = Callable[[Array, Array], Array]  # joint policy [P, D], gammas [P] -> V [P]


def quadratic_values(game_name: str) -> ExactValues:
    """V of the quadratic game "concave" or "bilinear", in closed form."""
    forms = jnp.array({"concave": CONCAVE, "bilinear": BILINEAR}[game_name])
    step_size = GAMES[game_name].step_size

    def values(policies: Array, discounts: Array) -> Array:
        return quadratic_objectives(quadratic_meta_value(forms, discounts, step_size))(policies)

    return values


def nested_values(game: Game, depth: int) -> ExactValues:
    """V after `depth` look-aheads from V = f, exact up to gamma^depth of what remains."""
    return lambda policies, discounts: nested_meta_value(
        game.objectives, discounts, game.step_size, depth
    )(policies)


def errors_by_gamma(
    setup: Setup, exact: ExactValues, discounts: tuple[float, ...], params: Params, key: Array
) -> Array:
    """Errors of the learned V; consumes the key.

    Args:
      setup: of the training.
      exact: what is known.
      discounts: G gammas, each for both players.
      params: of the network.
      key: of the points.

    Returns:
      Shape [G].
    """
    points = draw_starts(setup.game, key, NUM_POINTS)

    def at(discount: Array) -> Array:
        discounts = jnp.full(2, discount)
        known = jax.vmap(lambda x: exact(x, discounts))(points)
        learned = jax.vmap(lambda x: setup.meta_value.values(params, x, discounts))(points)
        return relative_error(learned, known)

    return lax.map(at, jnp.array(discounts))


def errors_after_a_naive_step(setup: Setup, params: Params, key: Array) -> tuple[Array, Array]:
    """Errors of U at gamma = 0, which is f after one naive step; consumes the key.

    At random policies, which training never sees as it explores first, and at those of meta-value
    learners after as many steps as training explores.
    """
    game, meta_value = setup.game, setup.meta_value
    naive = learners.naive(game.objectives)
    start_key, discount_key = jax.random.split(key)
    points = draw_starts(game, start_key, NUM_POINTS)
    discounts = jax.vmap(arcsine_discounts)(jax.random.split(discount_key, NUM_POINTS))

    def error(points: Array) -> Array:
        known = jax.vmap(lambda x: game.objectives(x + game.step_size * naive(x)))(points)
        quantiles = jax.vmap(lambda x: meta_value.quantiles(params, x, jnp.zeros(2)))(points)
        return relative_error(jnp.mean(quantiles, axis=-1), known)

    def later(start: Array, discounts: Array) -> Array:
        field = meta_value.field(params, discounts)
        return learn(setup, field, start, setup.config.explore_steps)[0]

    return error(points), error(jax.vmap(later)(points, discounts))


def nested_remainders(game: Game, depth: int, discounts: tuple[float, ...], key: Array) -> Array:
    """How much the last of `depth` look-aheads still changed V; consumes the key. Shape [G]."""
    points = draw_starts(game, key, NUM_POINTS)
    deep, shallow = nested_values(game, depth), nested_values(game, depth - 1)

    def at(discount: Array) -> Array:
        discounts = jnp.full(2, discount)
        known, earlier = (
            jax.vmap(lambda x: values(x, discounts))(points)  # noqa: B023 (called at once)
            for values in (deep, shallow)
        )
        return relative_error(earlier, known)

    return lax.map(at, jnp.array(discounts))


def relative_error(values: Array, known: Array) -> Array:
    """Root mean square error over the standard deviation of what is known."""
    return jnp.sqrt(jnp.mean((values - known) ** 2)) / jnp.std(known)
