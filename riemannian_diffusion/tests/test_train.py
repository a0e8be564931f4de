"""Tests of training: the update does what its parts do, seeds decide, every option runs."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from riemannian_diffusion import model, train
from riemannian_diffusion.config import DiffusionConfig
from riemannian_diffusion.data import targets

SMALL = DiffusionConfig(
    target="torus_mixture",
    num_updates=4,
    eval_every_updates=4,
    batch_size=16,
    num_steps=4,
    num_hidden_layers=1,
    hidden_size=8,
    sampler_warmup=2,
    sampler_every=2,
    sampler_steps=2,
)
OPTIONS = {
    "learned times, clipping, cosine": {
        "time_sampling": "learned",
        "largest_gradient": 1.0,
        "schedule": "cosine",
        "warmup_updates": 2,
    },
    "power law, exact paths, denoising": {
        "time_sampling": "power",
        "simulation": "exact",
        "objective": "denoising",
    },
    "walk, closest point": {"simulation": "walk", "divergence": "closest_point"},
    "normalised input, probes": {"normalise_input": True, "divergence": "rademacher"},
}


class Compiled(NamedTuple):
    """A model and the functions of its training, which tests share."""

    setup: model.Setup
    init: Callable
    update: Callable


@cache
def compiled(config):
    setup = model.make_setup(config, targets.make_target(config.target))
    return Compiled(
        setup, jax.jit(partial(train.init, setup)), jax.jit(partial(train.update, setup))
    )


def trained(config, seed=0):
    """State before and after all updates, and their losses."""
    _, init, update = compiled(config)
    start = state = init(jax.random.key(seed))
    losses = []
    for number in range(config.num_updates):
        state, metrics = update(state, number)
        losses.append(float(metrics["loss"]))
    return start, state, np.array(losses)


@pytest.fixture(scope="module")
def plain():
    return trained(SMALL)


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_trains(name):
    start, last, losses = trained(replace(SMALL, **OPTIONS[name]))
    assert last.step == 4
    assert np.all(np.isfinite(losses))
    moved = jax.tree.map(lambda a, b: jnp.max(jnp.abs(a - b)), start.params, last.params)
    assert min(jax.tree.leaves(moved)) > 0
    is_learned = "learned" in name
    assert bool(jax.tree.leaves(last.sampler_params)) == is_learned


def test_same_seed_same_numbers_other_seed_others(plain):
    _, last, losses = plain
    _, again, losses_again = trained(SMALL)
    _, _, other_losses = trained(SMALL, seed=1)
    np.testing.assert_array_equal(losses, losses_again)
    for leaf, other in zip(*map(jax.tree.leaves, (last.params, again.params)), strict=True):
        np.testing.assert_array_equal(leaf, other)
    assert np.all(losses != other_losses)


def test_the_average_follows_the_parameters(plain):
    """After one update from theta_0: .995 theta_0 + .005 theta_1."""
    start = plain[0]._replace(key=jax.random.key(9))
    after, _ = compiled(SMALL).update(start, 1)
    for old, new, average in zip(
        *map(jax.tree.leaves, (start.params, after.params, after.average)), strict=True
    ):
        np.testing.assert_allclose(average, 0.995 * old + 0.005 * new, atol=1e-6)


def test_the_sampler_is_trained_before_the_first_update_of_a_block_only():
    config = replace(SMALL, **OPTIONS["learned times, clipping, cosine"])  # blocks of two
    _, init, update = compiled(config)
    state = init(jax.random.key(0))
    moved = []
    for since_log in range(4):
        before, (state, _) = state.sampler_params, update(state, since_log)
        moved.append(bool(np.any(before["shifts"] != state.sampler_params["shifts"])))
    assert moved == [True, False, True, False]


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_an_update_depends_on_the_length_of_the_run_with_a_schedule_only(schedule):
    """A run with a constant rate can be lengthened."""
    updates = []
    for num_updates in (4, 8):
        config = replace(SMALL, num_updates=num_updates, schedule=schedule)
        setup = model.make_setup(config, targets.make_target(config.target))
        state = jax.eval_shape(partial(train.init, setup), jax.random.key(0))
        updates.append(str(jax.make_jaxpr(partial(train.update, setup))(state, 0)))
    assert (updates[0] == updates[1]) == (schedule == "constant")


def test_input_statistics_are_those_of_a_batch():
    config = replace(
        SMALL, normalise_input=True, batch_size=512, num_updates=1, eval_every_updates=1
    )
    state = compiled(config).init(jax.random.key(0))
    inner = state.params["params"]
    scale = np.exp(inner["log_scale"]) + 1e-3
    # Time is uniform on [0, 2]: mean 1, standard deviation 2 / sqrt(12).
    assert inner["shift"][-1] == pytest.approx(-1.0, abs=0.01)
    assert scale[-1] == pytest.approx(12**0.5 / 2, rel=0.02)


def test_gradient_of_the_loss_is_that_of_the_bound_averaged_by_hand(plain):
    """One update with plain descent moves parameters by the gradient of mean f / q."""
    start = plain[0]._replace(key=jax.random.key(9))
    setup = compiled(SMALL).setup

    @jax.jit
    def integrand(key):
        batch = train.draw_batch(setup, start, key)
        times = 2.0 * batch.uniforms  # uniform on [0, T], q = 1 / 2
        ends = jax.vmap(setup.diffuse)(batch.points, times, batch.path_keys)
        of_point = partial(setup.objective, model.field_of(setup, start.params))
        return jax.vmap(of_point)(batch.points, ends, times, batch.probe_keys)

    values = integrand(jax.random.split(jax.random.key(9))[0])
    _, metrics = compiled(SMALL).update(start, 1)
    expected = float(2.0 * np.mean(values) + 2 * np.log(2 * np.pi))
    assert metrics["loss"] == pytest.approx(expected, rel=1e-4)
