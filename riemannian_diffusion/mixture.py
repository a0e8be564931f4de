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

from riemannian_diffusion import point_sets
from riemannian_diffusion.manifolds import sphere, torus
from riemannian_diffusion.targets import Target, von_mises_fisher_log_prob
from riemannian_diffusion.train_state import Metrics, Params, Training, TrainState
from riemannian_diffusion.training_configs import MixtureConfig


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


def make_training(config: MixtureConfig, target: Target) -> Training:
    """Builds the training of a mixture, of one seed."""
    optimizer = optax.adam(config.learning_rate)
    is_torus = target.manifold.name.startswith("T^")

    def log_prob(params: Mixture, point: Array) -> Array:
        means = params.means if config.trains_means else lax.stop_gradient(params.means)
        function = torus_log_prob if is_torus else sphere_log_prob
        return function(params._replace(means=means), point)

    def init(key: Array) -> TrainState:
        mixture_key, order_key, key = jax.random.split(key, 3)
        params = draw_mixture(target, config.num_components, mixture_key)
        return TrainState(
            params=params,
            average=params,
            optimizer_state=optimizer.init(params),
            sampler_params={},
            sampler_optimizer_state=(),
            order=point_sets.random_order(target, order_key),
            key=key,
            step=jnp.zeros((), jnp.int32),
        )

    def update(state: TrainState, _: None) -> tuple[TrainState, Metrics]:
        batch_key, key = jax.random.split(state.key)
        points = point_sets.training_batch(target, state.order, batch_key, config.batch_size)

        def loss(params: Mixture) -> Array:
            return -jnp.mean(jax.vmap(partial(log_prob, params))(points))

        value, gradient = jax.value_and_grad(loss)(state.params)
        updates, optimizer_state = optimizer.update(gradient, state.optimizer_state)
        params = optax.apply_updates(state.params, updates)
        state = state._replace(
            params=params,
            average=params,
            optimizer_state=optimizer_state,
            key=key,
            step=state.step + 1,
        )
        return state, {"loss": value}

    def measure(name: str, points: Array, params: Params) -> Metrics:
        return {name: -jnp.mean(jax.vmap(partial(log_prob, params))(points))}

    def monitor(state: TrainState, key: Array) -> Metrics:
        points = point_sets.validation_points(target, state.order, key, config.num_eval_points)
        return measure("valid_nll", points, state.params)

    def evaluate(state: TrainState, key: Array) -> Metrics:
        points = point_sets.test_points(target, state.order, key, config.num_eval_points)
        return measure("nll", points, state.params)

    def advance(state: TrainState) -> tuple[TrainState, Metrics]:
        return lax.scan(update, state, length=config.eval_every_updates)

    return Training(init, advance, monitor, evaluate)


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
