"""Tests of one outer step: exploration, learners' identity, targets, optimiser, seeds."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from meta_value import learners, train
from meta_value.config import MetaValueConfig
from meta_value.evaluation.exact_meta_value import concave_curvature
from meta_value.meta_game import learn, make_setup

SMALL = {
    "num_updates": 1,
    "eval_every_updates": 1,
    "gradient_steps": 2,
    "batch_size": 3,
    "explore_steps": 2,
    "path_length": 3,
    "hidden_size": 8,
    "num_quantiles": 4,
}


def small(**changes):
    """Settings, setup and first state of a small training."""
    setup = make_setup(MetaValueConfig(**{**SMALL, "game": "concave", **changes}))
    return setup, jax.jit(partial(train.init, setup))(jax.random.key(0))


def assert_trees_close(found, expected, **tolerances):
    jax.tree.map(partial(np.testing.assert_allclose, **tolerances), found, expected)


def test_exploration_climbs_the_perturbed_output_itself_with_signs_kept():
    """As published: not V = (1 - gamma) f + gamma U, and the same flips at every step."""
    setup, state = small(game="ipd", flip_probability=0.5)
    batch = train.draw_batch(setup, jax.random.key(1))
    network = setup.meta_value.network

    def own_output(player, x, gammas, flips):
        return jnp.mean(network.apply(state.params, x, gammas, flips)[player])

    expected = []
    gradients_of = [jax.jit(jax.grad(partial(own_output, i))) for i in (0, 1)]
    for x, gammas, flips in zip(*batch, strict=True):
        for _ in range(setup.config.explore_steps):
            gradients = [gradients_of[i](x, gammas, flips)[i] for i in (0, 1)]
            x = x + setup.game.step_size * jnp.stack(gradients)
        expected.append(x)
    explored = jax.jit(partial(train.explore, setup))(state.params, batch)
    np.testing.assert_allclose(explored.policies, jnp.stack(expected), rtol=1e-4, atol=1e-4)
    assert not np.allclose(explored.policies, batch.policies, atol=1e-2)
    np.testing.assert_array_equal(explored.sign_flips, batch.sign_flips)


def test_signs_are_flipped_with_the_probability_and_differ_by_path_player_and_unit():
    setup, _ = small(batch_size=256, flip_probability=1 / 16)
    flips = np.asarray(train.draw_batch(setup, jax.random.key(1)).sign_flips)
    assert flips.shape == (256, 2, 8)
    assert set(np.unique(flips)) == {-1.0, 1.0}
    share = np.mean(flips < 0)
    assert abs(share - 1 / 16) < 4 * np.sqrt(1 / 16 * 15 / 16 / flips.size)
    for axis in range(3):
        assert np.any(flips != np.roll(flips, 1, axis=axis))


@pytest.mark.parametrize("opponent", ["naive", "lola"])
def test_the_opponent_learns_by_its_exact_rule_in_exploration_and_on_paths(opponent):
    setup, state = small(game="ipd", opponent=opponent, explore_steps=1, path_length=1)
    x = setup.game.draw(jax.random.key(2))
    objectives, step_size = setup.game.objectives, setup.game.step_size
    rule = {
        "naive": learners.naive(objectives),
        "lola": learners.lola(objectives, step_size),
    }[opponent]
    by_rule = x + step_size * jax.jit(rule)(x)

    @jax.jit
    def ends(params):
        path = train.path_of_learning(setup, params, x, jnp.array([0.9, 0.9]))
        batch = train.Batch(x[None], jnp.full((1, 2), 0.9), jnp.ones((1, 2, 8)))
        return path[-1], train.explore(setup, params, batch).policies[0]

    for last in ends(state.params):
        np.testing.assert_allclose(last[1], by_rule[1], rtol=1e-5, atol=1e-5)
        assert not np.allclose(last[0], by_rule[0], atol=1e-3)


def test_no_gradient_flows_through_the_path():
    setup, state = small()
    x = setup.game.draw(jax.random.key(2))
    total = lambda params: jnp.sum(  # noqa: E731
        train.path_of_learning(setup, params, x, jnp.full(2, 0.9))
    )
    gradient = jax.jit(jax.grad(total))(state.params)
    assert all(np.all(np.asarray(leaf) == 0) for leaf in jax.tree.leaves(gradient))


def test_one_gradient_step_is_adam_with_decoupled_decay_and_a_slow_target():
    """First step of Adam with b2 = .99: -lr g / (|g| + eps) - lr decay w; rho of the old target."""
    setup, state = small(learning_rate=0.01, weight_decay=0.1, target_decay=0.9)
    batch = train.draw_batch(setup, jax.random.key(1))

    def loss(params):
        paths = jax.vmap(partial(train.path_of_learning, setup, state.params))(
            batch.policies, batch.discounts
        )
        terms = jax.vmap(partial(train.path_terms, setup, params, state.target_params))(
            paths, batch.discounts
        )
        return jnp.mean(terms["loss"])

    value, gradient = jax.jit(jax.value_and_grad(loss))(state.params)
    fit = jax.jit(
        lambda state, batch: train.fit(setup, state, batch.policies, batch.discounts, None)
    )
    after, metrics = fit(state, batch)
    expected = jax.tree.map(
        lambda w, g: w - 0.01 * (g / (jnp.abs(g) + 1e-8) + 0.1 * w), state.params, gradient
    )
    large = jax.tree.map(lambda g: np.abs(g) > 1e-5, gradient)  # the sign of others is rounding's
    jax.tree.map(
        lambda found, w, where: np.testing.assert_allclose(found[where], w[where], atol=1e-5),
        after.params,
        expected,
        large,
    )
    mixed = jax.tree.map(lambda old, new: 0.9 * old + 0.1 * new, state.target_params, after.params)
    assert_trees_close(after.target_params, mixed, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(metrics["loss"], value, rtol=1e-5)
    later = setup.optimizer.update(gradient, state.optimizer_state, state.params)[1]
    np.testing.assert_allclose(
        optax.tree.get(later, "nu")["params"]["Dense_0"]["bias"],
        0.01 * gradient["params"]["Dense_0"]["bias"] ** 2,
        rtol=1e-5,
    )


def test_online_targets_are_the_parameters_themselves():
    setup, state = small(target="online")
    after, _ = jax.jit(partial(train.update, setup))(state)
    assert_trees_close(after.target_params, after.params, rtol=0)


def test_target_network_starts_from_parameters_of_its_own():
    _, state = small()
    assert not np.allclose(
        state.params["params"]["Dense_0"]["kernel"],
        state.target_params["params"]["Dense_0"]["kernel"],
        atol=1e-2,
    )


def test_fixed_gamma_is_that_of_every_path_and_player():
    setup, _ = small(fixed_discount=0.95)
    drawn = train.draw_discounts(setup.config, jax.random.key(0))
    np.testing.assert_array_equal(drawn, np.full((3, 2), np.float32(0.95)))


def test_noise_of_parameters_has_the_learned_scale_and_is_taken_away_for_evaluation():
    setup, state = small(exploration="noisy_parameters", hidden_size=32)
    noise = train.draw_noise(setup, state.params, jax.random.key(3))
    noisy = train.perturbed(state.params, noise)
    differences = np.concatenate(
        [
            np.ravel(a - b)
            for a, b in zip(
                jax.tree.leaves(noisy), jax.tree.leaves(state.params["means"]), strict=True
            )
        ]
    )
    assert abs(np.std(differences) / train.NOISE_SCALE - 1) < 0.05
    after, _ = jax.jit(partial(train.update, setup))(state)
    scales = jax.tree.leaves(after.params["log_scales"])
    assert any(np.any(np.asarray(leaf) != np.float32(np.log(1e-4))) for leaf in scales)
    assert train.evaluated_params(setup, after) is after.target_params["means"]


@pytest.mark.usefixtures("keys_unchecked")
def test_seeds_side_by_side_have_the_numbers_that_they_have_alone():
    setup, _ = small()
    one = jax.jit(lambda key: train.update(setup, train.init(setup, key)))
    keys = jax.random.split(jax.random.key(7), 3)
    together = jax.jit(jax.vmap(lambda key: train.update(setup, train.init(setup, key))))(keys)
    for seed in (0, 2):
        alone = one(keys[seed])
        (state, metrics), (one_state, one_metrics) = (
            jax.tree.map(lambda leaf: leaf[seed], together),  # noqa: B023 (called at once)
            alone,
        )
        assert_trees_close(metrics, one_metrics, rtol=1e-3, atol=1e-5)
        assert_trees_close(state.params, one_state.params, rtol=1e-3, atol=2e-4)
        assert state.step == one_state.step == 1


@pytest.mark.usefixtures("keys_unchecked")
def test_same_key_same_numbers_other_key_others():
    setup, state = small()
    update = jax.jit(partial(train.update, setup))
    first, again = update(state)[1], update(state)[1]
    other = update(state._replace(key=jax.random.key(5)))[1]
    assert first["loss"] == again["loss"] != other["loss"]


def test_training_finds_the_meta_value_of_players_apart():
    """After 300 updates V at gamma 1/2 is close to the closed form, from far away."""
    setup, state = small(
        form="V",
        target="online",
        gradient_steps=1,
        batch_size=16,
        hidden_size=16,
        explore_steps=0,
        learning_rate=0.01,
    )
    points = jax.vmap(setup.game.draw)(jax.random.split(jax.random.key(4), 64))
    curvature = concave_curvature(0.5, setup.game.step_size)

    def error(state):
        values = jax.vmap(
            lambda x: setup.meta_value.values(state.target_params, x, jnp.full(2, 0.5))
        )(points)
        return float(jnp.std(values + 0.5 * curvature * points[..., 0] ** 2))

    def updates(state):
        return jax.lax.fori_loop(0, 300, lambda _, state: train.update(setup, state)[0], state)

    before, after = error(state), error(jax.jit(updates)(state))
    assert before > 0.2
    assert after < 0.1


def test_in_a_pairing_each_seat_moves_by_its_own_kind():
    """The last policies of `learn` are those of `ascend` along the field of the pairing."""
    setup, state = small(game="ipd", opponent="naive")
    x = setup.game.draw(jax.random.key(2))
    field = setup.meta_value.field(state.params, jnp.full(2, 0.95))
    last, _ = jax.jit(lambda x: learn(setup, field, x, 2))(x)
    expected, rule = x, learners.naive(setup.game.objectives)
    rows = jax.jit(lambda x: jnp.stack([field(x)[0], rule(x)[1]]))
    for _ in range(2):
        directions = rows(expected)
        expected = expected + setup.game.step_size * directions
    np.testing.assert_allclose(last, expected, rtol=1e-4, atol=1e-4)
