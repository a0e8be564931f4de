"""The Logistic Game under LOLA, HOLA-2, COLA and MeVa: basins of attraction, and paths."""

from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from meta_value import basins, cola, learners
from meta_value.findings import Findings, Rows, as_metrics, per_seed
from meta_value.games import GAMES
from meta_value.learners import Field
from meta_value.meta_game import make_setup
from meta_value.networks import Params
from meta_value.study_configs import LogisticConfig
from meta_value.trainer import Trainer

GAME = GAMES["logistic"]
SHOWN_STEPS = (0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 36, 48, 64, 85, 113, 150, 200)
START_NOISE = 1e-9


class Rule(NamedTuple):
    """A way of learning, at several levels of what it anticipates.

    Attributes:
      levels: look-aheads, or gammas.
      field: of a level, a scalar.
    """

    levels: tuple[float, ...]
    field: Callable[[Array], Field]


Rules = dict[str, Rule]


def compare_rules(config: LogisticConfig, trainer: Trainer) -> Findings:
    """Trains MeVa and COLA, and lets every rule learn at its four levels.

    Metrics, by rule and level: the share of the grid's starts from which both players end above 0,
    the mean distance from B of those that do, and the share of starts that diverge.
    """
    params = tuple(trainer.train(each, name).params for name, each in config.trainings())
    found = _exact_summaries(config, trainer.seeds)

    def of_seed(params: tuple[Params, Params], key: Array) -> dict[str, Array]:
        del key
        return _summaries(_learned_rules(config, params), basins.grid(config.grid_size))

    found |= per_seed(of_seed, params, trainer.seeds)
    reached = {
        name.removesuffix("_reached"): found.pop(name)
        for name in list(found)
        if name.endswith("_reached")
    }
    if config.shows == "basins":
        rows = _basin_rows(config, reached, trainer.seeds[0])
    else:
        rows = _path_rows(config, params, trainer.seeds)
    return Findings(as_metrics(found), rows)


def _exact_summaries(config: LogisticConfig, seeds: Sequence[int]) -> dict[str, np.ndarray]:
    """Summaries of LOLA and HOLA-2, which need no training, in double precision.

    LOLA with look-ahead 20 is chaotic: the last bit of a start decides where a few of them end. So
    each seed's starts are moved by a billionth, and its share gets an interval.
    """

    def of_seed(unused: Array, key: Array) -> dict[str, Array]:
        del unused
        starts = basins.grid(config.grid_size)
        moved = starts + START_NOISE * jax.random.normal(key, starts.shape)
        return _summaries(_exact_rules(), moved)

    with jax.enable_x64(True):
        return per_seed(of_seed, jnp.zeros(len(seeds)), seeds)


def _exact_rules() -> Rules:
    """LOLA and HOLA-2."""
    return {
        name: Rule(basins.LOLA_LOOK_AHEADS, partial(learners.hola, GAME.objectives, order=order))
        for name, order in (("lola", 1), ("hola2", 2))
    }


def _learned_rules(config: LogisticConfig, params: tuple[Params, Params]) -> Rules:
    """COLA and MeVa."""
    meva_params, cola_params = params
    setup = make_setup(config.meta_value)
    return {
        "cola": Rule(
            basins.COLA_LOOK_AHEADS,
            lambda level: cola.field(config.cola, cola_params, jnp.full(2, level)),
        ),
        "meva": Rule(
            basins.MEVA_DISCOUNTS,
            lambda level: setup.meta_value.field(meva_params, jnp.full(2, level)),
        ),
    }


def _at_each_level(rules: Rules, measure: Callable[[Field], Any]) -> dict[str, Any]:
    """What is measured of every rule's field, by rule and level; the levels of a rule at once."""
    found = {}
    for name, rule in rules.items():
        measured = jax.vmap(lambda level, rule=rule: measure(rule.field(level)))(
            jnp.array(rule.levels)
        )
        for place, level in enumerate(rule.levels):
            found[f"{name}_{level:g}"] = jax.tree.map(itemgetter(place), measured)
    return found


def _summaries(rules: Rules, starts: Array) -> dict[str, Array]:
    def measure(field: Field) -> dict[str, Array]:
        last = basins.ends(GAME, field, starts)
        reached = jnp.all(last > 0, axis=(1, 2))
        is_finite = jnp.all(jnp.isfinite(last), axis=(1, 2))
        distances = jnp.where(reached & is_finite, basins.distance_to_b(last), 0.0)
        return {
            "reached": reached,
            "share_to_B": jnp.mean(reached),
            "distance_to_B": jnp.sum(distances) / jnp.maximum(jnp.sum(reached), 1),
            "diverged": jnp.mean(~is_finite),
        }

    return {
        f"{panel}_{name}": value
        for panel, measured in _at_each_level(rules, measure).items()
        for name, value in measured.items()
    }


def _basin_rows(config: LogisticConfig, reached: dict[str, np.ndarray], first_seed: int) -> Rows:
    """A row per start: the share of seeds, by panel, of which it lies in B's basin."""
    starts = np.asarray(basins.grid(config.grid_size))[..., 0]
    return [
        {
            "update": basins.NUM_STEPS,
            "seed": first_seed,
            "start_1": float(start[0]),
            "start_2": float(start[1]),
            **{name: float(np.mean(shares[:, index])) for name, shares in reached.items()},
        }
        for index, start in enumerate(starts)
    ]


def _path_rows(config: LogisticConfig, params: tuple[Params, Params], seeds: Sequence[int]) -> Rows:
    """Paths of the first seed from 25 starts near every sixth node of the grid, some steps each."""
    nodes = basins.grid().reshape(basins.GRID_SIZE, basins.GRID_SIZE, 2, 1)[2::6, 2::6]
    noise = jax.random.normal(jax.random.key(3), nodes.shape)
    starts = (nodes + noise).reshape(-1, 2, 1)

    def paths(field: Field) -> Array:
        def path(start: Array) -> Array:
            last, earlier = learners.ascend(field, start, basins.NUM_STEPS, GAME.step_size)
            return jnp.concatenate([earlier, last[None]])[jnp.array(SHOWN_STEPS)]

        return jax.vmap(path)(starts)

    def of_seed(params: tuple[Params, Params], key: Array) -> dict[str, Array]:
        del key
        return _at_each_level(_exact_rules() | _learned_rules(config, params), paths)

    first = jax.tree.map(lambda leaf: leaf[:1], jax.device_get(params))
    found = per_seed(of_seed, first, seeds[:1])
    return [
        {
            "update": step,
            "seed": seeds[0],
            "start": index,
            **{
                f"{name}_{player + 1}": float(shown[0, index, place, player, 0])
                for name, shown in found.items()
                for player in (0, 1)
            },
        }
        for index in range(len(starts))
        for place, step in enumerate(SHOWN_STEPS)
    ]
