"""BRS in the prisoner's dilemma with a learned detective and exact expectations.

The detective is the network of the sampled method, told the expected answers in closed form; its
gradient and the agent's are exact. Between the exact detective and the sampled method, this shows
what the answers are good for, without noise. One update:

    detective   ascends  mean of V^2(p', q(x, Phi(p'))) over p' of the buffer, with noise
    agent       ascends  V^1(p, q(x, Phi(p)))    through the answers
    agent       ascends  V^1(p, p)               self-play

Shapes: G agents shown to the detective, S = 5 states.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array, lax

from brs import agent_buffer, networks
from brs.config import AmortisedConfig
from brs.episodes import Players
from brs.exact import ipd_best_response, learned_detective
from brs.exact.memory_one import describe
from brs.games import prisoners_dilemma
from brs.question_answering import Questions
from brs.train_state import Metrics, Params, Training, TrainState

_NUM_ANSWERS = 3  # two actions and their mean


def make_train(config: AmortisedConfig) -> Training:
    """Builds the training of one seed."""
    players = make_players(config)
    return Training(
        init=partial(init, config, players),
        update=partial(update, config, players),
        evaluate=partial(evaluate, config, players),
        learner=lambda state: state.params["agent"],
    )


def make_players(config: AmortisedConfig) -> Players:
    """Agent and detective; the questions are never asked, only their expected answers used."""
    return Players(
        rules=prisoners_dilemma(num_steps=1),
        agent=networks.table_agent(1),
        detective=networks.memory_one_detective(_NUM_ANSWERS, 2, config.hidden_size),
        questions=Questions("returns", 1, config.roll_out_steps, config.discount),
    )


def optimizers(config: AmortisedConfig) -> tuple[optax.GradientTransformation, ...]:
    """Of detective, agent and self-play."""
    return (
        optax.adam(config.detective_learning_rate),
        optax.adam(config.learning_rate),
        optax.adam(config.self_play_learning_rate),
    )


def init(config: AmortisedConfig, players: Players, key: Array) -> TrainState:
    """Returns the state before the first update; consumes the key."""
    agent_key, detective_key, run_key = jax.random.split(key, 3)
    logits = jax.random.normal(agent_key, (5,))
    detective = players.detective.init(detective_key)["actor"]
    of_detective, of_agent, of_itself = optimizers(config)
    return TrainState(
        params={"agent": logits, "detective": detective},
        optimizer_states=(
            of_detective.init(detective),
            of_agent.init(logits),
            of_itself.init(logits),
        ),
        buffer=agent_buffer.empty(logits, config.num_updates) if config.agent_buffer else (),
        key=run_key,
        step=jnp.zeros((), jnp.int32),
    )


def values(config: AmortisedConfig, players: Players, detective: Any, logits: Array) -> Any:
    """Exact values of an agent and the detective that is told about it."""
    policy = jax.nn.sigmoid(logits)
    responder = learned_detective.detective_policy(players, detective, policy)
    return ipd_best_response.play(policy, responder, config.discount)


def update(
    config: AmortisedConfig, players: Players, state: TrainState
) -> tuple[TrainState, Metrics]:
    """One update of one seed."""
    key, detective_key = jax.random.split(state.key)
    logits, detective = state.params["agent"], state.params["detective"]
    of_detective, of_agent, of_itself = optimizers(config)
    detective_state, agent_state, itself_state = state.optimizer_states
    buffer = state.buffer
    if config.agent_buffer:
        buffer = agent_buffer.push(buffer, logits, state.step, every_updates=1)

    def detective_loss(detective: Params, shown: Array) -> Array:
        each = jax.vmap(lambda agent: values(config, players, detective, agent).responder)
        return -jnp.mean(each(shown))

    def detective_step(carry: tuple[Any, Any], key: Array) -> tuple[tuple[Any, Any], Array]:
        detective, optimizer_state = carry
        shown = _shown_agents(config, state._replace(buffer=buffer), key)
        loss, gradient = jax.value_and_grad(detective_loss)(detective, shown)
        changes, optimizer_state = of_detective.update(gradient, optimizer_state)
        return (optax.apply_updates(detective, changes), optimizer_state), loss

    (detective, detective_state), losses = lax.scan(
        detective_step,
        (detective, detective_state),
        jax.random.split(detective_key, config.detective_updates),
    )

    def agent_loss(logits: Array) -> Array:
        return -values(config, players, detective, logits).agent

    changes, agent_state = of_agent.update(jax.grad(agent_loss)(logits), agent_state)
    logits = optax.apply_updates(logits, changes)
    if config.self_play:
        gradient = jax.grad(lambda x: -_self_play_value(config, x))(logits)
        changes, itself_state = of_itself.update(gradient, itself_state)
        logits = optax.apply_updates(logits, changes)
    state = TrainState(
        params={"agent": logits, "detective": detective},
        optimizer_states=(detective_state, agent_state, itself_state),
        buffer=buffer,
        key=key,
        step=state.step + 1,
    )
    return state, {"detective_value": -losses[-1]}


def evaluate(config: AmortisedConfig, players: Players, state: TrainState, key: Array) -> Metrics:
    """Exact values, and the detective's regret and fidelity; nothing is sampled."""
    del key
    policy = jax.nn.sigmoid(state.params["agent"])
    described = describe(policy, config.discount)
    detective = state.params["detective"]
    return {**described, **learned_detective.measure(players, detective, policy, config.discount)}


def _shown_agents(config: AmortisedConfig, state: TrainState, key: Array) -> Array:
    """Logits of the agents of a step of the detective. Shape [G, S]; consumes the key."""
    if not config.agent_buffer:
        return state.params["agent"][None]
    shown: Array = agent_buffer.draw(
        state.buffer,
        state.step,
        key,
        every_updates=1,
        number=config.num_drawn_agents,
        noise=config.noise,
    )
    return shown


def _self_play_value(config: AmortisedConfig, logits: Array) -> Array:
    policy = jax.nn.sigmoid(logits)
    return ipd_best_response.play(policy, policy, config.discount).agent
