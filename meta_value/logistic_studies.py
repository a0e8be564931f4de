"""The Logistic Game under LOLA, HOLA-2, COLA and MeVa: basins of attraction, and paths."""

from collections.abc import Callable, Sequence

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
Panels = dict[str, Field]  # name of a rule with its level -> field


def compare_rules(config: LogisticConfig, trainer: Trainer) -> Findings:
    """Trains MeVa and COLA, and lets every rule learn at its four levels.

    Metrics, by rule and level: the share of the grid's starts from which both players end above 0,
    the mean distance from B of those that do, and the share of starts that diverge.
    """
    params = tuple(trainer.train(each, name).params for name, each in config.trainings())
    found = _exact_rules(config, trainer.seeds)

    def of_seed(params: tuple[Params, Params], key: Array) -> dict[str, Array]:
        del key
        return _summaries(_learned_panels(config, params), basins.grid(config.grid_size))

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


def _exact_rules(config: LogisticConfig, seeds: Sequence[int]) -> dict[str, np.ndarray]:
    """Summaries of LOLA and HOLA-2, which need no training, in double precision.

    LOLA with look-ahead 20 is chaotic: the last bit of a start decides where a few of them end. So
    each seed's starts are moved by a billionth, and its share gets an interval.
    """

    def of_seed(unused: Array, key: Array) -> dict[str, Array]:
        del unused
        starts = basins.grid(config.grid_size)
        moved = starts + START_NOISE * jax.random.normal(key, starts.shape)
        return _summaries(_exact_panels(), moved)

    with jax.enable_x64(True):
        return per_seed(of_seed, jnp.zeros(len(seeds)), seeds)


def _exact_panels() -> Panels:
    """The fields of LOLA and HOLA-2, by rule and level."""
    return {
        f"{rule}_{level:g}": learners.hola(GAME.objectives, level, order)
        for rule, order in (("lola", 1), ("hola2", 2))
        for level in basins.LOLA_LOOK_AHEADS
    }


def _learned_panels(config: LogisticConfig, params: tuple[Params, Params]) -> Panels:
    """The fields of COLA and MeVa, by rule and level."""
    meva_params, cola_params = params
    setup = make_setup(config.meta_value)
    panels: Panels = {}
    for level in basins.COLA_LOOK_AHEADS:
        panels[f"cola_{level:g}"] = cola.field(config.cola, cola_params, jnp.full(2, level))
    for level in basins.MEVA_DISCOUNTS:
        panels[f"meva_{level:g}"] = setup.meta_value.field(meva_params, jnp.full(2, level))
    return panels


def _summaries(panels: Panels, starts: Array) -> dict[str, Array]:
    found = {}
    for name, field in panels.items():
        last = basins.ends(GAME, field, starts)
        reached = jnp.all(last > 0, axis=(1, 2))
        is_finite = jnp.all(jnp.isfinite(last), axis=(1, 2))
        distances = jnp.where(reached & is_finite, basins.distance_to_b(last), 0.0)
        found[f"{name}_reached"] = reached
        found[f"{name}_share_to_B"] = jnp.mean(reached)
        found[f"{name}_distance_to_B"] = jnp.sum(distances) / jnp.maximum(jnp.sum(reached), 1)
        found[f"{name}_diverged"] = jnp.mean(~is_finite)
    return found


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

    def paths_of(field: Field) -> Callable[[Array], Array]:
        def path(start: Array) -> Array:
            last, earlier = learners.ascend(field, start, basins.NUM_STEPS, GAME.step_size)
            return jnp.concatenate([earlier, last[None]])[jnp.array(SHOWN_STEPS)]

        return path

    def of_seed(params: tuple[Params, Params], key: Array) -> dict[str, Array]:
        del key
        panels = _exact_panels() | _learned_panels(config, params)
        return {name: jax.vmap(paths_of(field))(starts) for name, field in panels.items()}

    first = jax.tree.map(lambda leaf: leaf[:1], jax.device_get(params))
    found = per_seed(of_seed, first, seeds[:1])
    return [
        {
            "update": step,
            "seed": seeds[0],
            "start": index,
            **{
                f"{name}_{player + 1}": float(paths[0, index, place, player, 0])
                for name, paths in found.items()
                for player in (0, 1)
            },
        }
        for index in range(len(starts))
        for place, step in enumerate(SHOWN_STEPS)
    ]
