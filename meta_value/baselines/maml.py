"""M-MAML: a naive learner whose initial policy and step size are meta-learned.

As in Meta-MAPG, but with exact gradients: what is climbed is the learner's mean return along a long
path of joint naive learning against random naive opponents, differentiated through all of it. One
learner is trained for each seat.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array, lax

from meta_value import learners
from meta_value.config import MamlConfig
from meta_value.games import GAMES
from meta_value.networks import Params
from meta_value.train_state import Metrics, Training, TrainState


def make_train(config: MamlConfig) -> Training:
    """Builds the training of one seed; an update is one meta-gradient step per seat."""
    optimizer = optax.adamw(config.learning_rate, b2=0.99, weight_decay=config.weight_decay)
    return Training(
        init=partial(init, config, optimizer),
        update=partial(update, config, optimizer),
        evaluate=evaluate,
        evaluated_params=lambda state: state.params,
    )


def init(config: MamlConfig, optimizer: Any, key: Array) -> TrainState:
    """Initial state; consumes the key. Row i of the parameters is the learner of seat i."""
    policy_key, key = jax.random.split(key)
    params = {
        "policies": GAMES[config.game].draw(policy_key),  # [P, D]
        "step_sizes": jnp.full((2, 1), config.step_size),
    }
    return TrainState(params, {}, optimizer.init(params), key, jnp.zeros((), jnp.int32))


def update(config: MamlConfig, optimizer: Any, state: TrainState) -> tuple[TrainState, Metrics]:
    """One ascent on the mean return along paths against new random opponents."""
    draw_key, next_key = jax.random.split(state.key)
    keys = jax.random.split(draw_key, config.batch_size)
    opponents = jax.vmap(GAMES[config.game].draw)(keys)  # [B, P, D]

    def loss(params: Params) -> tuple[Array, Array]:
        objectives = jax.vmap(partial(path_objectives, config, params))(opponents)
        return -jnp.sum(jnp.mean(objectives, axis=0)), jnp.mean(objectives, axis=0)

    (_, objectives), gradient = jax.value_and_grad(loss, has_aux=True)(state.params)
    updates, optimizer_state = optimizer.update(gradient, state.optimizer_state, state.params)
    params = optax.apply_updates(state.params, updates)
    state = TrainState(params, {}, optimizer_state, next_key, state.step + 1)
    return state, {"objective": jnp.mean(objectives)}


def path_objectives(config: MamlConfig, params: Params, opponents: Array) -> Array:
    """Mean return of each seat's learner along its path against a random naive opponent.

    Args:
      config: game, length of the path and step size of the opponent.
      params: initial policies and step sizes of both learners.
      opponents: row j is the opponent in seat j, of the learner in the other. Shape [P, D].

    Returns:
      Shape [P].
    """
    game = GAMES[config.game]
    field = learners.naive(game.objectives)

    def of_seat(seat: Array) -> Array:
        start = opponents.at[seat].set(params["policies"][seat])
        steps = jnp.full((2, 1), config.opponent_step_size)
        steps = steps.at[seat].set(params["step_sizes"][seat])

        @jax.checkpoint
        def learn_on(policies: Array, _: None) -> tuple[Array, Array]:
            policies = policies + steps * field(policies)
            return policies, game.objectives(policies)[seat]

        return jnp.mean(lax.scan(learn_on, start, length=config.path_length)[1])

    return jax.vmap(of_seat)(jnp.arange(2))


def evaluate(state: TrainState, key: Array) -> Metrics:
    """The learned step sizes; returns are the tournament's business."""
    del key
    first, second = state.params["step_sizes"][:, 0]
    return {"step_size_of_first": first, "step_size_of_second": second}
