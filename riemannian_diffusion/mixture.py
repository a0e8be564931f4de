"""Mixtures as baselines: product power-spherical on tori, von Mises-Fisher on the sphere.

On tori each component is a product of circle densities proportional to (1 + cos(a - mean))^k. The
released code rebuilds its means in a way that stops gradients, so that they never move;
`trains_means` False is that baseline, True the honest one.
"""

import math
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array, lax
from jax.scipy.special import gammaln

from riemannian_diffusion.config import MixtureConfig
from riemannian_diffusion.data import point_sets
from riemannian_diffusion.data.targets import Target, von_mises_fisher_log_prob
from riemannian_diffusion.manifolds import sphere, torus
from riemannian_diffusion.train_state import Metrics, Training, TrainState


class Mixture(NamedTuple):
    """Parameters of M components.

    Attributes:
      means: on tori angles [M, n]; on the sphere vectors, which are normalised [M, 3].
      log_concentrations: per angle [M, n], or [M, 1].
      logits: of the weights [M].
    """

    means: Array
    log_concentrations: Array
    logits: Array


class MixtureSetup(NamedTuple):
    """What the training of one setting consists of."""

    config: MixtureConfig
    target: Target
    optimizer: optax.GradientTransformation


def make_train(config: MixtureConfig, target: Target) -> Training:
    """Returns the training of one seed of a mixture, as pure functions."""
    setup = MixtureSetup(config, target, optax.adam(config.learning_rate))
    return Training(
        setup=setup,
        init=partial(init, setup),
        update=partial(update, setup),
        monitor=partial(monitor, setup),
        evaluate=partial(evaluate, setup),
    )


def init(setup: MixtureSetup, key: Array) -> TrainState:
    """Initial state; consumes the key."""
    mixture_key, order_key, key = jax.random.split(key, 3)
    params = draw_mixture(setup.target, setup.config.num_components, mixture_key)
    return TrainState(
        params=params,
        average=params,
        optimizer_state=setup.optimizer.init(params),
        sampler_params={},
        sampler_optimizer_state=(),
        order=point_sets.random_order(setup.target, order_key),
        key=key,
        step=jnp.zeros((), jnp.int32),
    )


def update(setup: MixtureSetup, state: TrainState, since_log: Array) -> tuple[TrainState, Metrics]:
    """One gradient step on the likelihood of a batch, whenever it is taken."""
    del since_log
    batch_key, key = jax.random.split(state.key)
    points = point_sets.training_batch(
        setup.target, state.order, batch_key, setup.config.batch_size
    )
    loss, gradient = jax.value_and_grad(partial(negative_log_likelihood, setup))(
        state.params, points
    )
    updates, optimizer_state = setup.optimizer.update(gradient, state.optimizer_state)
    params = optax.apply_updates(state.params, updates)
    state = state._replace(
        params=params,
        average=params,
        optimizer_state=optimizer_state,
        key=key,
        step=state.step + 1,
    )
    return state, {"loss": loss}


def monitor(setup: MixtureSetup, state: TrainState, key: Array) -> Metrics:
    """The negative log-likelihood of validation points; consumes the key."""
    num_points = setup.config.num_eval_points
    points = point_sets.validation_points(setup.target, state.order, key, num_points)
    return {"valid_nll": negative_log_likelihood(setup, state.params, points)}


def evaluate(setup: MixtureSetup, state: TrainState, key: Array) -> Metrics:
    """The negative log-likelihood of test points in nats; consumes the key."""
    num_points = setup.config.num_eval_points
    points = point_sets.test_points(setup.target, state.order, key, num_points)
    return {"nll": negative_log_likelihood(setup, state.params, points)}


def negative_log_likelihood(setup: MixtureSetup, params: Mixture, points: Array) -> Array:
    """Mean over points [B, E]; means that are not trained get no gradient."""
    if not setup.config.trains_means:
        params = params._replace(means=lax.stop_gradient(params.means))
    is_torus = setup.target.manifold.name.startswith("T^")
    log_prob = torus_log_prob if is_torus else sphere_log_prob
    return -jnp.mean(jax.vmap(partial(log_prob, params))(points))


def draw_mixture(target: Target, num_components: int, key: Array) -> Mixture:
    """Means uniform, log concentrations from (-1, 1), logits from (0, 1); consumes the key."""
    mean_key, concentration_key, logit_key = jax.random.split(key, 3)
    manifold = target.manifold
    means = jax.vmap(manifold.sample_prior)(jax.random.split(mean_key, num_components))
    num_concentrations = 1
    if manifold.name.startswith("T^"):
        means = jax.vmap(torus.to_angles)(means)
        num_concentrations = manifold.dimension
    return Mixture(
        means=means,
        log_concentrations=jax.random.uniform(
            concentration_key, (num_components, num_concentrations), minval=-1.0, maxval=1.0
        ),
        logits=jax.random.uniform(logit_key, (num_components,)),
    )


def torus_log_prob(mixture: Mixture, point: Array) -> Array:
    """Log density of a point of T^n [2 n] under a mixture of product power-spherical densities."""
    cosines = jnp.cos(torus.to_angles(point)[None, :] - mixture.means)  # [M, n]
    terms = jnp.sum(power_spherical_log_prob(cosines, jnp.exp(mixture.log_concentrations)), axis=1)
    return jax.nn.logsumexp(terms + jax.nn.log_softmax(mixture.logits))


def power_spherical_log_prob(cosine: Array, concentration: Array) -> Array:
    """Log density on the circle, proportional to (1 + cos)^k.

    k log(1 + cos) - ((A + B) log 2 + lgamma A - lgamma(A + B) + B log pi), A = k + 1/2, B = 1/2.
    """
    a, b = concentration + 0.5, 0.5
    normaliser = (a + b) * math.log(2) + gammaln(a) - gammaln(a + b) + b * math.log(math.pi)
    return concentration * jnp.log1p(jnp.maximum(cosine, -1 + 1e-6)) - normaliser


def sphere_log_prob(mixture: Mixture, point: Array) -> Array:
    """Log density of a point of S^2 under a mixture of von Mises-Fisher densities."""
    cosines = jax.vmap(sphere.normalise)(mixture.means) @ point
    terms = von_mises_fisher_log_prob(cosines, jnp.exp(mixture.log_concentrations[:, 0]))
    return jax.nn.logsumexp(terms + jax.nn.log_softmax(mixture.logits))
