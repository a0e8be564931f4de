"""Tests of Coin Game: rules by hand, symmetry between players, random games of every dialect."""

import functools
from typing import Literal

import hypothesis
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import strategies
from jax import Array

from common import coin_game, coin_game_players
from common.coin_game import CoinGame, CoinGameState

LEFT, RIGHT, UP, DOWN, STAY = range(5)
NUM_STEPS = 60  # of a random episode
SCRIPTS = (
    coin_game_players.always_cooperate,
    coin_game_players.always_defect,
    coin_game_players.random_player,
)

step = jax.jit(coin_game.step, static_argnums=0)
reset = jax.jit(coin_game.reset, static_argnums=0)
observe = jax.jit(coin_game.observe, static_argnums=0)


def make_state(players: list, coins: list, owners: list) -> CoinGameState:
    return CoinGameState(*(jnp.array(part, jnp.int32) for part in (players, coins, owners, 0)))


def roll_players(game: CoinGame, state: CoinGameState) -> CoinGameState:
    """Renames player i to i + 1 modulo P."""
    coin_owners = (state.coin_owners + 1) % game.num_players
    coin_cells = state.coin_cells
    if game.coins == "one_per_player":
        coin_owners, coin_cells = state.coin_owners, jnp.roll(coin_cells, 1, axis=0)
    return state._replace(
        player_cells=jnp.roll(state.player_cells, 1, axis=0),
        coin_cells=coin_cells,
        coin_owners=coin_owners,
    )


def test_three_player_start_gives_the_coin_to_every_player_equally() -> None:
    keys = jax.random.split(jax.random.key(0), 30_000)
    states = jax.vmap(functools.partial(reset, CoinGame(num_players=3)))(keys)
    counts = np.bincount(np.asarray(states.coin_owners).ravel(), minlength=3)
    np.testing.assert_allclose(counts, 10_000, atol=4 * np.sqrt(30_000 * 2 / 9))


# The coin lies at (1, 1); a player at (1, 0) takes it by going right and misses it by going left.
@pytest.mark.parametrize(
    ("owner", "takes", "expected"),
    [
        (0, (False, False), (0, 0)),
        (0, (True, False), (1, 0)),
        (0, (False, True), (-2, 1)),
        (0, (True, True), (-1, 1)),
        (1, (True, False), (1, -2)),
        (1, (False, True), (0, 1)),
        (1, (True, True), (1, -1)),
        (0, (True, False, False), (1, 0, 0)),
        (0, (False, True, True), (-2, 1, 1)),  # the owner loses once, not twice
        (0, (True, True, True), (-1, 1, 1)),
        (2, (False, True, False), (0, 1, -2)),
    ],
)
def test_rewards_of_every_case(owner: int, takes: tuple, expected: tuple) -> None:
    game = CoinGame(num_players=len(takes))
    state = make_state([(1, 0)] * len(takes), [(1, 1)], [owner])
    actions = jnp.array([RIGHT if take else LEFT for take in takes])
    next_state, rewards = step(game, state, actions, jax.random.key(0))
    np.testing.assert_array_equal(rewards, expected)
    takers = coin_game.coin_takers(next_state.player_cells, state.coin_cells)
    np.testing.assert_array_equal(takers, [takes])
    next_owner = (owner + 1) % len(takes) if any(takes) else owner
    np.testing.assert_array_equal(next_state.coin_owners, [next_owner])
    assert next_state.time == 1


def test_payoffs_are_those_of_the_parameters() -> None:
    game = CoinGame(payoffs=(3.0, 5.0, -7.0))
    state = make_state([(1, 0), (1, 0)], [(1, 1)], [0])
    rewards = step(game, state, jnp.array([RIGHT, RIGHT]), jax.random.key(0))[1]
    np.testing.assert_array_equal(rewards, [3 - 7, 5])


# Coin of player 0 at (0, 1), of player 1 at (2, 1); moves from the players' cells.
@pytest.mark.parametrize(
    ("players", "moves", "expected", "taken"),
    [
        ([(0, 0), (2, 0)], ("right", "right"), (1, 1), (True, True)),
        ([(2, 0), (0, 0)], ("right", "right"), (-1, -1), (True, True)),
        ([(0, 0), (0, 2)], ("right", "left"), (-1, 1), (True, False)),
        ([(2, 2), (1, 0)], ("left", "stay"), (1, -2), (False, True)),
        ([(0, 1), (1, 0)], ("stay", "stay"), (1, 0), (True, False)),
        ([(1, 0), (1, 0)], ("up", "down"), (0, 0), (False, False)),
    ],
)
def test_two_coins_pay_independently_and_keep_their_owners(
    players: list, moves: tuple, expected: tuple, taken: tuple
) -> None:
    game = CoinGame(
        coins="one_per_player", coin_avoids_players=False, actions=coin_game.PAX_ACTIONS
    )
    state = make_state(players, [(0, 1), (2, 1)], [0, 1])
    actions = jnp.array([game.actions.index(move) for move in moves])
    keys = jax.random.split(jax.random.key(0), 1000)
    many = jax.vmap(functools.partial(step, game), in_axes=(None, None, 0))
    states, rewards = jax.tree.map(np.asarray, many(state, actions, keys))
    assert np.all(rewards == expected)
    assert np.all(states.coin_owners == [0, 1])
    cells = states.coin_cells @ [3, 1]  # [1000, N]
    for coin, is_taken in enumerate(taken):
        counts = np.bincount(cells[:, coin], minlength=9)
        if is_taken:  # anywhere, also under a player: 1000 / 9 and four standard deviations
            np.testing.assert_allclose(counts, 1000 / 9, atol=4 * np.sqrt(1000 * 8 / 81))
        else:
            assert counts[[1, 7][coin]] == 1000


def test_both_coins_on_one_cell_are_taken_together() -> None:
    game = CoinGame(coins="one_per_player")
    state = make_state([(1, 0), (0, 0)], [(1, 1), (1, 1)], [0, 1])
    rewards = step(game, state, jnp.array([RIGHT, UP]), jax.random.key(0))[1]
    np.testing.assert_array_equal(rewards, [1 + 1, -2])


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (coin_game.LOQA_ACTIONS, [(0, 3), (0, 1), (1, 0), (1, 0)]),
        (coin_game.POLA_ACTIONS, [(0, 1), (0, 3), (1, 0), (1, 0)]),
        (coin_game.PAX_ACTIONS, [(0, 1), (0, 3), (1, 0), (1, 0), (0, 0)]),
    ],
)
def test_moves_wrap_around_the_grid(actions: tuple, expected: list) -> None:
    game = CoinGame(height=2, width=4, actions=actions)
    state = make_state([(0, 0), (0, 0)], [(1, 2)], [0])
    for action, cell in enumerate(expected):
        state_after = step(game, state, jnp.array([action, action]), jax.random.key(0))[0]
        np.testing.assert_array_equal(state_after.player_cells, [cell, cell])


def test_action_orders_differ_by_the_published_permutation() -> None:
    permuted = tuple(coin_game.LOQA_ACTIONS[index] for index in (1, 0, 3, 2))
    assert permuted == coin_game.POLA_ACTIONS


def test_observation_shows_each_player_itself_first() -> None:
    state = make_state([(0, 1), (2, 0)], [(1, 2)], [1])
    first, second, coin, nothing = (np.zeros((3, 3)) for _ in range(4))
    first[0, 1] = second[2, 0] = coin[1, 2] = 1
    seen_by_first, seen_by_second = observe(CoinGame(), state)
    np.testing.assert_array_equal(seen_by_first, [first, second, nothing, coin])
    np.testing.assert_array_equal(seen_by_second, [second, first, coin, nothing])
    same = observe(CoinGame(view="absolute"), state)
    np.testing.assert_array_equal(same, [seen_by_first, seen_by_first])


def test_observation_of_three_players_is_a_cyclic_shift() -> None:
    game = CoinGame(height=2, width=5, num_players=3)
    state = make_state([(0, 0), (0, 1), (1, 4)], [(1, 2)], [2])
    planes = np.asarray(observe(game, state)[0])
    cells = [np.argwhere(plane).tolist() for plane in planes]
    assert cells == [[[0, 0]], [[0, 1]], [[1, 4]], [], [], [[1, 2]]]
    for seat, order in [(1, [1, 2, 0, 4, 5, 3]), (2, [2, 0, 1, 5, 3, 4])]:
        np.testing.assert_array_equal(observe(game, state)[seat], planes[order])


@pytest.mark.parametrize("num_players", [2, 3])
@pytest.mark.parametrize("coins", ["single_alternating", "one_per_player"])
def test_renaming_the_players_renames_everything(
    coins: Literal["single_alternating", "one_per_player"], num_players: int
) -> None:
    game = CoinGame(3, 4, num_players, coins=coins)
    for seed in range(20):
        reset_key, action_key, step_key = jax.random.split(jax.random.key(seed), 3)
        state = reset(game, reset_key)
        rolled = roll_players(game, state)
        actions = jax.random.randint(action_key, (num_players,), 0, 4)
        np.testing.assert_array_equal(
            observe(game, rolled), jnp.roll(observe(game, state), 1, axis=0)
        )
        after, rewards = step(game, state, actions, jax.random.clone(step_key))
        rolled_after, rolled_rewards = step(game, rolled, jnp.roll(actions, 1), step_key)
        np.testing.assert_array_equal(rolled_rewards, jnp.roll(rewards, 1))
        if coins == "one_per_player":  # new coins are drawn in the order of their owners
            after, rolled_after = (s._replace(coin_cells=0) for s in (after, rolled_after))
            after = after._replace(player_cells=jnp.roll(after.player_cells, 1, axis=0))
            jax.tree.map(np.testing.assert_array_equal, rolled_after, after)
            continue
        expected = roll_players(game, after)
        jax.tree.map(np.testing.assert_array_equal, rolled_after, expected)
        for script in SCRIPTS:
            for player in range(num_players):
                np.testing.assert_array_equal(
                    script(game, rolled, (player + 1) % num_players), script(game, state, player)
                )


@functools.partial(jax.jit, static_argnums=0)
def random_episode(game: CoinGame, key: Array) -> tuple[CoinGameState, Array, Array]:
    """States [T + 1, ...], rewards [T, P] and observations [T + 1, P, ...] of random moves."""

    def one_step(carry: tuple[CoinGameState, Array], _: None) -> tuple:
        state, key = carry
        key, action_key, step_key = jax.random.split(key, 3)
        actions = jax.random.randint(action_key, (game.num_players,), 0, game.num_actions)
        next_state, rewards = coin_game.step(game, state, actions, step_key)
        return (next_state, key), (next_state, rewards)

    reset_key, key = jax.random.split(key)
    start = coin_game.reset(game, reset_key)
    played: tuple[CoinGameState, Array]
    _, played = jax.lax.scan(one_step, (start, key), None, length=NUM_STEPS)
    following, rewards = played
    states = jax.tree.map(lambda a, b: jnp.concatenate([a[None], b]), start, following)
    return states, rewards, jax.vmap(functools.partial(coin_game.observe, game))(states)


@strategies.composite
def coin_games(draw: strategies.DrawFn) -> CoinGame:
    """Draws a small game of any dialect."""
    return CoinGame(
        height=draw(strategies.integers(2, 5)),
        width=draw(strategies.integers(2, 7)),
        num_players=draw(strategies.sampled_from([2, 3])),
        coins=draw(strategies.sampled_from(["single_alternating", "one_per_player"])),
        coin_avoids_players=draw(strategies.booleans()),
        actions=draw(strategies.permutations(coin_game.PAX_ACTIONS).map(tuple)),
    )


@hypothesis.settings(max_examples=5, deadline=None, derandomize=True, database=None)
@hypothesis.given(coin_games(), strategies.integers(0, 2**31 - 1))
def test_rules_hold_in_random_games(game: CoinGame, seed: int) -> None:
    episode = random_episode(game, jax.random.key(seed))
    states, rewards, observations = jax.tree.map(np.asarray, episode)
    num_players, grid = game.num_players, [game.height, game.width]
    for cells in (states.player_cells, states.coin_cells):
        assert np.all((cells >= 0) & (cells < grid))
    np.testing.assert_array_equal(states.time, np.arange(len(states.time)))
    owner = states.coin_owners[0]
    for time in range(len(rewards)):
        expected = np.zeros(num_players)
        for number, coin in enumerate(states.coin_cells[time]):
            players = states.player_cells[time + 1]
            takers = [p for p in range(num_players) if tuple(players[p]) == tuple(coin)]
            expected[takers] += 1
            expected[owner[number]] -= 2 * any(taker != owner[number] for taker in takers)
            if not takers:
                np.testing.assert_array_equal(states.coin_cells[time + 1, number], coin)
            elif game.coins == "single_alternating":
                owner = (owner + 1) % num_players
        np.testing.assert_array_equal(rewards[time], expected)
        np.testing.assert_array_equal(states.coin_owners[time + 1], owner)
    is_under_player = states.coin_cells[:, :, None] == states.player_cells[:, None]
    assert not (game.coin_avoids_players and is_under_player.all(axis=-1).any())
    assert np.all(observations.sum(axis=(2, 3, 4)) == num_players + game.num_coins)


def test_same_key_gives_the_same_episode_and_another_key_another() -> None:
    first, again, other = (random_episode(CoinGame(), jax.random.key(seed)) for seed in (0, 0, 1))
    jax.tree.map(np.testing.assert_array_equal, first, again)
    assert np.any(np.asarray(first[2]) != np.asarray(other[2]))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"num_players": 4}, r"num_players must be one of \(2, 3\), got 4"),
        ({"coins": "two"}, "coins must be one of .*'one_per_player'.*, got 'two'"),
        ({"view": "mine"}, "view must be one of .*'absolute'.*, got 'mine'"),
        ({"height": 1, "width": 2}, "more cells than the 2 players, got height 1 and width 2"),
        ({"height": -3, "width": -3}, "got height -3 and width -3; try 3 and 3"),
        ({"episode_length": 0}, "episode_length must be positive, got 0; try 50"),
        ({"actions": ("left", "right", "up")}, "in any order, .*got .*try LOQA_ACTIONS"),
        ({"actions": ("left",) * 4}, "in any order, .*got .*try LOQA_ACTIONS"),
        ({"payoffs": (1.0, -2.0)}, r"own coin, .* got \(1.0, -2.0\); try \(1.0, 1.0, -2.0\)"),
    ],
)
def test_bad_parameters_are_refused_with_advice(parameters: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CoinGame(**parameters)
