"""Tests of M-MAML: its objective written out, its gradient against differences, its optimiser."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meta_value.baselines import maml
from meta_value.config import MamlConfig
from meta_value.games import GAMES
from meta_value.tests import reference

CONFIG = MamlConfig(num_updates=1, eval_every_updates=1, batch_size=3, path_length=4, step_size=5.0)


@pytest.fixture
def params():
    return {
        "policies": jax.random.normal(jax.random.key(1), (2, 5)),
        "step_sizes": jnp.array([[4.0], [7.0]]),
    }


def test_objective_is_the_mean_return_along_paths_of_each_seats_learner(params, double_precision):
    """Learner of seat i with its own start and step against an opponent with the given ones."""
    opponents = jax.random.normal(jax.random.key(2), (2, 5))
    found = jax.jit(partial(maml.path_objectives, CONFIG))(params, opponents)
    for seat in (0, 1):
        x = np.array(opponents, float)
        x[seat] = params["policies"][seat]
        x = [reference.from_ours(row) for row in x]
        steps = [CONFIG.opponent_step_size] * 2
        steps[seat] = float(params["step_sizes"][seat, 0])
        returns = []
        for _ in range(CONFIG.path_length):
            directions = reference.naive("ipd", *x)
            x = [row + step * d for row, step, d in zip(x, steps, directions, strict=True)]
            returns.append(reference.repeated_return("ipd", seat, *x))
        assert found[seat] == pytest.approx(np.mean(returns), rel=1e-5)


def test_gradient_reaches_start_and_step_size_through_the_whole_path(params, double_precision):
    params = jax.tree.map(lambda leaf: leaf.astype(float), params)
    opponents = jax.random.normal(jax.random.key(2), (2, 5))

    def objective(params):
        return jnp.sum(maml.path_objectives(CONFIG, params, opponents))

    gradient = jax.jit(jax.grad(objective))(params)
    objective = jax.jit(objective)
    for name, place in (("policies", (0, 2)), ("policies", (1, 0)), ("step_sizes", (1, 0))):
        moved = [
            objective({**params, name: params[name].at[place].add(step)}) for step in (1e-5, -1e-5)
        ]
        difference = (moved[0] - moved[1]) / 2e-5
        assert abs(difference) > 1e-6
        assert gradient[name][place] == pytest.approx(float(difference), rel=1e-4)


@pytest.mark.usefixtures("keys_unchecked")
def test_one_update_climbs_and_decay_shrinks_the_learned_step_too():
    """First step of Adam: lr sign(g) - lr decay w."""
    config = replace(CONFIG, learning_rate=0.1, weight_decay=0.01)
    training = maml.make_train(config)
    state = training.init(jax.random.key(0))
    np.testing.assert_array_equal(state.params["step_sizes"], [[5.0], [5.0]])
    after, metrics = jax.jit(training.update)(state)
    change = np.asarray(after.params["step_sizes"] - state.params["step_sizes"])
    np.testing.assert_allclose(np.abs(change + 0.1 * 0.01 * 5), 0.1, rtol=1e-3)
    draw_key, _ = jax.random.split(state.key)
    opponents = jax.vmap(GAMES["ipd"].draw)(jax.random.split(draw_key, 3))
    objectives = jax.jit(jax.vmap(partial(maml.path_objectives, config, state.params)))(opponents)
    np.testing.assert_allclose(metrics["objective"], jnp.mean(objectives), rtol=1e-5)
