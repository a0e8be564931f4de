"""COLA: consistent look-ahead, a learned gradient field that agrees with its own anticipation.

In the Logistic Game only. The network's output g_i(x; a) stands for what player i climbs when each
player takes the other to move along g too: g_i = d/dx_i f_i(x_i, x_j + a_j g_j(x; a)).
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array

from meta_value import learners, losses, networks
from meta_value.config import ColaConfig
from meta_value.evaluation import basins
from meta_value.games import GAMES, LOGISTIC_RANGE
from meta_value.learners import Field
from meta_value.networks import LogisticNetwork, Params
from meta_value.train_state import Metrics, Training, TrainState


def make_train(config: ColaConfig) -> Training:
    """Builds the training of one seed; it has no target network."""
    optimizer = optax.adam(config.learning_rate, b2=0.99)
    return Training(
        init=partial(init, config, optimizer),
        update=partial(update, config, optimizer),
        evaluate=partial(evaluate, config),
        evaluated_params=lambda state: state.params,
    )


def init(config: ColaConfig, optimizer: Any, key: Array) -> TrainState:
    """Initial state; consumes the key."""
    params_key, key = jax.random.split(key)
    params = network(config).init(params_key, jnp.zeros((2, 1)), jnp.zeros(2))
    return TrainState(params, {}, optimizer.init(params), key, jnp.zeros((), jnp.int32))


def update(config: ColaConfig, optimizer: Any, state: TrainState) -> tuple[TrainState, Metrics]:
    """One gradient step on random joint policies and look-aheads."""
    policy_key, look_ahead_key, next_key = jax.random.split(state.key, 3)
    shape = (config.batch_size, 2)
    policies = jax.random.uniform(
        policy_key, (*shape, 1), minval=-LOGISTIC_RANGE, maxval=LOGISTIC_RANGE
    )
    look_aheads = jax.random.uniform(look_ahead_key, shape, maxval=config.largest_look_ahead)

    def loss(params: Params) -> Array:
        errors = jax.vmap(partial(consistency_errors, config, params))(policies, look_aheads)
        return jnp.mean(losses.huber(errors))

    value, gradient = jax.value_and_grad(loss)(state.params)
    updates, optimizer_state = optimizer.update(gradient, state.optimizer_state, state.params)
    params = optax.apply_updates(state.params, updates)
    state = TrainState(params, {}, optimizer_state, next_key, state.step + 1)
    return state, {"loss": value}


def consistency_errors(
    config: ColaConfig, params: Params, policies: Array, look_aheads: Array
) -> Array:
    """Anticipated gradient, through the other's step, minus the predicted one. Shape [P, 1].

    Gradients reach the parameters through both.

    Args:
      config: of the network and the game.
      params: of the network.
      policies: x. Shape [P, 1].
      look_aheads: a; as published, each player's own slot scales its own anticipated step. [P].
    """
    predicted = field(config, params, look_aheads)
    anticipated = learners.after_others_step(
        GAMES[config.game].objectives, predicted, look_aheads[::-1]
    )
    return learners.own_gradients(anticipated)(policies) - predicted(policies)


def field(config: ColaConfig, params: Params, look_aheads: Array) -> Field:
    """COLA learners, as a vector field."""
    return lambda policies: networks.apply(network(config), params, policies, look_aheads)


def evaluate(config: ColaConfig, state: TrainState, key: Array) -> Metrics:
    """Shares of the Logistic Game's starts that reach B, by look-ahead."""
    del key
    shares = basins.shares_to_b(
        GAMES[config.game],
        lambda look_ahead: field(config, state.params, jnp.full(2, look_ahead)),
        basins.COLA_LOOK_AHEADS,
    )
    return {
        f"share_to_B_look_ahead_{look_ahead:g}": shares[index]
        for index, look_ahead in enumerate(basins.COLA_LOOK_AHEADS)
    }


def network(config: ColaConfig) -> LogisticNetwork:
    """The network: that of the meta-value, with the look-ahead in place of gamma."""
    return LogisticNetwork(config.hidden_size, 1)
