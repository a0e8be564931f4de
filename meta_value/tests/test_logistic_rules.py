"""Tests of what rules of learning do at all their levels, in the Logistic Game."""

import jax
import jax.numpy as jnp
import numpy as np

from meta_value import learners
from meta_value.evaluation import basins, logistic_rules

GAME = logistic_rules.GAME


def test_exact_rules_of_every_seed_start_a_billionth_apart():
    """So that a share which rounding decides has a spread; on 5 x 5 starts naive learning is even.

    All but the five starts of the antidiagonal go where the sum of the start's sign says.
    """
    with jax.enable_x64(True):
        keys = jax.random.split(jax.random.key(0))
        found = jax.jit(jax.vmap(lambda key: logistic_rules.outcomes_of_exact_rules(5, key)))(keys)
    reached = np.asarray(found["lola_0_reached"])
    decided = np.abs(np.add.outer(np.arange(5), np.arange(5)).ravel() - 4) > 0
    np.testing.assert_array_equal(reached[:, decided].sum(axis=1), [10, 10])
    assert set(found) == {
        f"{rule}_{level}_{what}"
        for rule in ("lola", "hola2")
        for level in (0, 1, 10, 20)
        for what in ("reached", "share_to_B", "distance_to_B", "diverged")
    }


def test_outcomes_and_paths_are_those_of_the_rule_at_its_level(double_precision):
    starts = jnp.array([[[3.0], [1.0]], [[-4.0], [-2.0]]])
    rules = {"lola": logistic_rules.exact_rules()["lola"]}
    found = jax.jit(lambda starts: logistic_rules.outcomes(rules, starts))(starts)
    shown = jax.jit(lambda starts: logistic_rules.paths(rules, starts, (0, 200)))(starts)
    for level in (0.0, 10.0):
        last = basins.ends(GAME, learners.hola(GAME.objectives, level), starts)
        np.testing.assert_allclose(shown[f"lola_{level:g}"][:, 1], last, rtol=1e-6)
        np.testing.assert_allclose(shown[f"lola_{level:g}"][:, 0], starts)
        np.testing.assert_array_equal(
            found[f"lola_{level:g}_reached"], np.all(last > 0, axis=(1, 2))
        )
    assert found["lola_0_share_to_B"] == 0.5
    assert found["lola_0_diverged"] == 0
    assert found["lola_0_distance_to_B"] < 0.05
