"""Learned meta-values against those that are known exactly, by gamma."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from meta_value import learners, tournament
from meta_value.exact_meta_value import nested_meta_value, quadratic_meta_value
from meta_value.findings import Findings, Metrics, Rows, per_seed
from meta_value.games import BILINEAR, CONCAVE, GAMES, Game, quadratic_objectives
from meta_value.meta_game import Setup, learn, make_setup
from meta_value.meta_value import arcsine_discounts
from meta_value.networks import Params
from meta_value.study_configs import ExactConfig
from meta_value.trainer import Trainer

DISCOUNTS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.95)
NUM_POINTS = 512
ExactValues = Callable[[Array, Array], Array]  # joint policy [P, D], gammas [P] -> V [P]


def compare_with_exact(config: ExactConfig, trainer: Trainer) -> Findings:
    """Trains on four games and measures errors of V at random joint policies.

    Metrics: root mean square error relative to the standard deviation of the exact V, by game and
    gamma. `ipd_gamma_0` compares U with f after one naive step, and `ipd_gamma_0_on_paths` where
    players stand after some learning. Of the nested values, which stop after some look-aheads,
    `logistic_remainder` is the relative size of the last.
    """
    errors: dict[str, np.ndarray] = {}
    for name, each in config.trainings():
        params = trainer.train(each, name).params
        setup = make_setup(each)
        if name == "ipd":
            found = per_seed(_following_error(setup), params, trainer.seeds)
            errors |= {f"ipd_gamma_0{where}": error for where, error in found.items()}
            continue
        exact = _exact(name, setup.game, config.depth)
        found = per_seed(_errors(setup, exact), params, trainer.seeds)
        for index, discount in enumerate(DISCOUNTS):
            errors[f"{name}_gamma_{discount:g}"] = found["error"][:, index]
    remainders = _remainders(config, trainer)
    errors |= remainders
    metrics: Metrics = {name: np.asarray(v, float).tolist() for name, v in errors.items()}
    rows: Rows = [
        {
            "update": config.concave.num_updates,
            "seed": seed,
            "discount": discount,
            **{
                f"{name}_error": metrics[f"{name}_gamma_{discount:g}"][i]
                for name in ("concave", "bilinear", "logistic")
            },
            "logistic_remainder": metrics[f"logistic_remainder_{discount:g}"][i],
        }
        for discount in DISCOUNTS
        for i, seed in enumerate(trainer.seeds)
    ]
    return Findings(metrics, rows)


def _exact(name: str, game: Game, depth: int) -> ExactValues:
    if name == "logistic":
        return lambda policies, discounts: nested_meta_value(
            game.objectives, discounts, game.step_size, depth
        )(policies)
    forms = jnp.array({"concave": CONCAVE, "bilinear": BILINEAR}[name])

    def values(policies: Array, discounts: Array) -> Array:
        return quadratic_objectives(quadratic_meta_value(forms, discounts, game.step_size))(
            policies
        )

    return values


def _errors(setup: Setup, exact: ExactValues) -> Callable[[Params, Array], dict[str, Array]]:
    """Relative errors of V by gamma, of one seed."""

    def of_seed(params: Params, key: Array) -> dict[str, Array]:
        points = tournament.starts(setup.game, key, NUM_POINTS)

        def at(discount: Array) -> Array:
            discounts = jnp.full(2, discount)
            known = jax.vmap(lambda x: exact(x, discounts))(points)
            learned = jax.vmap(lambda x: setup.meta_value.values(params, x, discounts))(points)
            return _relative(learned, known)

        return {"error": jax.lax.map(at, jnp.array(DISCOUNTS))}

    return of_seed


def _following_error(setup: Setup) -> Callable[[Params, Array], dict[str, Array]]:
    """Relative errors of U at gamma = 0, which is f after one naive step, of one seed.

    At random policies, which training never sees as it explores first, and (`_on_paths`) at those
    of meta-value learners after as many steps as training explores.
    """
    game, meta_value = setup.game, setup.meta_value
    naive = learners.naive(game.objectives)

    def error(params: Params, points: Array) -> Array:
        known = jax.vmap(lambda x: game.objectives(x + game.step_size * naive(x)))(points)
        quantiles = jax.vmap(lambda x: meta_value.quantiles(params, x, jnp.zeros(2)))(points)
        return _relative(jnp.mean(quantiles, axis=-1), known)

    def of_seed(params: Params, key: Array) -> dict[str, Array]:
        start_key, discount_key = jax.random.split(key)
        points = tournament.starts(game, start_key, NUM_POINTS)
        discounts = jax.vmap(arcsine_discounts)(jax.random.split(discount_key, NUM_POINTS))

        def later(start: Array, discounts: Array) -> Array:
            field = meta_value.field(params, discounts)
            return learn(setup, field, start, setup.config.explore_steps)[0]

        on_paths = jax.vmap(later)(points, discounts)
        return {"": error(params, points), "_on_paths": error(params, on_paths)}

    return of_seed


def _remainders(config: ExactConfig, trainer: Trainer) -> dict[str, np.ndarray]:
    """How much the last nested look-ahead still changed the Logistic Game's V, by gamma."""
    game = GAMES["logistic"]
    deep, shallow = (_exact("logistic", game, config.depth - less) for less in (0, 1))

    def of_seed(params: Array, key: Array) -> dict[str, Array]:
        del params
        points = tournament.starts(game, key, NUM_POINTS)

        def at(discount: Array) -> Array:
            discounts = jnp.full(2, discount)
            known, earlier = (
                jax.vmap(lambda x: values(x, discounts))(points)  # noqa: B023 (called at once)
                for values in (deep, shallow)
            )
            return _relative(earlier, known)

        return {"remainder": jax.lax.map(at, jnp.array(DISCOUNTS))}

    unused = jnp.zeros(len(trainer.seeds))
    remainders = per_seed(of_seed, unused, trainer.seeds)["remainder"]
    return {
        f"logistic_remainder_{discount:g}": remainders[:, index]
        for index, discount in enumerate(DISCOUNTS)
    }


def _relative(values: Array, known: Array) -> Array:
    """Root mean square error over the standard deviation of what is known."""
    return jnp.sqrt(jnp.mean((values - known) ** 2)) / jnp.std(known)
