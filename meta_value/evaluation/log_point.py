"""What is measured of a meta-value at every log point of its training.

What its learners get, how exploitable they become, and how far the meta-value errs.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array

from meta_value import learners, losses
from meta_value.evaluation import basins
from meta_value.games import Game, draw_starts
from meta_value.meta_game import Setup, learn
from meta_value.meta_value import arcsine_discounts
from meta_value.networks import Params
from meta_value.train_state import Metrics

DISCOUNT = 0.95  # gamma of evaluated meta-value learners
NUM_STEPS = 300  # of learning, of pairs and of exploiters
LONG_PATH = 100  # steps of the long temporal difference


def evaluate(setup: Setup, params: Params, key: Array) -> Metrics:
    """Evaluates a meta-value; consumes the key.

    Returns:
      Scalars. In the Logistic Game the shares of starts that reach B, see `basins`; in other games
      the two seats' mean returns after 300 steps of learning, over as many random pairs as the
      training has paths side by side (`self_play` is their mean if both are meta-value learners),
      what exploiters then get of self-trained pairs, and the long temporal-difference errors, exact
      and as published.
    """
    if setup.config.game == "logistic":
        return shares_to_b(setup, params)
    start_key, exploiter_key, error_key = jax.random.split(key, 3)
    discounts = jnp.full(2, DISCOUNT)
    starts = draw_starts(setup.game, start_key, setup.config.batch_size)
    field = setup.meta_value.field(params, discounts)
    last, _ = jax.vmap(lambda x: learn(setup, field, x, NUM_STEPS))(starts)
    first, second = jnp.mean(jax.vmap(setup.game.objectives)(last), axis=0)
    metrics = {"return_of_first": first, "return_of_second": second}
    metrics |= long_td_errors(setup, params, error_key)
    if setup.config.opponent == "meva":
        metrics["self_play"] = 0.5 * (first + second)
        if setup.game.is_repeated:
            exploited = exploited_returns(setup.game, last, exploiter_key)
            metrics["return_vs_exploiters"] = jnp.mean(exploited)
    return metrics


def shares_to_b(setup: Setup, params: Params) -> Metrics:
    """Shares of the Logistic Game's starts that reach B, by gamma."""
    shares = basins.shares_to_b(
        setup.game,
        lambda discount: setup.meta_value.field(params, jnp.full(2, discount)),
        basins.MEVA_DISCOUNTS,
    )
    return {
        f"share_to_B_gamma_{discount:g}": shares[index]
        for index, discount in enumerate(basins.MEVA_DISCOUNTS)
    }


def exploited_returns(game: Game, policies: Array, key: Array) -> Array:
    """What fixed policies get from naive learners that learn against them alone.

    Args:
      game: the game.
      policies: pairs; each player is frozen in its own seat. Shape [B, P, D].
      key: of the exploiters' initial policies; consumed.

    Returns:
      Returns of the frozen players. Shape [B, P].
    """
    field = learners.naive(game.objectives)

    def against_exploiter(pair: Array, seat: Array, key: Array) -> Array:
        """Replaces the other player by a new one, which learns while `seat` stands still."""
        start = pair.at[1 - seat].set(game.draw(key)[1 - seat])
        only_the_other = jnp.zeros((2, 1)).at[1 - seat].set(game.step_size)
        last, _ = learners.ascend(field, start, NUM_STEPS, only_the_other)
        return game.objectives(last)[seat]

    def both_seats(pair: Array, key: Array) -> Array:
        seats = jnp.arange(2)
        return jax.vmap(against_exploiter, (None, 0, 0))(pair, seats, jax.random.split(key))

    return jax.vmap(both_seats)(policies, jax.random.split(key, len(policies)))


def long_td_errors(setup: Setup, params: Params, key: Array) -> Metrics:
    """Root mean square of V(x_0)'s error against the discounted sum along 100 steps.

    Policies and gammas are random, as in training. Also as published, where in the U form V(x_0) is
    compared with the rewards that U(x_0) sums: biased by (1 - gamma)(U - f) however good the
    network is.
    """
    start_key, discount_key = jax.random.split(key)
    num_pairs = setup.config.batch_size
    starts = draw_starts(setup.game, start_key, num_pairs)
    discounts = jax.vmap(arcsine_discounts)(jax.random.split(discount_key, num_pairs))

    def errors(start: Array, discounts: Array) -> tuple[Array, Array]:
        values = partial(setup.meta_value.values, params, discounts=discounts)
        field = setup.meta_value.field(params, discounts)
        last, earlier = learn(setup, field, start, LONG_PATH)
        path = jnp.concatenate([earlier, last[None]])
        ends = (values(policies=start), values(policies=last), discounts)
        objectives = jax.vmap(setup.game.objectives)(path)
        exact = losses.td_errors(objectives[:-1], *ends)
        return exact, losses.td_errors(setup.meta_value.rewards(path), *ends)

    exact, as_published = jax.vmap(errors)(starts, discounts)
    return {
        "long_td_error": jnp.sqrt(jnp.mean(exact**2)),
        "long_td_error_as_published": jnp.sqrt(jnp.mean(as_published**2)),
    }
