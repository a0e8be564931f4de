"""Exact best responses in the Coin Game: the table of the scripts, and second computations."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from brs import coin_game_players
from brs.coin_game_players import CONTROLLERS, controlled
from brs.exact import coin_game_values
from common.coin_game import CoinGame

GAME = CoinGame()
SMALL = CoinGame(2, 2, episode_length=3)
TINY = CoinGame(height=1, width=3, episode_length=3)

# Reward per step of agent and best responder, computed independently of this code.
TABLE = {
    "AC": (-0.2700, 0.6466),
    "AD": (0.0, 0.0),
    "random": (-0.5311, 0.5311),
    "Coin-TFT": (0.3293, 0.3557),
    "Coin-Grim": (0.3293, 0.3557),
}


def tables(game, name):
    return coin_game_values.tabulate(game, CONTROLLERS[name])


@pytest.mark.parametrize("name", TABLE)
def test_best_responses_earn_what_the_table_says(name):
    values = coin_game_values.best_response(GAME, tables(GAME, name))
    np.testing.assert_allclose((values.agent / 50, values.responder / 50), TABLE[name], atol=6e-5)


@pytest.mark.parametrize("name", ["AC", "Coin-TFT"])
def test_self_play_earns_what_the_table_says(name):
    values = coin_game_values.self_play(GAME, tables(GAME, name))
    np.testing.assert_allclose(np.array(values) / 50, (0.34860, 0.34860), atol=2e-5)


@pytest.mark.usefixtures("keys_unchecked")
def test_values_of_a_random_responder_agree_with_sampled_episodes():
    agent = tables(GAME, "Coin-TFT")
    exact, _ = coin_game_values.solve(
        GAME, agent, lambda q_values: jnp.full_like(q_values, 0.25), discount=1.0
    )
    players = (controlled(GAME, CONTROLLERS["random"]), controlled(GAME, CONTROLLERS["Coin-TFT"]))
    play = jax.jit(
        lambda key: coin_game_players.play_many(GAME, players, ((), ()), key, 4096).rewards
    )
    totals = np.asarray(play(jax.random.key(0))).sum(axis=1)  # [B, P]
    error = totals.std(axis=0) / np.sqrt(len(totals))
    assert np.all(np.abs(totals.mean(axis=0) - np.array(exact)) < 4 * error)


def greatest(game, name, state, mode, steps):
    """Best value by recursion over states, modes, moves and new coins: no table is used."""
    if steps == 0:
        return 0.0
    moves = coin_game_values.transitions(game)
    agent = tables(game, name)
    probs = np.asarray(agent.probs)[mode, moves.swapped[state]]
    n = game.height * game.width
    best = -np.inf
    for a in range(game.num_actions):
        total = 0.0
        for b in np.flatnonzero(probs):
            after = moves.next_states[state, a, b]
            following = agent.next_modes[mode, moves.events[1][state, a, b]]
            value = moves.rewards[state, a, b, 0]
            if moves.is_taken[state, a, b]:
                x, y, _, owner = np.unravel_index(after, (n, n, n, 2))
                for cell in np.flatnonzero(moves.new_coins[x, y]):
                    index = np.ravel_multi_index((x, y, cell, owner), (n, n, n, 2))
                    value += moves.new_coins[x, y, cell] * greatest(
                        game, name, index, following, steps - 1
                    )
            else:
                value += greatest(game, name, after, following, steps - 1)
            total += probs[b] * value
        best = max(best, total)
    return best


def test_backward_induction_agrees_with_recursion(monkeypatch):
    found = {name: tables(SMALL, name) for name in ("Coin-TFT",)}
    monkeypatch.setattr(coin_game_values, "tabulate", lambda game, controller: found["Coin-TFT"])
    q_values = coin_game_values.action_values(SMALL, found["Coin-TFT"])  # [T, M, S, A]
    for state in (5, 40, 77):
        expected = greatest(SMALL, "Coin-TFT", state, 1, 2)
        np.testing.assert_allclose(np.max(q_values[1, 1, state]), expected, atol=1e-5)


def test_soft_response_tends_to_the_best_one_and_is_worse():
    game = replace(SMALL, episode_length=10)
    agent = tables(game, "Coin-TFT")
    best = coin_game_values.best_response(game, agent).responder
    soft = [
        coin_game_values.soft_best_response(game, agent, temperature=t).responder
        for t in (1.0, 0.1, 0.01)
    ]
    assert soft[0] < soft[1] < soft[2] <= best + 1e-4
    np.testing.assert_allclose(soft[2], best, atol=0.02)


def test_gradients_through_the_soft_response_agree_with_finite_differences():
    game = replace(TINY, episode_length=4)
    agent = tables(game, "Coin-TFT")
    logits = jax.random.normal(jax.random.key(0), agent.probs.shape)
    direction = jax.random.normal(jax.random.key(1), agent.probs.shape)

    def value(logits):
        shown = agent._replace(probs=jax.nn.softmax(logits))
        against = coin_game_values.soft_best_response(game, shown, temperature=0.5, discount=0.9)
        return against.agent + coin_game_values.self_play(game, shown, discount=0.9).agent

    value = jax.jit(value)
    step = 1e-2
    measured = (value(logits + step * direction) - value(logits - step * direction)) / (2 * step)
    derived = jnp.sum(jax.grad(value)(logits) * direction)
    assert abs(derived) > 1e-2
    np.testing.assert_allclose(derived, measured, rtol=2e-2)


def test_exact_values_are_refused_for_other_games():
    with pytest.raises(ValueError, match="2 players"):
        coin_game_values.transitions(CoinGame(num_players=3))
