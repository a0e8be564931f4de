"""Trains the variational field a by the bound: draw times, diffuse data to them, descend.

One update: x from the data, s from the time sampler, Y_s from the inference process (no gradient
goes through it), then Adam on the mean of f(Y_s, s) / q(s). Every so many updates, the learned time
sampler takes some steps of its own. Shapes: B points, E ambient dimensions.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array, lax

from riemannian_diffusion import losses, networks, time_sampling
from riemannian_diffusion.config import DiffusionConfig
from riemannian_diffusion.data import point_sets
from riemannian_diffusion.data.targets import Target
from riemannian_diffusion.evaluation import likelihoods
from riemannian_diffusion.model import Setup, field_of, make_setup
from riemannian_diffusion.networks import Params
from riemannian_diffusion.time_sampling import SamplerParams
from riemannian_diffusion.train_state import Metrics, Training, TrainState


class Batch(NamedTuple):
    """Data and what else an update draws."""

    points: Array  # [B, E]
    uniforms: Array  # [B], of which the sampler makes times
    path_keys: Array  # [B]
    probe_keys: Array  # [B]


def make_train(config: DiffusionConfig, target: Target) -> Training:
    """Returns the training of one seed of a diffusion model, as pure functions."""
    setup = make_setup(config, target)
    return Training(
        setup=setup,
        init=partial(init, setup),
        update=partial(update, setup),
        monitor=partial(likelihoods.monitor, setup),
        evaluate=partial(likelihoods.evaluate, setup),
    )


def init(setup: Setup, key: Array) -> TrainState:
    """Initial state; consumes the key. The learned time sampler is trained a little first."""
    network_key, order_key, statistics_key, sampler_key, key = jax.random.split(key, 5)
    point = jnp.zeros(setup.target.manifold.ambient_dimension)
    params = setup.network.init(network_key, point, jnp.zeros(()))
    order = point_sets.random_order(setup.target, order_key)
    state = TrainState(
        params=params,
        average=params,
        optimizer_state=setup.optimizer.init(params),
        sampler_params=setup.sampler.params,
        sampler_optimizer_state=setup.sampler_optimizer.init(setup.sampler.params),
        order=order,
        key=key,
        step=jnp.zeros((), jnp.int32),
    )
    if setup.config.normalise_input:
        times, ends = _draw_ends(setup, state, statistics_key)
        inputs = jnp.concatenate([ends, times[:, None]], axis=1)
        params = networks.with_input_statistics(params, inputs)
        state = state._replace(
            params=params, average=params, optimizer_state=setup.optimizer.init(params)
        )
    return train_sampler(setup, state, sampler_key, setup.config.sampler_warmup)


def update(setup: Setup, state: TrainState, since_log: Array) -> tuple[TrainState, Metrics]:
    """One gradient step of the network; before the first of a block the sampler is trained.

    Args:
      setup: of the model.
      state: before.
      since_log: updates since the last log point, with which a block begins; not batched over
        seeds, so that the sampler's steps are computed only when they are taken.
    """
    config = setup.config
    block = config.sampler_every if config.time_sampling == "learned" else config.eval_every_updates
    state = lax.cond(since_log % block == 0, partial(begin_block, setup), lambda s: s, state)
    batch_key, key = jax.random.split(state.key)
    batch = draw_batch(setup, state, batch_key)
    times, log_densities = jax.vmap(partial(setup.sampler.sample, state.sampler_params))(
        batch.uniforms
    )
    ends = jax.vmap(setup.diffuse)(batch.points, times, batch.path_keys)

    def loss(params: Params) -> tuple[Array, Array]:
        field = field_of(setup, params)
        of_point = partial(setup.objective, field)
        integrand = jax.vmap(of_point)(batch.points, ends, times, batch.probe_keys)
        weighted = integrand * jnp.exp(-log_densities)
        return jnp.mean(weighted), weighted

    (mean, weighted), gradient = jax.value_and_grad(loss, has_aux=True)(state.params)
    updates, optimizer_state = setup.optimizer.update(gradient, state.optimizer_state, state.params)
    params = optax.apply_updates(state.params, updates)
    decay = setup.config.average_decay
    state = state._replace(
        params=params,
        average=optax.incremental_update(params, state.average, 1 - decay),
        optimizer_state=optimizer_state,
        key=key,
        step=state.step + 1,
    )
    return state, {
        "loss": mean + setup.target.manifold.prior_entropy,
        "loss_variance": jnp.var(weighted),
    }


def begin_block(setup: Setup, state: TrainState) -> TrainState:
    """Trains the learned time sampler, if there is one, before a block of updates."""
    sampler_key, key = jax.random.split(state.key)
    return train_sampler(setup, state._replace(key=key), sampler_key, setup.config.sampler_steps)


def train_sampler(setup: Setup, state: TrainState, key: Array, num_steps: int) -> TrainState:
    """Lowers the second moment of f / q by some steps of the sampler; consumes the key.

    As published, f changes with s through the network's time only: paths are not differentiated.
    """
    if setup.config.time_sampling != "learned":
        return state
    field = field_of(setup, state.params)

    def step(
        carry: tuple[SamplerParams, optax.OptState], key: Array
    ) -> tuple[tuple[SamplerParams, optax.OptState], None]:
        params, optimizer_state = carry
        batch = draw_batch(setup, state, key)
        drawn, _ = jax.vmap(partial(setup.sampler.sample, params))(batch.uniforms)
        ends = jax.vmap(setup.diffuse)(batch.points, drawn, batch.path_keys)

        def loss(params: SamplerParams) -> Array:
            times, log_densities = jax.vmap(partial(setup.sampler.sample, params))(batch.uniforms)
            of_point = partial(setup.objective, field)
            integrand = jax.vmap(of_point)(batch.points, ends, times, batch.probe_keys)
            return losses.sampler_second_moment(integrand, log_densities)

        updates, optimizer_state = setup.sampler_optimizer.update(
            jax.grad(loss)(params), optimizer_state
        )
        return (optax.apply_updates(params, updates), optimizer_state), None

    carry = (state.sampler_params, state.sampler_optimizer_state)
    (params, optimizer_state), _ = lax.scan(step, carry, jax.random.split(key, num_steps))
    return state._replace(sampler_params=params, sampler_optimizer_state=optimizer_state)


def draw_batch(setup: Setup, state: TrainState, key: Array) -> Batch:
    """Points and randomness of one update; consumes the key."""
    point_key, time_key, path_key, probe_key = jax.random.split(key, 4)
    size = setup.config.batch_size
    return Batch(
        points=point_sets.training_batch(setup.target, state.order, point_key, size),
        uniforms=time_sampling.stratified_uniforms(time_key, size),
        path_keys=jax.random.split(path_key, size),
        probe_keys=jax.random.split(probe_key, size),
    )


def _draw_ends(setup: Setup, state: TrainState, key: Array) -> tuple[Array, Array]:
    """Times and Y_s of a batch; consumes the key. Shapes [B], [B, E]."""
    batch = draw_batch(setup, state, key)
    times, _ = jax.vmap(partial(setup.sampler.sample, state.sampler_params))(batch.uniforms)
    return times, jax.vmap(setup.diffuse)(batch.points, times, batch.path_keys)
