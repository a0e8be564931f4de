"""A Riemannian diffusion model put together from its settings: what is drawn, what is averaged."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax.numpy as jnp
import optax
from jax import Array

from riemannian_diffusion import bound, divergence, losses, networks, sde, solvers, time_sampling
from riemannian_diffusion.config import DiffusionConfig
from riemannian_diffusion.data.targets import Target
from riemannian_diffusion.manifolds import brownian_kernel
from riemannian_diffusion.networks import Params
from riemannian_diffusion.sde import TimeField
from riemannian_diffusion.time_sampling import TimeSampler

SAMPLER_LEARNING_RATE = 1e-3

Diffuse = Callable[[Array, Array, Array], Array]  # x, s, key -> Y_s
Objective = Callable[[TimeField, Array, Array, Array, Array], Array]  # a, x, Y_s, s, key -> f


class Setup(NamedTuple):
    """What a training of one setting consists of."""

    config: DiffusionConfig
    target: Target
    network: networks.VectorField
    optimizer: optax.GradientTransformation
    sampler: TimeSampler
    sampler_optimizer: optax.GradientTransformation
    diffuse: Diffuse
    objective: Objective


def make_setup(config: DiffusionConfig, target: Target) -> Setup:
    """Chooses the parts that a setting names."""
    return Setup(
        config=config,
        target=target,
        network=networks.VectorField(
            (config.hidden_size,) * config.num_hidden_layers,
            config.activation,
            config.first_frequency,
            config.normalise_input,
        ),
        optimizer=_make_optimizer(config),
        sampler=_make_sampler(config),
        sampler_optimizer=optax.adam(SAMPLER_LEARNING_RATE),
        diffuse=make_diffuse(config, target),
        objective=make_objective(config, target),
    )


def _make_optimizer(config: DiffusionConfig) -> optax.GradientTransformation:
    rate: optax.ScalarOrSchedule = config.learning_rate
    if config.schedule == "cosine":
        rate = optax.warmup_cosine_decay_schedule(
            0.0 if config.warmup_updates else config.learning_rate,
            config.learning_rate,
            config.warmup_updates,
            config.num_updates,
        )
    elif config.warmup_updates:
        rate = optax.linear_schedule(0.0, config.learning_rate, config.warmup_updates)
    if not config.largest_gradient:
        return optax.adam(rate)
    return optax.chain(optax.clip_by_global_norm(config.largest_gradient), optax.adam(rate))


def _make_sampler(config: DiffusionConfig) -> TimeSampler:
    if config.time_sampling == "learned":
        return time_sampling.learned(config.horizon)
    power = config.time_power if config.time_sampling == "power" else 1.0
    return time_sampling.power_law(config.horizon, power)


def make_diffuse(config: DiffusionConfig, target: Target) -> Diffuse:
    """The way to Y_s: N steps of size s / N, or the heat kernel at once."""
    if config.simulation == "exact":
        return brownian_kernel.make_kernel(target.manifold, config.horizon).sample
    step = solvers.heun_step if config.simulation == "heun" else solvers.walk_step
    process = sde.inference(target.manifold)

    def diffuse(start: Array, time: Array, key: Array) -> Array:
        times = time * jnp.linspace(0.0, 1.0, config.num_steps + 1)
        return solvers.last_point(step, process, start, times, key)

    return diffuse


def make_objective(config: DiffusionConfig, target: Target) -> Objective:
    """What is averaged: the bound's integrand, or the squared error of the kernel's score."""
    manifold = target.manifold
    if config.objective == "denoising":
        kernel = brownian_kernel.make_kernel(manifold, config.horizon)

        def denoise(field: TimeField, start: Array, end: Array, time: Array, key: Array) -> Array:
            del key
            score = kernel.score(end, start, time)
            tangent = manifold.project_to_tangent(end, field(end, time))
            return losses.denoising_loss(tangent, score)

        return denoise
    routes: dict[str, Callable[[Array], bound.Divergence]] = {
        "frame": lambda key: partial(divergence.exact, manifold),
        "closest_point": lambda key: partial(divergence.by_closest_point, manifold),
        "random_frame": lambda key: partial(divergence.by_random_frame, manifold, key=key),
        "gaussian": lambda key: partial(divergence.hutchinson, manifold, key=key),
        "rademacher": lambda key: partial(
            divergence.hutchinson, manifold, key=key, is_rademacher=True
        ),
    }
    route = routes[config.divergence]

    def integrand(field: TimeField, start: Array, end: Array, time: Array, key: Array) -> Array:
        del start
        return bound.integrand(manifold, field, route(key), end, time)

    return integrand


def field_of(setup: Setup, params: Params) -> TimeField:
    """Returns the variational field a: the network with these parameters."""
    return partial(setup.network.apply, params)
