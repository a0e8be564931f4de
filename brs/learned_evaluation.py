"""What is measured of an agent with a learned detective, in either game."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from brs import (
    coin_table,
    episodes,
    exact_coin_game,
    ipd_best_response,
    question_answering,
)
from brs.coin_game_players import CONTROLLERS, Player, controlled, play_many
from brs.episodes import Players
from brs.ipd_best_response import OTHER_VIEW
from brs.memory_one import describe
from brs.train_state import Metrics, TrainState
from brs.training_configs import BrsConfig
from common import coin_game
from common.coin_game import CoinGame

REFERENCE_TEMPERATURE = 0.3  # of the exact soft response that the learned one is compared with
# What a player sees in each memory-one state: I cooperated, I defected, and the same of the other.
STATE_OBSERVATIONS = (
    (0.0, 0.0, 0.0, 0.0),
    (1.0, 0.0, 1.0, 0.0),
    (1.0, 0.0, 0.0, 1.0),
    (0.0, 1.0, 1.0, 0.0),
    (0.0, 1.0, 0.0, 1.0),
)


def evaluate(config: BrsConfig, players: Players, state: TrainState, key: Array) -> Metrics:
    """Measures agent and detective; consumes the key."""
    if config.game == "ipd":
        return evaluate_exactly(config, players, state)
    return evaluate_by_playing(config, players, state, key)


def detective_policy(players: Players, detective: Any, policy: Array) -> Array:
    """How a detective that is told expected answers meets an agent: P(C), its own view. [5]."""
    questions = players.questions
    deltas = ipd_best_response.answers_in_closed_form(
        policy, questions.discount, questions.num_steps
    )
    if questions.kind == "returns":
        shown = jax.vmap(partial(question_answering.normalise, questions=questions))(deltas)
    else:
        shown = _policy_probs(policy)

    def cooperation(observation: Array, answers: Array) -> Array:
        _, logits, _ = players.detective.act(detective, (), observation, answers)
        return jax.nn.softmax(logits)[0]

    return jax.vmap(cooperation)(jnp.array(STATE_OBSERVATIONS), shown[OTHER_VIEW])


def _policy_probs(policy: Array) -> Array:
    """Expected answers of the kind "policy_probs", agent's view of the state. Shape [5, 4]."""
    after = policy[1:].reshape(2, 2)  # agent's action, detective's
    cooperation = policy[:, None] * after[:1] + (1 - policy[:, None]) * after[1:]  # [5, 2]
    return jnp.stack([cooperation, 1 - cooperation], axis=2).reshape(5, 4)


def evaluate_exactly(config: BrsConfig, players: Players, state: TrainState) -> Metrics:
    """The prisoner's dilemma: exact values, the detective's regret and its fidelity."""
    policy = jax.nn.sigmoid(state.params["agent"]["actor"])
    detective = state.params["detective"]["actor"]
    described = describe(policy, config.discount)
    return {**described, **judge_detective(players, detective, policy, config.discount)}


def judge_detective(players: Players, detective: Any, policy: Array, discount: float) -> Metrics:
    """How good an answer a detective is to an agent, and how faithful its derivative."""
    told = partial(detective_policy, players, detective)
    reference = partial(
        ipd_best_response.soft_best_response,
        discount=discount,
        temperature=REFERENCE_TEMPERATURE,
    )
    responder = told(policy)
    values = ipd_best_response.play(policy, responder, discount)
    return {
        "agent_vs_detective": values.agent,
        "detective_vs_agent": values.responder,
        "detective_regret": ipd_best_response.regret(policy, responder, discount),
        "detective_fidelity": ipd_best_response.fidelity(policy, told, reference, discount),
    }


def agent_player(game: CoinGame, players: Players) -> Player:
    """The player of the Coin Game that an agent's actor is."""

    def act(actor: Any, carry: Any, state: Any, seat: int) -> tuple[Any, Array]:
        seen = coin_game.observe(game, state)[seat].reshape(-1)
        carry, logits, _ = players.agent.act(actor, carry, seen)
        return carry, jax.nn.softmax(logits)

    return Player(lambda actor: players.agent.start, act)


def evaluate_by_playing(
    config: BrsConfig, players: Players, state: TrainState, key: Array
) -> Metrics:
    """The Coin Game: rewards per step against itself, scripts and the detective."""
    game = CoinGame(config.grid_size, config.grid_size, episode_length=config.episode_length)
    actor = state.params["agent"]["actor"]
    agent, number = agent_player(game, players), config.num_eval_episodes
    self_key, detective_key, *script_keys = jax.random.split(key, 4)
    itself = play_many(game, (agent, agent), (actor, actor), self_key, number)
    metrics = {"self_play": jnp.mean(itself.rewards)}
    for name, script_key in zip(("AC", "AD"), script_keys, strict=True):
        seats = (agent, controlled(game, CONTROLLERS[name]))
        rewards = play_many(game, seats, (actor, ()), script_key, number).rewards
        metrics[f"agent_vs_{name}"], metrics[f"{name}_vs_agent"] = jnp.mean(rewards, (0, 1))
    play = partial(episodes.play_with_detective, players, actor, state.params["detective"]["actor"])
    met = jax.vmap(play)(jax.random.split(detective_key, config.batch_size))
    metrics["agent_vs_detective"], metrics["detective_vs_agent"] = jnp.mean(met.rewards, (0, 1))
    if config.agent == "table":
        best = exact_coin_game.best_response(game, coin_table.tables(actor))
        metrics["best_response"] = best.responder / game.episode_length
        metrics["agent_vs_best_response"] = best.agent / game.episode_length
        metrics["detective_regret"] = metrics["best_response"] - metrics["detective_vs_agent"]
    return metrics
