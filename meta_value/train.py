"""Trains a meta-value by temporal differences along paths of learning.

One update is one outer step: initial policies are drawn and learn on while, every few of their
steps, the network is fitted to lambda-returns of a short path that starts where they stand.
Shapes: B paths, T steps of a path, P players, D parameters of a policy, Q quantiles.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array, lax

from meta_value import losses
from meta_value.config import MetaValueConfig
from meta_value.evaluation import log_point
from meta_value.meta_game import Setup, learn, make_setup
from meta_value.meta_value import arcsine_discounts
from meta_value.networks import Params
from meta_value.train_state import Metrics, Training, TrainState

Noise = Any  # a tree like the parameters, or None

NOISE_SCALE = 1e-4  # standard deviation of noisy parameters at the beginning


class Batch(NamedTuple):
    """Paths of learning under way."""

    policies: Array  # [B, P, D]
    discounts: Array  # [B, P], of exploration
    sign_flips: Array  # [B, P, H]


def make_train(config: MetaValueConfig) -> Training:
    """Builds the training of one seed; an update is one outer step."""
    setup = make_setup(config)
    return Training(
        init=partial(init, setup),
        update=partial(update, setup),
        evaluate=lambda state, key: log_point.evaluate(setup, evaluated_params(setup, state), key),
        evaluated_params=partial(evaluated_params, setup),
    )


def init(setup: Setup, key: Array) -> TrainState:
    """Initial state; consumes the key. The target network starts from parameters of its own."""
    online_key, target_key, key = jax.random.split(key, 3)

    def draw_params(key: Array) -> Params:
        policies = jnp.zeros(jax.eval_shape(setup.game.draw, key).shape)
        params = setup.meta_value.network.init(key, policies, jnp.zeros(2))
        if setup.config.exploration != "noisy_parameters":
            return params
        log_scales = jax.tree.map(lambda leaf: jnp.full_like(leaf, jnp.log(NOISE_SCALE)), params)
        return {"means": params, "log_scales": log_scales}

    params = draw_params(online_key)
    return TrainState(
        params, draw_params(target_key), setup.optimizer.init(params), key, jnp.zeros((), jnp.int32)
    )


def update(setup: Setup, state: TrainState) -> tuple[TrainState, Metrics]:
    """One outer step: new policies, then exploration and a gradient step in turn.

    Metrics are those of the first gradient step, but the loss, which is the mean over all.
    """
    batch_key, steps_key, next_key = jax.random.split(state.key, 3)

    def explore_and_fit(
        carry: tuple[TrainState, Batch], key: Array
    ) -> tuple[tuple[TrainState, Batch], Metrics]:
        state, batch = carry
        noise_key, discount_key = jax.random.split(key)
        noise = draw_noise(setup, state.params, noise_key)
        batch = explore(setup, perturbed(state.params, noise), batch)
        discounts = draw_discounts(setup.config, discount_key)  # drawn anew for each gradient
        state, metrics = fit(setup, state, batch.policies, discounts, noise)
        return (state, batch), metrics

    keys = jax.random.split(steps_key, setup.config.gradient_steps)
    carry = (state, draw_batch(setup, batch_key))
    (state, _), metrics = lax.scan(explore_and_fit, carry, keys)
    first = {name: values[0] for name, values in metrics.items()}
    state = state._replace(key=next_key, step=state.step + 1)
    return state, {**first, "loss": jnp.mean(metrics["loss"])}


def draw_batch(setup: Setup, key: Array) -> Batch:
    """New initial policies, with the discounts and sign flips of their exploration."""
    policy_key, discount_key, flip_key = jax.random.split(key, 3)
    config = setup.config
    shape = (config.batch_size, 2, config.hidden_size)
    flips = jax.random.bernoulli(flip_key, config.flip_probability, shape)
    return Batch(
        policies=jax.vmap(setup.game.draw)(jax.random.split(policy_key, config.batch_size)),
        discounts=draw_discounts(config, discount_key),
        sign_flips=jnp.where(flips, -1.0, 1.0),
    )


def draw_discounts(config: MetaValueConfig, key: Array) -> Array:
    """Gamma of every path and player. Shape [B, P]."""
    if config.fixed_discount >= 0:
        return jnp.full((config.batch_size, 2), config.fixed_discount)
    return jax.vmap(arcsine_discounts)(jax.random.split(key, config.batch_size))


def explore(setup: Setup, params: Params, batch: Batch) -> Batch:
    """Lets the policies learn on by the gradient of the perturbed network's own output.

    As published, that is U itself and not V = (1 - gamma) f + gamma U.
    """
    if setup.config.explore_steps == 0:
        return batch

    def advance(policies: Array, discounts: Array, sign_flips: Array) -> Array:
        flips = sign_flips if setup.config.exploration == "sign_flips" else None
        field = setup.meta_value.output_field(params, discounts, flips)
        return learn(setup, field, policies, setup.config.explore_steps)[0]

    return batch._replace(policies=jax.vmap(advance)(*batch))


def fit(
    setup: Setup, state: TrainState, policies: Array, discounts: Array, noise: Noise
) -> tuple[TrainState, Metrics]:
    """One gradient step on paths of the clean network.

    Args:
      setup: of the run.
      state: its parameters and optimiser are moved on.
      policies: where the paths start. Shape [B, P, D].
      discounts: gamma on them. Shape [B, P].
      noise: of the parameters, if they are noisy; the same for online and target network.
    """
    config = setup.config
    params = perturbed(state.params, noise)
    bootstrap = params if config.target == "online" else perturbed(state.target_params, noise)
    paths = jax.vmap(partial(path_of_learning, setup, params))(policies, discounts)

    def loss(params: Params) -> tuple[Array, Metrics]:
        noisy = perturbed(params, noise)
        terms = jax.vmap(partial(path_terms, setup, noisy, bootstrap))(paths, discounts)
        return jnp.mean(terms["loss"]), terms

    (_, terms), gradient = jax.value_and_grad(loss, has_aux=True)(state.params)
    updates, optimizer_state = setup.optimizer.update(gradient, state.optimizer_state, state.params)
    online = optax.apply_updates(state.params, updates)
    target = (
        online
        if config.target == "online"
        else optax.incremental_update(online, state.target_params, 1 - config.target_decay)
    )
    metrics = {
        "loss": jnp.mean(terms["loss"]),
        "short_td_error": jnp.sqrt(jnp.mean(terms["td_error"] ** 2)),
    }
    return state._replace(
        params=online, target_params=target, optimizer_state=optimizer_state
    ), metrics


def path_of_learning(setup: Setup, params: Params, policies: Array, discounts: Array) -> Array:
    """x_0 ... x_T of players who follow the meta-value, constants for the loss. [T + 1, P, D]."""
    field = setup.meta_value.field(params, discounts)
    last, earlier = learn(setup, field, policies, setup.config.path_length)
    return lax.stop_gradient(jnp.concatenate([earlier, last[None]]))


def path_terms(
    setup: Setup, params: Params, bootstrap_params: Params, path: Array, discounts: Array
) -> dict[str, Array]:
    """Loss of one path, and its temporal difference over all steps per player."""
    meta_value = setup.meta_value
    rewards = meta_value.rewards(path)
    quantiles = meta_value.quantiles(params, path, discounts)  # [T + 1, P, Q]
    bootstrap = meta_value.quantiles(bootstrap_params, path, discounts)
    targets = losses.lambda_returns(rewards, bootstrap, discounts, setup.config.trace_decay)
    values = jnp.mean(quantiles, axis=-1)  # [T + 1, P]
    return {
        "loss": losses.path_loss(quantiles[:-1], targets),
        "td_error": losses.td_errors(rewards, values[0], values[-1], discounts),
    }


def draw_noise(setup: Setup, params: Params, key: Array) -> Noise:
    """Standard normal noise for every parameter, if they are noisy; else None."""
    if setup.config.exploration != "noisy_parameters":
        return None
    leaves, structure = jax.tree.flatten(params["means"])
    keys = jax.random.split(key, len(leaves))
    drawn = [
        jax.random.normal(leaf_key, leaf.shape) for leaf_key, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, drawn)


def perturbed(params: Params, noise: Noise) -> Params:
    """Noisy parameters: means plus noise times exp(log scales); without noise the parameters."""
    if noise is None:
        return params
    return jax.tree.map(
        lambda mean, log_scale, normal: mean + jnp.exp(log_scale) * normal,
        params["means"],
        params["log_scales"],
        noise,
    )


def evaluated_params(setup: Setup, state: TrainState) -> Params:
    """Parameters of the network that is evaluated: the target's, noise taken away."""
    params: Any = state.target_params
    return params["means"] if setup.config.exploration == "noisy_parameters" else params
