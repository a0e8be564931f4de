"""The Logistic Game under rules of learning that have a level: where they end, by which paths.

A level is LOLA's, HOLA-2's or COLA's look-ahead, or MeVa's gamma; both players have the same. N
starts.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from jax import Array, lax

from meta_value import learners
from meta_value.evaluation import basins
from meta_value.games import GAMES
from meta_value.learners import Field

GAME = GAMES["logistic"]
START_NOISE = 1e-9
Found = TypeVar("Found")


class Rule(NamedTuple):
    """A rule of learning.

    Attributes:
      levels: at which it is looked at.
      field_at: level [] -> field.
    """

    levels: tuple[float, ...]
    field_at: Callable[[Array], Field]


Rules = Mapping[str, Rule]  # by name


def exact_rules() -> Rules:
    """LOLA and HOLA-2, which follow from the game alone; at look-ahead 0 both are naive."""
    return {
        name: Rule(basins.LOLA_LOOK_AHEADS, partial(learners.hola, GAME.objectives, order=order))
        for name, order in (("lola", 1), ("hola2", 2))
    }


def by_level(rules: Rules, measure: Callable[[Field], Found]) -> dict[str, Found]:
    """What is found of every rule at every level, under the names RULE_LEVEL."""
    found = {}
    for name, rule in rules.items():

        def at(level: Array, rule: Rule = rule) -> Found:
            return measure(rule.field_at(level))

        at_all = lax.map(at, jnp.array(rule.levels))
        for index, level in enumerate(rule.levels):
            found[f"{name}_{level:g}"] = jax.tree.map(lambda leaf: leaf[index], at_all)  # noqa: B023
    return found


def outcomes(rules: Rules, starts: Array) -> dict[str, Array]:
    """Where learning ends from the starts [N, P, 1], as RULE_LEVEL_OUTCOME.

    Outcomes are which starts reach B (`reached`, [N]): from these both players end above 0; their
    share; the mean distance from B of those that do; the share of starts that diverge.
    """

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
        f"{name}_{outcome}": value
        for name, of_rule in by_level(rules, measure).items()
        for outcome, value in of_rule.items()
    }


def outcomes_of_exact_rules(grid_size: int, key: Array) -> dict[str, Array]:
    """`outcomes` of LOLA and HOLA-2 from the grid, to be run in double precision; consumes the key.

    LOLA with look-ahead 20 is chaotic: the last bit of a start decides where a few of them end. So
    each seed's starts are moved by a billionth, and its share gets an interval.
    """
    starts = basins.grid(grid_size)
    return outcomes(exact_rules(), starts + START_NOISE * jax.random.normal(key, starts.shape))


def paths(rules: Rules, starts: Array, shown_steps: tuple[int, ...]) -> dict[str, Array]:
    """Where learners stand after T numbers of steps, by rule and level. Shape [N, T, P, 1]."""

    def measure(field: Field) -> Array:
        def path(start: Array) -> Array:
            last, earlier = learners.ascend(field, start, basins.NUM_STEPS, GAME.step_size)
            return jnp.concatenate([earlier, last[None]])[jnp.array(shown_steps)]

        return jax.vmap(path)(starts)

    return by_level(rules, measure)
