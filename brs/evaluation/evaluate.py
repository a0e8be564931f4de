"""What is measured during training of an agent with a learned detective, in either game."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from brs import episodes
from brs.coin_game_players import CONTROLLERS, Player, controlled, play_many
from brs.config import BrsConfig
from brs.episodes import Players
from brs.exact import coin_game_values, coin_table, learned_detective
from brs.exact.memory_one import describe
from brs.train_state import Metrics, TrainState
from common import coin_game
from common.coin_game import CoinGame


def evaluate(config: BrsConfig, players: Players, state: TrainState, key: Array) -> Metrics:
    """Measures agent and detective; consumes the key."""
    if config.game == "ipd":
        return evaluate_exactly(config, players, state)
    return evaluate_by_playing(config, players, state, key)


def evaluate_exactly(config: BrsConfig, players: Players, state: TrainState) -> Metrics:
    """The prisoner's dilemma: exact values, the detective's regret and its fidelity."""
    policy = jax.nn.sigmoid(state.params["agent"]["actor"])
    detective = state.params["detective"]["actor"]
    described = describe(policy, config.discount)
    return {**described, **learned_detective.measure(players, detective, policy, config.discount)}


def agent_player(game: CoinGame, players: Players) -> Player:
    """The player of the Coin Game whose parameters are an agent's actor."""

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
        best = coin_game_values.best_response(game, coin_table.tables(actor))
        metrics["best_response"] = best.responder / game.episode_length
        metrics["agent_vs_best_response"] = best.agent / game.episode_length
        metrics["detective_regret"] = metrics["best_response"] - metrics["detective_vs_agent"]
    return metrics
