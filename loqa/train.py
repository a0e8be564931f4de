"""Trains LOQA, or the naive learner, by self-play in either game: one update of one seed.

An update is: play a batch of episodes against ourselves, as we are or as we were, actor loss with
the shaping term, its gradient, Adam; then on the same episodes the critic's loss, gradient, Adam;
then the slow copy. Shapes: B episodes, P players, K past selves that are met in a batch.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array, lax

from common import ipd
from loqa import agents, coin_game_rollout, objectives, replay_buffer
from loqa.config import CoinGameConfig, IpdConfig, LoqaConfig
from loqa.networks import Agent, Params
from loqa.objectives import Metrics
from loqa.rollout import Trajectory, rollout

Opponents = tuple[Params, ...]  # a set of parameters for each seat but ours, or K sets [K, ...]
Seated = Opponents | tuple[Array, ...]  # or K slots of the replay buffer, [K] each


class TrainState(NamedTuple):
    """Everything a run of one seed is: resuming needs nothing else.

    Without parameter sharing every leaf has a leading axis of the two agents.
    """

    params: Params
    target_params: Params  # slow copy: exponential moving average of `params`
    actor_opt_state: optax.OptState  # over all of `params`
    critic_opt_state: optax.OptState  # over the critic
    key: Array  # []
    step: Array  # [] int32, updates done
    past_selves: Params | None = None  # [N, ...], the agent replay buffer, if there is one


class Training(NamedTuple):
    """The pure functions of a training run of one seed."""

    init: Callable[[Array], TrainState]  # consumes the key
    update: Callable[[TrainState], tuple[TrainState, Metrics]]
    learner: Callable[[TrainState], Params]  # the agent that is evaluated


class Buffer(NamedTuple):
    """Sizes of the agent replay buffer."""

    size: int  # N, past selves that it holds at most
    every_updates: int  # between two pushes
    num_opponents: int  # K, past selves that are met in a batch
    num_at_a_time: int  # of these, that are worked on together


class Setup(NamedTuple):
    """What a configuration means: the constants of its updates."""

    config: LoqaConfig
    num_others: int  # seats but ours
    buffer: Buffer | None  # None: we meet ourselves as we are
    agent: Agent
    play: Callable[[Params, Opponents, Array], Trajectory]  # one episode; consumes the key
    actor_optimizer: optax.GradientTransformation
    critic_optimizer: optax.GradientTransformation


def make_ipd_train(config: IpdConfig) -> Training:
    """Builds the training run of a configuration in the iterated prisoner's dilemma.

    Args:
      config: sizes, rates and options.

    Returns:
      `init`, which makes the state of a seed from its key, `update`, which does one update and
      returns scalar metrics, and `learner`. All are pure: jit, scan and vmap them.
    """
    return _training(make_ipd_setup(config))


def make_coin_game_train(config: CoinGameConfig) -> Training:
    """Builds the training run of a configuration in the Coin Game; see `make_ipd_train`."""
    setup = make_coin_game_setup(config)
    if config.self_play:
        return _training(setup)
    return Training(
        lambda key: jax.vmap(partial(init, setup))(jax.random.split(key)),
        partial(update_two, setup),
        lambda state: jax.tree.map(lambda leaf: leaf[0], state.params),
    )


def _training(setup: Setup) -> Training:
    return Training(partial(init, setup), partial(update, setup), lambda state: state.params)


def make_ipd_setup(config: IpdConfig) -> Setup:
    """Builds game, networks and optimisers: we meet ourselves as we are."""
    agent = agents.ipd_agent(config)
    return Setup(
        config=config,
        num_others=1,
        buffer=None,
        agent=agent,
        play=_ipd_play(config, agent),
        actor_optimizer=optax.adam(config.actor_learning_rate),
        critic_optimizer=optax.adam(config.critic_learning_rate),
    )


def make_coin_game_setup(config: CoinGameConfig) -> Setup:
    """Builds game, networks, optimisers and replay buffer."""
    agent = agents.coin_game_agent(config)
    buffer = Buffer(
        size=config.buffer_size,
        every_updates=config.push_every_updates,
        num_opponents=config.num_opponents,
        num_at_a_time=replay_buffer.num_at_a_time(
            jax.eval_shape(agent.init, jax.random.key(0)), config.num_opponents
        ),
    )
    return Setup(
        config=config,
        num_others=config.num_players - 1,
        buffer=buffer if config.opponents == "past_selves" else None,
        agent=agent,
        play=_coin_game_play(config, agent),
        actor_optimizer=optax.chain(
            optax.clip_by_global_norm(config.max_grad_norm),
            optax.adam(config.actor_learning_rate),
        ),
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
        past_selves=replay_buffer.empty(params, setup.buffer.size) if setup.buffer else None,
    )


def update(setup: Setup, state: TrainState) -> tuple[TrainState, Metrics]:
    """Does one update: a batch of episodes, a step of the actor, a step of the critic."""
    state = remember(setup, state)
    return learn(setup, state, state.past_selves)


def update_two(setup: Setup, states: TrainState) -> tuple[TrainState, Metrics]:
    """Does one update of two agents, each against the other's past; metrics of the first."""
    states = jax.vmap(partial(remember, setup))(states)
    others = jax.tree.map(lambda leaf: jnp.flip(leaf, 0), states.past_selves)
    states, metrics = jax.vmap(partial(learn, setup))(states, others)
    return states, jax.tree.map(lambda metric: metric[0], metrics)


def remember(setup: Setup, state: TrainState) -> TrainState:
    """Pushes the agent into the replay buffer, if there is one and it is its turn."""
    if setup.buffer is None:
        return state
    every = setup.buffer.every_updates
    past_selves = replay_buffer.push(
        state.past_selves, state.params, state.step, every_updates=every
    )
    return state._replace(past_selves=past_selves)


def learn(setup: Setup, state: TrainState, past: Params | None) -> tuple[TrainState, Metrics]:
    """Plays a batch and learns from it.

    Args:
      setup: constants of the run.
      state: before the update.
      past: replay buffer from which the opponents are drawn; without, we play ourselves.
    """
    key, play_key = jax.random.split(state.key)
    opponents: Seated = (state.params,) * setup.num_others
    if setup.buffer:
        play_key, draw_key = jax.random.split(play_key)
        opponents = draw_opponents(setup, state.step, draw_key)
    batch = play(setup, state.params, opponents, play_key, past)
    params, actor_opt_state, actor_metrics = actor_step(setup, state, opponents, batch)
    params, critic_opt_state, critic_metrics = critic_step(setup, state, params, batch)
    target_params = optax.incremental_update(
        params, state.target_params, step_size=1 - setup.config.target_decay
    )
    state = state._replace(
        params=params,
        target_params=target_params,
        actor_opt_state=actor_opt_state,
        critic_opt_state=critic_opt_state,
        key=key,
        step=state.step + 1,
    )
    reward_per_step = jnp.mean(batch.rewards[..., 0])
    return state, {**actor_metrics, **critic_metrics, "reward_per_step": reward_per_step}


def draw_opponents(setup: Setup, step: Array, key: Array) -> tuple[Array, ...]:
    """Draws K slots of the replay buffer for every seat but ours, [K] each; consumes the key."""
    assert setup.buffer, "only a run with a replay buffer draws opponents"
    size, every_updates, number, _ = setup.buffer
    return tuple(
        replay_buffer.draw(size, step, key, every_updates=every_updates, number=number)
        for key in jax.random.split(key, setup.num_others)
    )


def play(
    setup: Setup, params: Params, opponents: Seated, key: Array, past: Params | None = None
) -> Trajectory:
    """Plays a batch of episodes, [B, ...].

    Args:
      setup: constants of the run.
      params: of the agent.
      opponents: who sits in each seat but ours; with `past`, slots of it.
      key: consumed.
      past: replay buffer, read where a past self is needed: a copy of all would not fit the cache.
    """

    def one(opponents: Any, key: Array) -> Trajectory:
        if past is not None:
            opponents = tuple(replay_buffer.take(past, slot) for slot in opponents)
        return setup.play(params, opponents, key)

    return over_batch(setup, one, opponents, jax.random.split(key, setup.config.batch_size))


def over_batch(
    setup: Setup, function: Callable[[Any, Any], Any], opponents: Any, batch: Any
) -> Any:
    """Lifts a function of one episode, and of who was met in it, over a batch [B, ...].

    Each of K past selves is met in B / K episodes that follow each other: products with its
    parameters are then of matrices instead of vectors. A CPU goes through the past selves a few at
    a time, so that their parameters stay in its cache from the first step to the last.
    """
    if setup.buffer is None:
        return jax.vmap(function, (None, 0))(opponents, batch)
    num_opponents, num_at_a_time = setup.buffer.num_opponents, setup.buffer.num_at_a_time
    grouped = jax.tree.map(lambda leaf: leaf.reshape(num_opponents, -1, *leaf.shape[1:]), batch)
    lifted = jax.vmap(function, (None, 0))
    if num_at_a_time == num_opponents:
        results = jax.vmap(lifted)(opponents, grouped)
    else:
        results = lax.map(lambda met: lifted(*met), (opponents, grouped), batch_size=num_at_a_time)
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), results)


def actor_step(
    setup: Setup, state: TrainState, opponents: Seated, batch: Trajectory
) -> tuple[Params, optax.OptState, Metrics]:
    """Follows the gradient of the mean actor loss; the opponents are held constant.

    Without a stop-gradient on the advantage the loss also reaches the critic, as published: the
    actor's optimiser therefore covers all parameters.

    Returns:
      New parameters, the optimiser's state and metrics.
    """

    def batch_loss(params: Params) -> tuple[Array, Metrics]:
        def one(opponents: Any, trajectory: Trajectory) -> tuple[Array, Metrics]:
            return objectives.actor_loss(setup.agent, params, opponents, trajectory, setup.config)

        if batch.opponents is None:
            return jax.tree.map(jnp.mean, over_batch(setup, one, opponents, batch))
        return jax.tree.map(jnp.mean, jax.vmap(partial(one, opponents))(batch))

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


def _ipd_play(config: IpdConfig, agent: Agent) -> Callable[[Params, Opponents, Array], Trajectory]:
    game = ipd.MatrixGame(episode_length=config.episode_length)

    def play_one(params: Params, opponents: Opponents, key: Array) -> Trajectory:
        seats = (params, opponents[0])
        return rollout(game, (agent, agent), seats, key, exploration=config.exploration)

    return play_one


def _coin_game_play(
    config: CoinGameConfig, agent: Agent
) -> Callable[[Params, Opponents, Array], Trajectory]:
    game = coin_game_rollout.make_game(config)
    players = (coin_game_rollout.learned(game, agent),) * config.num_players

    def play_one(params: Params, opponents: Opponents, key: Array) -> Trajectory:
        episode = coin_game_rollout.play(game, players, (params, *opponents), key)
        seen = coin_game_rollout.trajectory(game, episode)
        return seen._replace(opponents=objectives.evaluate_opponents(agent, opponents, seen))

    return play_one
