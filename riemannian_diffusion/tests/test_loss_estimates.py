"""Tests of estimates of the loss: variances under several densities of time, in closed form."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from riemannian_diffusion import model
from riemannian_diffusion.config import DiffusionConfig
from riemannian_diffusion.data import targets
from riemannian_diffusion.evaluation import loss_estimates
from riemannian_diffusion.train_state import TrainedModel

HORIZON = 2.0


@pytest.fixture(scope="module")
def linear():
    """A model of which f(Y_s, s) = s, whatever its paths."""
    config = DiffusionConfig(target="torus_mixture", horizon=HORIZON, num_steps=1)
    setup = model.make_setup(config, targets.make_target(config.target))
    return setup._replace(
        diffuse=lambda start, time, key: start,
        objective=lambda field, start, end, time, key: time,
    )


@pytest.fixture(autouse=True)
def keys_unchecked():
    """Estimates that are compared are made from the same key on purpose."""
    with jax.debug_key_reuse(False):
        yield


TRAINED = TrainedModel(average={}, sampler_params={}, order=jnp.zeros(0, jnp.int32))


def test_variances_of_a_linear_integrand_by_hand(linear):
    """In units of T^4: uniform 1/3 - 1/4; T u^2 2 / 3.5 - 1/4; none if q is proportional to f."""
    measure = partial(loss_estimates.variances_by_time_density, linear, 8192)
    found = jax.jit(measure)(TRAINED, jax.random.key(0))
    scale = HORIZON**4
    assert found["variance_uniform"] == pytest.approx(scale / 12, rel=1e-3)
    assert found["variance_power"] == pytest.approx(scale * (2 / 3.5 - 0.25), rel=1e-3)
    assert abs(float(found["variance_optimal"])) < 1e-3 * scale
    assert "variance_learned" not in found


def test_bias_is_the_loss_on_own_paths_less_that_on_exact_ones(linear):
    """Own paths end where they start, exact ones at s: means of s and of 2 s, T^2 / 2 each once."""
    setup = linear._replace(objective=lambda field, start, end, time, key: time + end[0])
    stay = setup._replace(diffuse=lambda start, time, key: jnp.zeros_like(start))
    measure = partial(
        loss_estimates.bias_of_simulation, stay, lambda x, time, key: jnp.full_like(x, time), 4096
    )
    found = jax.jit(measure)(TRAINED, jax.random.key(0))
    mean = HORIZON**2 / 2
    entropy = 2 * np.log(2 * np.pi)
    assert found["loss"] == pytest.approx(mean + entropy, rel=1e-4)
    assert found["direct_loss"] == pytest.approx(2 * mean + entropy, rel=1e-4)
    assert found["bias"] == pytest.approx(-mean, rel=1e-3)
