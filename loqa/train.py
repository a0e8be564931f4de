"""Trains LOQA, or the naive learner, in the iterated game by self-play: one update of one seed.

An update is: play a batch of episodes against ourselves, actor loss with the shaping term, its
gradient, Adam; then on the same episodes the critic's loss, gradient, Adam; then the slow copy.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array

from common import ipd
from loqa import objectives
from loqa.configs import IpdConfig
from loqa.networks import Params
from loqa.objectives import Metrics
from loqa.rollout import Trajectory, rollout


class TrainState(NamedTuple):
    """Everything a run of one seed is: resuming needs nothing else."""

    params: Params
    target_params: Params  # slow copy: exponential moving average of `params`
    actor_opt_state: optax.OptState  # over all of `params`
    critic_opt_state: optax.OptState  # over the critic
    key: Array  # []
    step: Array  # [] int32, updates done


class Training(NamedTuple):
    """The pure functions of a training run of one seed."""

    init: Callable[[Array], TrainState]  # consumes the key
    update: Callable[[TrainState], tuple[TrainState, Metrics]]


def make_train(config: IpdConfig) -> Training:
    """Builds the training run of a configuration.

    Args:
      config: sizes, rates and options.

    Returns:
      `init`, which makes the state of a seed from its key, and `update`, which does one update and
      returns scalar metrics. Both are pure: jit, scan and vmap them.
    """
    game = ipd.MatrixGame(episode_length=config.episode_length)
    agent = objectives.make_agent(config)
    actor_optimizer = optax.adam(config.actor_learning_rate)
    critic_optimizer = optax.adam(config.critic_learning_rate)

    def init(key: Array) -> TrainState:
        params_key, run_key = jax.random.split(key)
        params = agent.init(params_key)
        return TrainState(
            params=params,
            target_params=params,
            actor_opt_state=actor_optimizer.init(params),
            critic_opt_state=critic_optimizer.init(params["critic"]),
            key=run_key,
            step=jnp.zeros((), jnp.int32),
        )

    def play(params: Params, key: Array) -> Trajectory:
        def one_episode(key: Array) -> Trajectory:
            return rollout(
                game,
                (agent, agent),
                (params, params),
                key,
                exploration=config.exploration,
            )

        return jax.vmap(one_episode)(jax.random.split(key, config.batch_size))

    def actor_step(state: TrainState, batch: Trajectory) -> tuple[Params, optax.OptState, Metrics]:
        # Without a stop-gradient on the advantage the loss also reaches the critic, as published:
        # the actor's optimiser therefore covers all parameters.
        def batch_loss(params: Params) -> tuple[Array, Metrics]:
            def one(trajectory: Trajectory) -> tuple[Array, Metrics]:
                return objectives.actor_loss(agent, params, state.params, trajectory, config)

            return jax.tree.map(jnp.mean, jax.vmap(one)(batch))

        gradient, parts = jax.grad(batch_loss, has_aux=True)(state.params)
        updates, opt_state = actor_optimizer.update(gradient, state.actor_opt_state)
        parts["actor_grad_norm"] = optax.tree.norm(gradient["actor"])
        return optax.apply_updates(state.params, updates), opt_state, parts

    def critic_step(
        params: Params, state: TrainState, batch: Trajectory
    ) -> tuple[Params, optax.OptState, Metrics]:
        def batch_loss(critic_params: Any) -> Array:
            def one(trajectory: Trajectory) -> Array:
                return objectives.critic_loss(
                    agent,
                    {**params, "critic": critic_params},
                    state.target_params,
                    trajectory,
                    config,
                )

            return jnp.mean(jax.vmap(one)(batch))

        loss, gradient = jax.value_and_grad(batch_loss)(params["critic"])
        updates, opt_state = critic_optimizer.update(gradient, state.critic_opt_state)
        critic_params = optax.apply_updates(params["critic"], updates)
        return {**params, "critic": critic_params}, opt_state, {"critic_loss": loss}

    def update(state: TrainState) -> tuple[TrainState, Metrics]:
        key, play_key = jax.random.split(state.key)
        batch = play(state.params, play_key)
        params, actor_opt_state, actor_metrics = actor_step(state, batch)
        params, critic_opt_state, critic_metrics = critic_step(params, state, batch)
        target_params = optax.incremental_update(
            params, state.target_params, step_size=1 - config.target_decay
        )
        metrics = {
            **actor_metrics,
            **critic_metrics,
            "reward_per_step": jnp.mean(batch.rewards[..., 0]),
        }
        return (
            TrainState(
                params, target_params, actor_opt_state, critic_opt_state, key, state.step + 1
            ),
            metrics,
        )

    return Training(init, update)
