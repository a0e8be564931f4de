"""Trains Advantage Alignment by self-play in any of the games: one update of one seed.

An update is: play T steps in a batch of games, advantages of every player, their alignment; then a
step of the actor on the (clipped) policy gradient with the aligned advantage and a step of the
critic, once or several times; then the slow copy. Shapes: B games, T steps, P players, L of them
learners, K past selves that are met in a batch.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array

from advantage_alignment import agents, losses, objectives, replay_buffer
from advantage_alignment.agents import Agent
from advantage_alignment.config import TrainingConfig
from advantage_alignment.games import by_name
from advantage_alignment.networks import Params
from advantage_alignment.objectives import AlignedEpisodes, Metrics
from advantage_alignment.rollout import Game, Team, Trajectory, rollout


class TrainState(NamedTuple):
    """Everything a run of one seed is: resuming needs nothing else."""

    params: Params
    target_params: Params  # slow copy: exponential moving average of `params`
    actor_opt_state: optax.OptState
    critic_opt_state: optax.OptState
    key: Array  # []
    step: Array  # [] int32, updates done
    past_selves: Params | None = None  # [N, ...], if some seats are theirs
    games: Any = None  # [B, ...] states of the games, if they outlast an update
    earlier_games: Trajectory | None = None  # [N, m, ...], if some of a batch are replayed


class Training(NamedTuple):
    """The pure functions of a training run of one seed."""

    init: Callable[[Array], TrainState]  # consumes the key
    update: Callable[[TrainState], tuple[TrainState, Metrics]]


class Setup(NamedTuple):
    """What a configuration means: the constants of its updates."""

    config: TrainingConfig
    game: Game
    agent: Agent
    actor_optimizer: optax.GradientTransformation
    critic_optimizer: optax.GradientTransformation


def make_train(config: TrainingConfig) -> Training:
    """Builds the training run of a configuration.

    Args:
      config: sizes, rates and options.

    Returns:
      `init`, which makes the state of a seed from its key, and `update`, which does one update and
      returns scalar metrics. Both are pure: jit, scan and vmap them.
    """
    setup = make_setup(config)
    return Training(partial(init, setup), partial(update, setup))


def make_setup(config: TrainingConfig) -> Setup:
    """Builds game, networks and optimisers of a configuration.

    Both optimisers cover all parameters. A gradient that is zero for ever leaves Adam still, so
    that each moves its own head and whatever encoder they share.
    """

    def adam(learning_rate: float, weight_decay: float) -> optax.GradientTransformation:
        decay = optax.masked(
            optax.add_decayed_weights(weight_decay),
            lambda params: {name: name != "critic" for name in params},
        )
        clip = optax.clip_by_global_norm(config.max_grad_norm)
        steps = [clip, decay] if weight_decay else [clip]
        return optax.chain(*steps, optax.adam(learning_rate))

    return Setup(
        config,
        by_name.make_game(config),
        by_name.make_agent(config),
        adam(config.actor_learning_rate, config.weight_decay),
        adam(config.critic_learning_rate, 0.0),
    )


def init(setup: Setup, key: Array) -> TrainState:
    """Returns the state before the first update; consumes the key."""
    config = setup.config
    params_key, run_key, game_key = jax.random.split(key, 3)
    params = setup.agent.init(params_key)
    outlasts = config.num_windows > 1
    return TrainState(
        params=params,
        target_params=params,
        actor_opt_state=setup.actor_optimizer.init(params),
        critic_opt_state=setup.critic_optimizer.init(params),
        key=run_key,
        step=jnp.zeros((), jnp.int32),
        past_selves=replay_buffer.empty(params, config.buffer_size)
        if config.has_past_selves
        else None,
        games=_new_games(setup, game_key) if outlasts else None,
        earlier_games=_no_earlier_games(setup, params) if config.num_replayed else None,
    )


def update(setup: Setup, state: TrainState) -> tuple[TrainState, Metrics]:
    """Does one update: plays a batch, aligns the advantages, learns from them."""
    state = remember(setup, state)
    key, play_key, draw_key, reset_key = jax.random.split(state.key, 4)
    replay_key = jax.random.fold_in(draw_key, 1)  # unused otherwise where games are replayed
    others = draw_past_selves(setup, state, draw_key)
    games = due_games(setup, state, reset_key)
    games, batch = play(setup, state.params, others, games, play_key)
    state, batch = replay(setup, state, batch, replay_key)
    episodes, metrics = objectives.align_batch(
        setup.agent, state.params, state.target_params, others, batch, setup.config
    )
    state, learned = learn(setup, state, episodes)
    state = state._replace(
        target_params=optax.incremental_update(
            state.params, state.target_params, step_size=1 - setup.config.target_decay
        ),
        key=key,
        step=state.step + 1,
        games=None if state.games is None else games,
    )
    return state, {**metrics, **learned}


def remember(setup: Setup, state: TrainState) -> TrainState:
    """Pushes the agent among its past selves, if some seats are theirs and it is its turn."""
    if state.past_selves is None:
        return state
    every = setup.config.push_every_updates
    past = replay_buffer.push(state.past_selves, state.params, state.step, every_updates=every)
    return state._replace(past_selves=past)


def draw_past_selves(setup: Setup, state: TrainState, key: Array) -> Params | None:
    """Draws K past selves [K, ...], if some seats are theirs; consumes the key."""
    if state.past_selves is None:
        return None
    config = setup.config
    return replay_buffer.draw(
        state.past_selves,
        state.step,
        key,
        every_updates=config.push_every_updates,
        number=config.num_opponents,
    )


def replay(
    setup: Setup, state: TrainState, batch: Trajectory, key: Array
) -> tuple[TrainState, Trajectory]:
    """Stores some games of a batch [B, ...] and puts earlier ones in place of the first.

    They are learned from like the others: today's critic evaluates what was played then, and the
    policy follows it without correction, as released. Consumes the key.
    """
    if state.earlier_games is None:
        return state, batch
    config = setup.config
    stored = jax.tree.map(lambda leaf: leaf[-config.num_stored :], batch)
    earlier = replay_buffer.push(state.earlier_games, stored, state.step, every_updates=1)
    drawn = replay_buffer.draw_games(earlier, state.step, key, number=config.num_replayed)
    batch = jax.tree.map(lambda leaf, old: leaf.at[: len(old)].set(old), batch, drawn)
    return state._replace(earlier_games=earlier), batch


def _no_earlier_games(setup: Setup, params: Params) -> Trajectory:
    """A buffer of N batches with m games of each, nothing in it yet."""

    def played(key: Array) -> Trajectory:
        games_key, play_key = jax.random.split(key)
        return play(setup, params, None, _new_games(setup, games_key), play_key)[1]

    sizes = (setup.config.num_stored_batches, setup.config.num_stored)
    shapes = jax.eval_shape(played, jax.random.key(0))
    return jax.tree.map(lambda leaf: jnp.zeros((*sizes, *leaf.shape[1:]), leaf.dtype), shapes)


def due_games(setup: Setup, state: TrainState, key: Array) -> Any:
    """States [B, ...] from which an update plays: new games where it is their turn.

    The turns of games that outlast an update are spread evenly. Consumes the key.
    """
    fresh = _new_games(setup, key)
    if state.games is None:
        return fresh
    num_windows, batch_size = setup.config.num_windows, setup.config.batch_size
    offsets = jnp.arange(batch_size) * num_windows // batch_size
    is_due = (state.step + offsets) % num_windows == 0  # [B]

    def chosen(new: Array, old: Array) -> Array:
        return jnp.where(is_due.reshape(-1, *[1] * (new.ndim - 1)), new, old)

    return jax.tree.map(chosen, fresh, state.games)


def _new_games(setup: Setup, key: Array) -> Any:
    return jax.vmap(setup.game.reset)(jax.random.split(key, setup.config.batch_size))


def play(
    setup: Setup, params: Params, others: Params | None, games: Any, key: Array
) -> tuple[Any, Trajectory]:
    """Plays T steps of every game, [B, ...]: learners first, past selves in the other seats.

    Each of K past selves is met in B / K games that follow each other: products with its parameters
    are then of matrices instead of vectors. Consumes the key.
    """
    config, player = setup.config, agents.sampling_player(setup.agent)

    def one(others: Params | None, game: Any, key: Array) -> tuple[Any, Trajectory]:
        teams = [Team(player, params, config.num_learners)]
        if others is not None:
            teams.append(Team(player, others, config.num_players - config.num_learners))
        game, trajectory, _ = rollout(setup.game, teams, game, key, config.num_steps)
        return game, trajectory

    keys = jax.random.split(key, config.batch_size)
    played: tuple[Any, Trajectory] = objectives.over_batch(one, others, games, keys)
    return played


def learn(setup: Setup, state: TrainState, episodes: AlignedEpisodes) -> tuple[TrainState, Metrics]:
    """Takes the steps of actor and critic on a batch, once or several times."""

    def one_pass(state: TrainState, _: None) -> tuple[TrainState, Metrics]:
        state, actor = actor_step(setup, state, episodes)
        state, critic = critic_step(setup, state, episodes)
        return state, {**actor, **critic}

    state, metrics = jax.lax.scan(one_pass, state, length=setup.config.num_passes)
    return state, jax.tree.map(lambda values: values[0], metrics)


def actor_step(
    setup: Setup, state: TrainState, episodes: AlignedEpisodes
) -> tuple[TrainState, Metrics]:
    """Follows the gradient of the mean aligned loss of all learners' episodes [N, ...]."""

    def batch_loss(params: Params) -> tuple[Array, Metrics]:
        def of_episode(episode: AlignedEpisodes) -> tuple[Array, Metrics]:
            return objectives.actor_loss(setup.agent, params, episode, setup.config)

        return jax.tree.map(jnp.mean, jax.vmap(of_episode)(episodes))

    gradient, metrics = jax.grad(batch_loss, has_aux=True)(state.params)
    updates, opt_state = setup.actor_optimizer.update(gradient, state.actor_opt_state, state.params)
    metrics["actor_grad_norm"] = optax.tree.norm(gradient)
    params = optax.apply_updates(state.params, updates)
    return state._replace(params=params, actor_opt_state=opt_state), metrics


def critic_step(
    setup: Setup, state: TrainState, episodes: AlignedEpisodes
) -> tuple[TrainState, Metrics]:
    """Follows the gradient of the mean critic loss of the same episodes."""

    def batch_loss(params: Params) -> Array:
        def of_episode(episode: AlignedEpisodes) -> Array:
            evaluation = setup.agent.evaluate(params, episode.observations, episode.actions)
            return losses.critic_loss(evaluation.predictions, episode.targets)

        return jnp.mean(jax.vmap(of_episode)(episodes))

    loss, gradient = jax.value_and_grad(batch_loss)(state.params)
    updates, opt_state = setup.critic_optimizer.update(
        gradient, state.critic_opt_state, state.params
    )
    params = optax.apply_updates(state.params, updates)
    return state._replace(params=params, critic_opt_state=opt_state), {"critic_loss": loss}
