"""Tests of the mixtures: normalised densities, the published fault, and fits."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from riemannian_diffusion import mixture
from riemannian_diffusion.config import MixtureConfig
from riemannian_diffusion.data import targets
from riemannian_diffusion.evaluation import grids


@pytest.mark.parametrize(("name", "size"), [("sphere_mixture", 120), ("torus_mixture", 120)])
def test_mixtures_integrate_to_one(name, size):
    target = targets.make_target(name)
    parameters = mixture.draw_mixture(target, 5, jax.random.key(0))
    grid = grids.make_grid(target.manifold.name, size)
    is_torus = name == "torus_mixture"
    log_prob = mixture.torus_log_prob if is_torus else mixture.sphere_log_prob
    density = np.exp(jax.jit(jax.vmap(lambda x: log_prob(parameters, x)))(grid.points))
    assert np.sum(density * grid.areas) == pytest.approx(1, abs=1e-3)


def test_power_spherical_density_by_hand():
    """k = 1: (1 + cos a) / 2 pi."""
    found = mixture.power_spherical_log_prob(jnp.array(0.5), jnp.array(1.0))
    assert jnp.exp(found) == pytest.approx(1.5 / (2 * np.pi), rel=1e-5)


@pytest.fixture(scope="module")
def fitted():
    """Mixtures after training, with means that move and with the published ones that do not."""
    found = {}
    for trains_means in (True, False):
        config = MixtureConfig(
            num_updates=300,
            eval_every_updates=300,
            num_components=8,
            num_eval_points=512,
            trains_means=trains_means,
        )
        training = mixture.make_train(config, targets.make_target("torus_mixture"))
        state = jax.jit(training.init)(jax.random.key(0))
        advance = jax.jit(partial(jax.lax.scan, training.update))
        last, _ = advance(state, jnp.arange(config.num_updates))
        metrics = jax.jit(training.evaluate)(last, jax.random.key(1))
        found[trains_means] = (state, last, float(metrics["nll"]))
    return found


def test_published_means_do_not_move_and_the_fit_is_worse(fitted):
    start, last, stuck = fitted[False]
    np.testing.assert_array_equal(start.params.means, last.params.means)
    assert np.any(start.params.log_concentrations != last.params.log_concentrations)
    start, last, moving = fitted[True]
    assert np.max(np.abs(start.params.means - last.params.means)) > 0.1
    assert moving < stuck - 0.05
