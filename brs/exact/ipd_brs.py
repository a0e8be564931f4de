"""BRS in the iterated prisoner's dilemma with exact gradients: nothing is sampled.

The agent is a table of five logits, the detective its exact soft best response q(p). One update:

    theta += Adam( d/dtheta V^1(p, q(p)) )     against the detective, Eq. (3)
    theta += Adam( d/dtheta V^1(p, p) )        against itself, through both seats, Eq. (6)

with an optimiser each. Without the through-term, q is held constant in the first. In the weighted
form a single optimiser follows (1 - w) V^1(p, q(p)) + w V^1(p, p).
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import optax
from jax import Array, lax

from brs.config import ExactConfig
from brs.exact import ipd_best_response as responses
from brs.exact.ipd_best_response import Detective
from brs.exact.memory_one import describe
from brs.train_state import Metrics, Training, TrainState


def make_train(config: ExactConfig) -> Training:
    """Builds the training of one seed."""
    return Training(
        init=partial(init, config),
        update=partial(update, config),
        evaluate=partial(evaluate, config),
        learner=lambda state: state.params,
    )


def make_detective(config: ExactConfig) -> Detective:
    """The detective of a configuration: a differentiable function of the agent's policy."""
    if config.detective == "tree_search":
        return partial(
            responses.tree_search_response,
            discount=config.discount,
            temperature=config.temperature,
            depth=config.search_depth,
        )
    return partial(
        responses.soft_best_response, discount=config.discount, temperature=config.temperature
    )


def init(config: ExactConfig, key: Array) -> TrainState:
    """Draws logits from a standard normal distribution (ours); consumes the key."""
    init_key, run_key = jax.random.split(key)
    logits = jax.random.normal(init_key, (5,))
    against, itself = optimizers(config)
    return TrainState(
        params=logits,
        optimizer_states=(against.init(logits), itself.init(logits)),
        buffer=(),
        key=run_key,
        step=jnp.zeros((), jnp.int32),
    )


def optimizers(
    config: ExactConfig,
) -> tuple[optax.GradientTransformation, optax.GradientTransformation]:
    """Of the step against the detective, and of the one against itself."""
    return optax.adam(config.learning_rate), optax.adam(config.self_play_learning_rate)


def detective_objective(config: ExactConfig, logits: Array) -> Array:
    """V^1(p, q(p)), normalised; q is constant without the through-term. Scalar."""
    policy = jax.nn.sigmoid(logits)
    shown = policy if config.through_detective else lax.stop_gradient(policy)
    responder = make_detective(config)(shown)
    return responses.play(policy, responder, config.discount).agent


def self_play_objective(config: ExactConfig, logits: Array) -> Array:
    """V^1(p, p), normalised; the gradient flows through both seats. Scalar."""
    policy = jax.nn.sigmoid(logits)
    return responses.play(policy, policy, config.discount).agent


def update(config: ExactConfig, state: TrainState) -> tuple[TrainState, Metrics]:
    """One update of one seed."""
    against, itself = optimizers(config)
    against_state, itself_state = state.optimizer_states

    def objective(logits: Array) -> Array:
        value = detective_objective(config, logits)
        if config.self_play != "weighted":
            return value
        weight = config.self_play_weight
        return (1 - weight) * value + weight * self_play_objective(config, logits)

    logits, against_state, value = ascend(against, objective, state.params, against_state)
    if config.self_play == "own_step":
        itself_objective = partial(self_play_objective, config)
        logits, itself_state, _ = ascend(itself, itself_objective, logits, itself_state)
    state = state._replace(
        params=logits, optimizer_states=(against_state, itself_state), step=state.step + 1
    )
    return state, {"objective": value}


def ascend(
    optimizer: optax.GradientTransformation,
    objective: Callable[[Array], Array],
    logits: Array,
    optimizer_state: optax.OptState,
) -> tuple[Array, optax.OptState, Array]:
    """A step uphill; also returns the optimiser's state and the objective before the step."""
    value, gradient = jax.value_and_grad(objective)(logits)
    changes, optimizer_state = optimizer.update(-gradient, optimizer_state)
    return optax.apply_updates(logits, changes), optimizer_state, value


def evaluate(config: ExactConfig, state: TrainState, key: Array) -> Metrics:
    """Exact values of the agent against itself, its best responses and fixed policies."""
    del key  # nothing is sampled
    policy = jax.nn.sigmoid(state.params)
    responder = make_detective(config)(policy)
    values = responses.play(policy, responder, config.discount)
    return {
        **describe(policy, config.discount),
        "agent_vs_detective": values.agent,
        "detective_vs_agent": values.responder,
        "detective_regret": responses.regret(policy, responder, config.discount),
    }
