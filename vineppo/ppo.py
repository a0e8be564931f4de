"""The update of an iteration: epochs of minibatches over the responses, policy, then critic."""

from functools import partial
from typing import Any, NamedTuple

import chex
import jax
import jax.numpy as jnp
import optax
from jax import Array, lax

from vineppo import losses, policy
from vineppo.config import RlConfig
from vineppo.model_files import sharding
from vineppo.optimizers import make_optimizer
from vineppo.transformer import Params, TransformerConfig


class Batch(NamedTuple):
    """Responses of an iteration and what stays fixed in it; quantities of a token [n, L - 1]."""

    sequences: Any  # [n, L]
    mask: Any
    advantages: Any  # before whitening
    old_log_probs: Any
    reference_log_probs: Any
    old_values: Any
    returns: Any


class UpdateSettings(NamedTuple):
    """What an update is compiled for: methods and learning rates share it."""

    num_trajectories: int
    minibatch_size: int
    num_epochs: int
    num_optimizer_steps: int
    clip_epsilon: float
    kl_coefficient: float
    is_whitened: bool
    temperature: float


class Critic(NamedTuple):
    """A value network apart from the policy, of the same size."""

    params: Params  # model, head and bias
    optimizer_state: Any


def init_critic(config: RlConfig, initial: Params, key: Array) -> Critic:
    """The initial policy with a linear head in place of its logits; consumes the key.

    As published the head is normal with standard deviation 1 / sqrt(E + 1); at zero, first values
    are 0 and do no harm.
    """
    params = jax.tree.map(jnp.array, initial)
    width = params["final_norm"].shape[0]
    head = jax.random.normal(key, (width,)) / jnp.sqrt(width + 1.0)
    if config.critic_head == "zero":
        head = jnp.zeros(width)
    tree = {"model": params, "head": head, "bias": jnp.zeros(())}
    optimizer = make_optimizer(config.critic_learning_rate, config.num_optimizer_steps)
    return Critic(tree, optimizer.init(tree))


def update(
    architecture: TransformerConfig, config: RlConfig, state: Any, batch: Batch, key: Array
) -> tuple[Params, Any, Critic | None, dict[str, Array]]:
    """All optimiser steps of an iteration.

    Args:
      architecture: of the model.
      config: sizes and coefficients.
      state: parameters, optimiser and critic are taken from it, and donated.
      batch: responses of the iteration.
      key: of the order of responses; consumed.

    Returns:
      Parameters, optimiser state, critic, and means of metrics over the steps.
    """
    settings = UpdateSettings(*(getattr(config, name) for name in UpdateSettings._fields))
    warmup = 0 if state.critic is None else config.critic_warmup
    is_policy_frozen = jnp.asarray(state.step < warmup)
    rates = jnp.array([config.learning_rate, config.critic_learning_rate])
    carry = (state.params, state.optimizer_state, state.critic)
    if not config.model_shards:
        batch = Batch(*(jnp.asarray(each) for each in batch))
        return _update(architecture, settings, carry, batch, rates, is_policy_frozen, key)
    mesh = sharding.make_mesh(config.model_shards)
    batch = sharding.place_rows(batch, mesh)
    *carry, metrics = _update(architecture, settings, carry, batch, rates, is_policy_frozen, key)
    return (*sharding.place_params(carry, mesh), metrics)


@partial(jax.jit, static_argnums=(0, 1), donate_argnums=2)
def _update(
    architecture: TransformerConfig,
    settings: UpdateSettings,
    carry: tuple[Params, Any, Critic | None],
    batch: Batch,
    rates: Array,
    is_policy_frozen: Array,
    key: Array,
) -> tuple[Params, Any, Critic | None, dict[str, Array]]:
    number = settings.num_trajectories
    chex.assert_axis_dimension(batch.sequences, 0, number)
    orders = jax.vmap(lambda each: jax.random.permutation(each, number))(
        jax.random.split(key, settings.num_epochs)
    )
    minibatches = orders.reshape(-1, settings.minibatch_size)

    def step(carry: tuple[Params, Any, Critic | None], rows: Array) -> tuple[Any, Any]:
        params, optimizer_state, critic = carry
        mini = Batch(*(each[rows] for each in batch))
        moved, moved_state, metrics = _policy_step(
            architecture, settings, rates[0], params, optimizer_state, mini
        )
        params, optimizer_state = jax.tree.map(
            lambda old, new: jnp.where(is_policy_frozen, old, new),
            (params, optimizer_state),
            (moved, moved_state),
        )
        if critic is not None:
            critic, value_loss = _critic_step(architecture, settings, rates[1], critic, mini)
            metrics |= {"value_loss": value_loss}
        return (params, optimizer_state, critic), metrics

    (params, optimizer_state, critic), metrics = lax.scan(step, carry, minibatches)
    return params, optimizer_state, critic, {name: jnp.mean(x) for name, x in metrics.items()}


def policy_objective(
    architecture: TransformerConfig, settings: UpdateSettings, params: Params, mini: Batch
) -> tuple[Array, dict[str, Array]]:
    """L_pg + beta L_kl of a minibatch, and metrics. The whitening is the minibatch's."""
    log_probs, _, _ = policy.log_probs_and_hidden(
        architecture, params, mini.sequences, settings.temperature
    )
    mask = mini.mask
    advantages = losses.whiten(mini.advantages, mask) if settings.is_whitened else mini.advantages
    policy_loss = losses.policy_loss(
        log_probs, mini.old_log_probs, advantages, mask, settings.clip_epsilon
    )
    kl = losses.kl_penalty(log_probs, mini.reference_log_probs, mask)
    guard = losses.ratio_guard(log_probs, mini.old_log_probs, mask)
    metrics = {"policy_loss": policy_loss, "kl": kl}
    return guard * (policy_loss + settings.kl_coefficient * kl), metrics


def _policy_step(
    architecture: TransformerConfig,
    settings: UpdateSettings,
    rate: Array,
    params: Params,
    state: Any,
    mini: Batch,
) -> tuple[Params, Any, dict[str, Array]]:
    objective = partial(policy_objective, architecture, settings)
    gradient, metrics = jax.grad(objective, has_aux=True)(params, mini)
    optimizer = make_optimizer(rate, settings.num_optimizer_steps)
    updates, state = optimizer.update(gradient, state, params)
    norm = {"gradient_norm": optax.tree.norm(gradient)}
    return optax.apply_updates(params, updates), state, metrics | norm


def _critic_step(
    architecture: TransformerConfig,
    settings: UpdateSettings,
    rate: Array,
    critic: Critic,
    mini: Batch,
) -> tuple[Critic, Array]:
    def loss(params: Params) -> Array:
        values = policy.critic_values(architecture, params, mini.sequences)
        return losses.value_loss(
            values, mini.old_values, mini.returns, mini.mask, settings.clip_epsilon
        )

    value, gradient = jax.value_and_grad(loss)(critic.params)
    optimizer = make_optimizer(rate, settings.num_optimizer_steps)
    updates, state = optimizer.update(gradient, critic.optimizer_state, critic.params)
    return Critic(optax.apply_updates(critic.params, updates), state), value
