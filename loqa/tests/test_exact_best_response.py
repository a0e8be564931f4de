"""Exact values of the Coin Game against a table, a second programme, recursion and sampling."""

from dataclasses import replace
from functools import cache, partial
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from common import coin_game
from common.coin_game import CoinGame
from common.coin_game_players import always_cooperate, always_defect, random_player
from common.tests import coin_game_oracle as oracle
from loqa.evaluation import exact_best_response

SCRIPTS = {"cooperate": always_cooperate, "defect": always_defect, "random": random_player}
# Computed from the rules, independently of this repository: 50 steps, reward per step and
# discounted return with gamma .96, as printed.
EXPECTED = [
    ("cooperate", "cooperate", 3, (0.34860, 0.34860), (7.5426, 7.5426)),
    ("defect", "cooperate", 3, (0.63689, -0.26600), (13.799, -5.781)),
    ("defect", "defect", 3, (0, 0), (0, 0)),
    ("defect", "random", 3, (0.53112, -0.53112), (11.4895, -11.4895)),
    ("cooperate", "random", 3, (0.05897, 0.11412), (1.3853, 2.4898)),
    ("random", "random", 3, (0, 0), (0, 0)),
    ("cooperate", "cooperate", 4, (0.24342, 0.24342), (5.2308, 5.2308)),
]
TINY = CoinGame(height=2, width=2, episode_length=1)


@pytest.mark.parametrize(("first", "second", "size", "per_step", "discounted"), EXPECTED)
def test_scripted_pairs_earn_what_the_table_says(first, second, size, per_step, discounted):
    game, scripts = CoinGame(size, size), (SCRIPTS[first], SCRIPTS[second])
    mean = exact_best_response.expected_returns(game, scripts) / 50
    np.testing.assert_allclose(mean, per_step, atol=5.1e-6)
    returns = exact_best_response.expected_returns(game, scripts, discount=0.96)
    np.testing.assert_allclose(returns, discounted, atol=5.1e-4)


@pytest.mark.parametrize("size", [2, 3])
def test_values_agree_with_a_programme_written_from_the_rules(size):
    model = oracle.build_model(size)
    scripts = oracle.always_defect, oracle.random_player
    expected = oracle.backward_value(model, scripts, 20, 0.9)
    returns = exact_best_response.expected_returns(
        CoinGame(size, size, episode_length=20), (always_defect, random_player), discount=0.9
    )
    np.testing.assert_allclose(returns, expected, atol=1e-6)


def test_best_response_beats_every_scripted_player_against_the_same_opponent():
    for opponent in SCRIPTS.values():
        best = exact_best_response.best_response(CoinGame(), opponent)
        for script in SCRIPTS.values():
            returns = exact_best_response.expected_returns(CoinGame(), (script, opponent))
            assert best.responder >= returns[0] - 1e-6


def test_nothing_can_be_taken_from_always_defect_on_three_by_three():
    # Its rewards and the responder's sum to zero, and it gets zero from its equal.
    best = exact_best_response.best_response(CoinGame(), always_defect)
    np.testing.assert_allclose(best, (0, 0), atol=1e-6)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (always_cooperate, (2 / 3, -1 / 3)),
        (always_defect, (0, 0)),
        (random_player, (1 / 3, -1 / 3)),
    ],
)
def test_best_single_step_on_four_cells_is_as_worked_out_by_hand(script, expected):
    # The coin lies on each of a player's three other cells alike, and two of them are one step
    # away: the responder takes it with 2/3. Always-defect does too, always-cooperate if it owns the
    # coin, so with 1/3, and the random player with 1/3, as two moves lead to each neighbour. Half
    # the time each owns the coin and loses 2 if the other takes it.
    best = exact_best_response.best_response(TINY, script)
    np.testing.assert_allclose(best, expected, atol=1e-6)


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("num_steps", [2, 4])
def test_best_response_on_four_cells_is_that_of_an_exhaustive_recursion(name, num_steps):
    opponent = getattr(oracle, {"random": "random_player"}.get(name, f"always_{name}"))
    moved = oracle.build_model(2).moved

    def free_cells(*players):
        return [cell for cell in range(4) if cell not in players]

    def after(cells, coin, owner, left):
        """Reward of the responder for new cells, and the mean of all that follows."""
        takers = [cell == coin for cell in cells]
        if not any(takers):
            return best(*cells, coin, owner, left)
        reward = takers[0] - 2 * (owner == 0 and takers[1])
        coins = free_cells(*cells)
        return reward + np.mean([best(*cells, coin, 1 - owner, left) for coin in coins])

    @cache
    def best(first, second, coin, owner, left):
        if left == 0:
            return 0.0
        probs = opponent(2, second, coin, owner == 1)
        return max(
            sum(
                prob * after((moved[first, own], moved[second, move]), coin, owner, left - 1)
                for move, prob in enumerate(probs)
            )
            for own in range(4)
        )

    starts = [
        np.mean([best(first, second, coin, owner, num_steps) for coin in free_cells(first, second)])
        for first, second, owner in product(range(4), range(4), range(2))
    ]
    game = replace(TINY, episode_length=num_steps)
    found = exact_best_response.best_response(game, SCRIPTS[name])
    np.testing.assert_allclose(found.responder, np.mean(starts), atol=1e-6)


@pytest.mark.parametrize("avoids", [True, False])
def test_probabilities_sum_to_one(avoids):
    game = CoinGame(2, 3, coin_avoids_players=avoids)
    np.testing.assert_allclose(np.sum(exact_best_response.start_distribution(game)), 1)
    np.testing.assert_allclose(np.sum(exact_best_response.new_coin_probs(game), axis=2), 1)
    probs = exact_best_response.move_probs(game, always_cooperate, 1)
    np.testing.assert_allclose(np.sum(probs, axis=1), 1)


@partial(jax.jit, static_argnums=0)
def step_repeatedly(game, states, actions, keys):
    """Steps each of N states with the same actions and R keys; leaves [N, R, ...]."""
    over_keys = jax.vmap(partial(coin_game.step, game), (None, None, 0))
    return jax.vmap(over_keys, (0, None, None))(states, actions, keys)


def test_transitions_are_as_frequent_as_in_the_game():
    game, num_samples, number_cells = CoinGame(2, 3), 1000, np.array([3, 1])
    moves = exact_best_response.transitions(game)
    states = exact_best_response.all_states(game)
    chosen = np.random.default_rng(0).integers(len(states.time), size=50)
    some = jax.tree.map(lambda leaf: leaf[chosen], states)
    old_coin = np.asarray(some.coin_cells[:, 0]) @ number_cells
    num_taken = 0
    for number, pair in enumerate(product(range(4), repeat=2)):
        keys = jax.random.split(jax.random.key(number), num_samples)
        after, rewards = step_repeatedly(game, some, jnp.array(pair), keys)
        own, other = pair
        np.testing.assert_array_equal(rewards[:, 0], moves.rewards[chosen, own, other])

        is_taken = moves.is_taken[chosen, own, other]
        players = np.asarray(after.player_cells[:, 0]) @ number_cells  # [N, P]
        coins = np.asarray(after.coin_cells[:, :, 0]) @ number_cells  # [N, R]
        frequencies = np.mean(coins[..., None] == np.arange(6), axis=1)
        new_coin = exact_best_response.new_coin_probs(game)[players[:, 0], players[:, 1]]
        expected = np.where(is_taken[:, None], new_coin, np.eye(6)[old_coin])
        np.testing.assert_allclose(frequencies, expected, atol=5 * 0.5 / np.sqrt(num_samples))
        num_taken += np.sum(is_taken)

        first, second, _, owner = np.unravel_index(
            moves.next_states[chosen, own, other], (6, 6, 6, 2)
        )
        np.testing.assert_array_equal(np.stack([first, second], axis=1), players)
        np.testing.assert_array_equal(owner, after.coin_owners[:, 0, 0])
    assert num_taken > 100


def test_three_players_are_refused():
    with pytest.raises(ValueError, match="2 players"):
        exact_best_response.transitions(CoinGame(num_players=3))
