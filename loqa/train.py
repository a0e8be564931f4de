"""Trains LOQA, or the naive learner, in the iterated game by self-play: one update of one seed.

An update is: play a batch of episodes against ourselves, actor loss with the shaping term, its
gradient, Adam; then on the same episodes the critic's loss, gradient, Adam; then the slow copy.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array

from common import ipd
from loqa import objectives
from loqa.configs import IpdConfig
from loqa.networks import Agent, Params
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


class Setup(NamedTuple):
    """What a configuration means: the constants of its updates."""

    config: IpdConfig
    game: ipd.MatrixGame
    agent: Agent
    actor_optimizer: optax.GradientTransformation
    critic_optimizer: optax.GradientTransformation


def make_train(config: IpdConfig) -> Training:
    """Builds the training run of a configuration.

    Args:
      config: sizes, rates and options.

    Returns:
      `init`, which makes the state of a seed from its key, and `update`, which does one update and
      returns scalar metrics. Both are pure: jit, scan and vmap them.
    """
    setup = make_setup(config)
    return Training(partial(init, setup), partial(update, setup))


def make_setup(config: IpdConfig) -> Setup:
    """Builds game, networks and optimisers of a configuration."""
    return Setup(
        config=config,
        game=ipd.MatrixGame(episode_length=config.episode_length),
        agent=objectives.make_agent(config),
        actor_optimizer=optax.adam(config.actor_learning_rate),
        critic_optimizer=optax.adam(config.critic_learning_rate),
    )


def init(setup: Setup, key: Array) -> TrainState:
    """Returns the state before the first update; consumes the key."""
    params_key, run_key = jax.random.split(key)
    params = setup.agent.init(params_key)
    return TrainState(
        params=params,
        target_params=params,
        actor_opt_state=setup.actor_optimizer.init(params),
        critic_opt_state=setup.critic_optimizer.init(params["critic"]),
        key=run_key,
        step=jnp.zeros((), jnp.int32),
    )


def update(setup: Setup, state: TrainState) -> tuple[TrainState, Metrics]:
    """Does one update: a batch of episodes, a step of the actor, a step of the critic."""
    key, play_key = jax.random.split(state.key)
    batch = play(setup, state.params, play_key)
    params, actor_opt_state, actor_metrics = actor_step(setup, state, batch)
    params, critic_opt_state, critic_metrics = critic_step(setup, state, params, batch)
    target_params = optax.incremental_update(
        params, state.target_params, step_size=1 - setup.config.target_decay
    )
    state = TrainState(
        params, target_params, actor_opt_state, critic_opt_state, key, state.step + 1
    )
    reward_per_step = jnp.mean(batch.rewards[..., 0])
    return state, {**actor_metrics, **critic_metrics, "reward_per_step": reward_per_step}


def play(setup: Setup, params: Params, key: Array) -> Trajectory:
    """Plays a batch of episodes of self-play, [B, ...]; consumes the key."""

    def one_episode(key: Array) -> Trajectory:
        agents, seats = (setup.agent, setup.agent), (params, params)
        return rollout(setup.game, agents, seats, key, exploration=setup.config.exploration)

    return jax.vmap(one_episode)(jax.random.split(key, setup.config.batch_size))


def actor_step(
    setup: Setup, state: TrainState, batch: Trajectory
) -> tuple[Params, optax.OptState, Metrics]:
    """Follows the gradient of the mean actor loss; the opponent is the agent, held constant.

    Without a stop-gradient on the advantage the loss also reaches the critic, as published: the
    actor's optimiser therefore covers all parameters.

    Returns:
      New parameters, the optimiser's state and metrics.
    """

    def batch_loss(params: Params) -> tuple[Array, Metrics]:
        def one(trajectory: Trajectory) -> tuple[Array, Metrics]:
            return objectives.actor_loss(
                setup.agent, params, state.params, trajectory, setup.config
            )

        return jax.tree.map(jnp.mean, jax.vmap(one)(batch))

    gradient, parts = jax.grad(batch_loss, has_aux=True)(state.params)
    updates, opt_state = setup.actor_optimizer.update(gradient, state.actor_opt_state)
    parts["actor_grad_norm"] = optax.tree.norm(gradient["actor"])
    return optax.apply_updates(state.params, updates), opt_state, parts


def critic_step(
    setup: Setup, state: TrainState, params: Params, batch: Trajectory
) -> tuple[Params, optax.OptState, Metrics]:
    """Follows the gradient of the mean critic loss on the same episodes.

    Args:
      setup: constants of the run.
      state: before the update, for the slow copy and the optimiser.
      params: after the actor's step.
      batch: episodes.

    Returns:
      New parameters, the optimiser's state and metrics.
    """

    def batch_loss(critic_params: Any) -> Array:
        learner = {**params, "critic": critic_params}

        def one(trajectory: Trajectory) -> Array:
            return objectives.critic_loss(
                setup.agent, learner, state.target_params, trajectory, setup.config
            )

        return jnp.mean(jax.vmap(one)(batch))

    loss, gradient = jax.value_and_grad(batch_loss)(params["critic"])
    updates, opt_state = setup.critic_optimizer.update(gradient, state.critic_opt_state)
    critic_params = optax.apply_updates(params["critic"], updates)
    return {**params, "critic": critic_params}, opt_state, {"critic_loss": loss}
