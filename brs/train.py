"""One iteration of BRS, Algorithm 1: detective, agent against it, agent with itself."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array

from brs import agent_buffer, episodes, networks, objectives, question_answering
from brs.config import BrsConfig
from brs.episodes import Players, Trajectory
from brs.exact import coin_table
from brs.games import Rules, coin_game_rules, prisoners_dilemma
from brs.question_answering import Questions
from brs.train_state import Metrics, Params, Training, TrainState
from common.coin_game import CoinGame


class Optimizers(NamedTuple):
    """One for each step of an iteration: shared moments would mix their step sizes."""

    detective: optax.GradientTransformation
    agent: optax.GradientTransformation
    self_play: optax.GradientTransformation


class OptimizerStates(NamedTuple):
    """Adam's moments for each of the three steps."""

    detective: optax.OptState
    agent: optax.OptState
    self_play: optax.OptState


def make_train(config: BrsConfig, evaluate: Any) -> Training:
    """Builds the training of one seed.

    Args:
      config: settings.
      evaluate: configuration, players, state, key -> metrics. Consumes the key.
    """
    players = make_players(config)
    return Training(
        init=partial(init, config, players),
        update=partial(update, config, players),
        evaluate=partial(evaluate, config, players),
        learner=lambda state: state.params["agent"],
    )


def make_rules(config: BrsConfig) -> Rules:
    """The game of a configuration."""
    if config.game == "ipd":
        return prisoners_dilemma(config.episode_length)
    return coin_game_rules(make_coin_game(config))


def make_coin_game(config: BrsConfig) -> CoinGame:
    """The Coin Game of a configuration."""
    return CoinGame(config.grid_size, config.grid_size, episode_length=config.episode_length)


def make_players(config: BrsConfig) -> Players:
    """Agent and detective of a configuration: memory-one in the prisoner's dilemma."""
    rules = make_rules(config)
    questions = Questions(
        config.questions, config.num_roll_outs, config.roll_out_steps, config.discount
    )
    sizes = (
        question_answering.num_answers(rules, questions),
        rules.num_actions,
        config.detective_hidden_size,
    )
    if config.game == "ipd":
        agent = networks.table_agent(config.hidden_size)
        return Players(rules, agent, networks.memory_one_detective(*sizes), questions)
    agent = (
        coin_table.agent(make_coin_game(config), config.hidden_size)
        if config.agent == "table"
        else networks.gru_agent(rules.observation_size, rules.num_actions, config.hidden_size)
    )
    detective = networks.gru_detective(rules.observation_size, *sizes)
    return Players(rules, agent, detective, questions)


def make_optimizers(config: BrsConfig) -> Optimizers:
    """Adam with clipped gradients, three times; critics have a learning rate of their own."""

    def adam(learning_rate: float, max_grad_norm: float) -> optax.GradientTransformation:
        def scale(changes: Params, params: Params) -> Params:
            del params

            def rate(name: str) -> float:
                return learning_rate if name == "actor" else config.critic_learning_rate

            return {
                name: jax.tree.map(lambda change, name=name: -rate(name) * change, part)
                for name, part in changes.items()
            }

        return optax.chain(
            optax.clip_by_global_norm(max_grad_norm), optax.scale_by_adam(), optax.stateless(scale)
        )

    return Optimizers(
        adam(config.detective_learning_rate, config.detective_max_grad_norm),
        adam(config.learning_rate, config.max_grad_norm),
        adam(config.self_play_learning_rate, config.max_grad_norm),
    )


def init(config: BrsConfig, players: Players, key: Array) -> TrainState:
    """Returns the state before the first iteration; consumes the key."""
    agent_key, detective_key, run_key = jax.random.split(key, 3)
    agent, detective = players.agent.init(agent_key), players.detective.init(detective_key)
    optimizers = make_optimizers(config)
    return TrainState(
        params={"agent": agent, "detective": detective},
        optimizer_states=OptimizerStates(
            optimizers.detective.init(detective),
            optimizers.agent.init(agent),
            optimizers.self_play.init(agent),
        ),
        buffer=agent_buffer.empty(agent["actor"], config.buffer_size)
        if config.agent_buffer
        else (),
        key=run_key,
        step=jnp.zeros((), jnp.int32),
    )


def update(config: BrsConfig, players: Players, state: TrainState) -> tuple[TrainState, Metrics]:
    """One iteration of one seed."""
    key, detective_key, agent_key, self_play_key = jax.random.split(state.key, 4)
    if config.agent_buffer:
        buffer = agent_buffer.push(
            state.buffer,
            state.params["agent"]["actor"],
            state.step,
            every_updates=config.push_every_updates,
        )
        state = state._replace(buffer=buffer)

    def detective_step(state: TrainState, key: Array) -> tuple[TrainState, Metrics]:
        return update_detective(config, players, state, key)

    state, detective_metrics = jax.lax.scan(
        detective_step, state, jax.random.split(detective_key, config.detective_updates)
    )
    state, against = update_agent(config, players, state, agent_key)
    metrics = {**jax.tree.map(lambda values: values[-1], detective_metrics), **against}
    if config.self_play:
        state, itself = update_from_itself(config, players, state, self_play_key)
        metrics = {**metrics, **itself}
    return state._replace(key=key, step=state.step + 1), metrics


def update_detective(
    config: BrsConfig, players: Players, state: TrainState, key: Array
) -> tuple[TrainState, Metrics]:
    """Step 2: shows the detective agents, past ones with noise, or (NORB) the present one."""
    draw_key, play_key = jax.random.split(key)
    agent, detective = state.params["agent"], state.params["detective"]
    if config.agent_buffer:
        actors = agent_buffer.draw(
            state.buffer,
            state.step,
            draw_key,
            every_updates=config.push_every_updates,
            number=config.num_drawn_agents,
            noise=config.noise,
        )
    else:
        actors = jax.tree.map(lambda leaf: leaf[None], agent["actor"])
    num_actors = jax.tree.leaves(actors)[0].shape[0]
    keys = jax.random.split(play_key, (num_actors, config.batch_size // num_actors))
    play = partial(episodes.play_with_detective, players)
    over_episodes = jax.vmap(play, in_axes=(None, None, 0))
    played = jax.vmap(over_episodes, in_axes=(0, None, 0))(actors, detective["actor"], keys)
    batch = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), played)

    loss = partial(objectives.detective_loss, config, players)
    detective, optimizer_state, error = _descend(
        make_optimizers(config).detective, loss, detective, state.optimizer_states.detective, batch
    )
    state = state._replace(
        params={**state.params, "detective": detective},
        optimizer_states=state.optimizer_states._replace(detective=optimizer_state),
    )
    return state, {
        "detective_return": jnp.mean(batch.rewards[..., 1]),
        "detective_log_prob_error": error,
    }


def update_agent(
    config: BrsConfig, players: Players, state: TrainState, key: Array
) -> tuple[TrainState, Metrics]:
    """Step 3: the present agent against the detective, and through it."""
    agent, detective = state.params["agent"], state.params["detective"]
    keys = jax.random.split(key, config.batch_size)
    play = partial(episodes.play_with_detective, players, agent["actor"], detective["actor"])
    batch = jax.vmap(play)(keys)

    def loss(agent: Params, trajectory: Trajectory) -> tuple[Array, Array]:
        return objectives.agent_loss(config, players, agent, detective, trajectory)

    agent, optimizer_state, error = _descend(
        make_optimizers(config).agent, loss, agent, state.optimizer_states.agent, batch
    )
    state = state._replace(
        params={**state.params, "agent": agent},
        optimizer_states=state.optimizer_states._replace(agent=optimizer_state),
    )
    rewards = jnp.mean(batch.rewards, axis=(0, 1))
    return state, {"return_vs_detective": rewards[0], "log_prob_error": error}


def update_from_itself(
    config: BrsConfig, players: Players, state: TrainState, key: Array
) -> tuple[TrainState, Metrics]:
    """Step 4: the agent with itself."""
    agent = state.params["agent"]
    keys = jax.random.split(key, config.batch_size)
    batch = jax.vmap(partial(episodes.play_with_itself, players, agent["actor"]))(keys)
    loss = partial(objectives.self_play_loss, config, players)
    agent, optimizer_state, error = _descend(
        make_optimizers(config).self_play, loss, agent, state.optimizer_states.self_play, batch
    )
    state = state._replace(
        params={**state.params, "agent": agent},
        optimizer_states=state.optimizer_states._replace(self_play=optimizer_state),
    )
    return state, {
        "return_with_itself": jnp.mean(batch.rewards),
        "self_play_log_prob_error": error,
    }


def _descend(
    optimizer: optax.GradientTransformation,
    loss: Any,
    params: Params,
    optimizer_state: optax.OptState,
    batch: Trajectory,
) -> tuple[Params, optax.OptState, Array]:
    """A step on the mean loss of a batch; also returns the largest error of a log-probability."""

    def mean_loss(params: Params) -> tuple[Array, Array]:
        values, errors = jax.vmap(lambda trajectory: loss(params, trajectory))(batch)
        return jnp.mean(values), jnp.max(errors)

    gradient, error = jax.grad(mean_loss, has_aux=True)(params)
    changes, optimizer_state = optimizer.update(gradient, optimizer_state, params)
    return optax.apply_updates(params, changes), optimizer_state, error
