"""Tests of the scripted players of Coin Game, in states made by hand."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from common import coin_game, coin_game_players
from common.coin_game import CoinGame, CoinGameState


def make_state(players: list, coins: list, owners: list) -> CoinGameState:
    return CoinGameState(*(jnp.array(part, jnp.int32) for part in (players, coins, owners, 0)))


# The player stands at (0, 0); the moves are left, right, up, down. Distances after each move:
@pytest.mark.parametrize(
    ("grid", "coin", "towards", "away"),
    [
        ((3, 3), (1, 1), [0, 1 / 2, 0, 1 / 2], [1 / 2, 0, 1 / 2, 0]),  # 2, 1, 2, 1
        ((3, 3), (0, 1), [0, 1, 0, 0], [0, 0, 1 / 2, 1 / 2]),  # 1, 0, 2, 2
        ((3, 3), (2, 0), [0, 0, 1, 0], [1 / 2, 1 / 2, 0, 0]),  # 2, 2, 0, 1
        ((4, 4), (2, 2), [1 / 4] * 4, [1 / 4] * 4),  # 3, 3, 3, 3
        ((3, 4), (1, 2), [1 / 3, 1 / 3, 0, 1 / 3], [0, 0, 1, 0]),  # 2, 2, 3, 2
    ],
)
def test_scripted_players_in_hand_made_states(
    grid: tuple, coin: tuple, towards: list, away: list
) -> None:
    game = CoinGame(*grid)
    own, others = (make_state([(0, 0), (1, 1)], [coin], [owner]) for owner in (0, 1))
    for script, state, expected in [
        (coin_game_players.always_cooperate, own, towards),
        (coin_game_players.always_cooperate, others, away),
        (coin_game_players.always_defect, own, towards),
        (coin_game_players.always_defect, others, towards),
        (coin_game_players.random_player, own, [1 / 4] * 4),
    ]:
        np.testing.assert_allclose(script(game, state, 0), expected, rtol=1e-6)


def test_scripted_player_may_stay_where_the_game_allows_it() -> None:
    game = CoinGame(actions=(*coin_game.LOQA_ACTIONS, "stay"))
    state = make_state([(0, 0), (1, 1)], [(1, 1)], [1])
    moves = coin_game_players.always_cooperate(game, state, 0)  # distances 2, 1, 2, 1, 2
    np.testing.assert_allclose(moves, [1 / 3, 0, 1 / 3, 0, 1 / 3], rtol=1e-6)


def test_sampled_moves_have_the_given_probabilities() -> None:
    probabilities = jnp.array([1 / 3, 1 / 3, 0, 1 / 3], dtype=jnp.float32)
    keys = jax.random.split(jax.random.key(0), 30_000)
    moves = jax.vmap(functools.partial(coin_game_players.sample_move, probabilities))(keys)
    counts = np.bincount(moves, minlength=4)
    assert counts[2] == 0
    np.testing.assert_allclose(counts[[0, 1, 3]], 10_000, atol=4 * np.sqrt(30_000 * 2 / 9))


def test_scripted_players_refuse_a_game_with_two_coins() -> None:
    game = CoinGame(coins="one_per_player")
    state = coin_game.reset(game, jax.random.key(0))
    with pytest.raises(ValueError, match="a single coin only, got coins='one_per_player'"):
        coin_game_players.always_defect(game, state, 0)
