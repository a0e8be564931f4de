"""Tests of COLA's consistency: against differences in numpy, with each player's own slot."""

import jax
import jax.numpy as jnp
import numpy as np

from meta_value.baselines import cola
from meta_value.config import ColaConfig
from meta_value.tests import reference

CONFIG = ColaConfig(num_updates=1, eval_every_updates=1, batch_size=3, hidden_size=8)


def initial_params():
    return cola.make_train(CONFIG).init(jax.random.key(0)).params


def test_errors_match_differences_of_what_is_anticipated(double_precision):
    """d/dx_i f_i(x_i, x_j + a_j g_j(x; a)) - g_i(x; a), through the other's step; a_1 not a_2."""
    params = jax.tree.map(lambda leaf: leaf.astype(float), initial_params())
    look_aheads = jnp.array([1.5, 0.5])
    predicted = cola.field(CONFIG, params, look_aheads)
    point = np.array([0.8, -1.1])

    def anticipated(player, x):
        other = 1 - player
        moved = x.copy()
        moved[other] += look_aheads[other] * predicted(jnp.asarray(x)[:, None])[other, 0]
        return reference.logistic_return(player, *moved)

    errors = cola.consistency_errors(CONFIG, params, jnp.asarray(point)[:, None], look_aheads)
    for player in (0, 1):
        step = np.eye(2)[player] * 1e-5
        slope = (anticipated(player, point + step) - anticipated(player, point - step)) / 2e-5
        expected = slope - predicted(jnp.asarray(point)[:, None])[player, 0]
        np.testing.assert_allclose(errors[player, 0], expected, rtol=1e-5)


def test_without_look_ahead_the_error_is_that_against_naive_learning(double_precision):
    params = jax.tree.map(lambda leaf: leaf.astype(float), initial_params())
    x = jnp.array([[0.8], [-1.1]])
    errors = cola.consistency_errors(CONFIG, params, x, jnp.zeros(2))
    naive = reference.logistic_hola(0, 0.0, np.asarray(x)[:, 0])
    np.testing.assert_allclose(
        errors + cola.field(CONFIG, params, jnp.zeros(2))(x), naive[:, None], atol=1e-6
    )


def test_training_lowers_the_error_and_reaches_every_weight():
    training = cola.make_train(CONFIG)
    state = training.init(jax.random.key(0))

    def many(state):
        return jax.lax.scan(lambda s, _: training.update(s), state, length=300)

    after, metrics = jax.jit(many)(state)
    assert np.mean(metrics["loss"][-50:]) < 0.7 * np.mean(metrics["loss"][:50])
    changed = jax.tree.map(lambda a, b: bool(np.any(a != b)), state.params, after.params)
    assert all(jax.tree.leaves(changed))
    assert after.step == 300
