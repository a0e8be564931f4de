"""BRS in the Coin Game with exact gradients: a tabular agent, its exact soft best response.

The agent is the table of `coin_table`. Backward induction gives the soft best response to it and
both returns, differentiably (`coin_game_values`). One update is that of `ipd_brs`: a step against
the detective, Eq. (3), and a step of self-play, Eq. (6).
"""

from functools import partial

import jax
import jax.numpy as jnp
import optax
from jax import Array

from brs.coin_game_players import CONTROLLERS
from brs.config import ExactCoinConfig
from brs.exact import coin_game_values, coin_table
from brs.train_state import Metrics, Training, TrainState
from common.coin_game import CoinGame


def make_train(config: ExactCoinConfig) -> Training:
    """Builds the training of one seed."""
    return Training(
        init=partial(init, config),
        update=partial(update, config),
        evaluate=partial(evaluate, config),
        learner=lambda state: state.params,
    )


def make_game(config: ExactCoinConfig) -> CoinGame:
    """The game of a configuration."""
    return CoinGame(config.grid_size, config.grid_size, episode_length=config.episode_length)


def init(config: ExactCoinConfig, key: Array) -> TrainState:
    """Draws small logits; consumes the key."""
    init_key, run_key = jax.random.split(key)
    logits = coin_table.init_logits(make_game(config), init_key)
    against, itself = optimizers(config)
    return TrainState(
        params=logits,
        optimizer_states=(against.init(logits), itself.init(logits)),
        buffer=(),
        key=run_key,
        step=jnp.zeros((), jnp.int32),
    )


def optimizers(
    config: ExactCoinConfig,
) -> tuple[optax.GradientTransformation, optax.GradientTransformation]:
    """Of the step against the detective, and of the one against itself."""
    return optax.adam(config.learning_rate), optax.adam(config.self_play_learning_rate)


def detective_objective(config: ExactCoinConfig, logits: Array) -> Array:
    """The agent's return where the other plays the soft best response. Scalar.

    Without the through-term the response is that to a constant copy of the agent.
    """
    game, agent = make_game(config), coin_table.tables(logits)
    if config.through_detective:
        values = coin_game_values.soft_best_response(
            game, agent, temperature=config.temperature, discount=config.discount
        )
        return values.agent
    return coin_game_values.against_constant_response(
        game, agent, temperature=config.temperature, discount=config.discount
    ).agent


def self_play_objective(config: ExactCoinConfig, logits: Array) -> Array:
    """The agent's return against itself, through both seats. Scalar."""
    return coin_game_values.self_play(
        make_game(config), coin_table.tables(logits), discount=config.discount
    ).agent


def update(config: ExactCoinConfig, state: TrainState) -> tuple[TrainState, Metrics]:
    """One update of one seed."""
    against, itself = optimizers(config)
    against_state, itself_state = state.optimizer_states
    value, gradient = jax.value_and_grad(partial(detective_objective, config))(state.params)
    changes, against_state = against.update(-gradient, against_state)
    logits = optax.apply_updates(state.params, changes)
    if config.self_play:
        gradient = jax.grad(partial(self_play_objective, config))(logits)
        changes, itself_state = itself.update(-gradient, itself_state)
        logits = optax.apply_updates(logits, changes)
    state = state._replace(
        params=logits, optimizer_states=(against_state, itself_state), step=state.step + 1
    )
    return state, {"objective": value}


def evaluate(config: ExactCoinConfig, state: TrainState, key: Array) -> Metrics:
    """Exact undiscounted rewards per step against itself, its best response and scripts."""
    del key  # nothing is sampled
    game, agent = make_game(config), coin_table.tables(state.params)
    best = coin_game_values.best_response(game, agent)
    metrics = {
        "self_play": coin_game_values.self_play(game, agent).agent,
        "agent_vs_best_response": best.agent,
        "best_response": best.responder,
    }
    for name in ("AC", "AD"):
        met = coin_game_values.match(
            game, coin_game_values.tabulate(game, CONTROLLERS[name]), agent
        )
        metrics |= {f"{name}_vs_agent": met.responder, f"agent_vs_{name}": met.agent}
    return {name: value / game.episode_length for name, value in metrics.items()}
