"""Tests of Coin Game against a dynamic programme: every state, and means of 50,000 episodes."""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from common import coin_game, coin_game_players
from common.coin_game import CoinGame, CoinGameState
from common.tests import coin_game_oracle as oracle

GAMMA = 0.96
NUM_EPISODES = 50_000
BATCH_SIZE = 2_000

SCRIPTS = {
    "cooperate": (coin_game_players.always_cooperate, oracle.always_cooperate),
    "defect": (coin_game_players.always_defect, oracle.always_defect),
    "random": (coin_game_players.random_player, oracle.random_player),
}
# Pair, grid size, reward per step, discounted return and its printed decimals, over 50 steps from
# the start distribution; computed independently of this package.
EXPECTED_REWARDS = [
    ("cooperate", "cooperate", 3, (0.34860, 0.34860), (7.5426, 7.5426), 4),
    ("defect", "cooperate", 3, (0.63689, -0.26600), (13.799, -5.781), 3),
    ("defect", "defect", 3, (0, 0), (0, 0), 4),
    ("defect", "random", 3, (0.53112, -0.53112), (11.4895, -11.4895), 4),
    ("cooperate", "random", 3, (0.05897, 0.11412), (1.3853, 2.4898), 4),
    ("random", "random", 3, (0, 0), (0, 0), 4),
    ("cooperate", "cooperate", 4, (0.24342, 0.24342), (5.2308, 5.2308), 4),
]


def all_states(size: int = 3) -> tuple[np.ndarray, CoinGameState]:
    """Every state of the two-player game, as oracle indices [S, 4] and as one batch of states."""
    num_cells = size * size
    indices = np.array(list(np.ndindex(num_cells, num_cells, num_cells, 2)))
    cells = np.stack(np.divmod(indices[:, :3], size), axis=-1)
    states = CoinGameState(
        player_cells=jnp.asarray(cells[:, :2], dtype=jnp.int32),
        coin_cells=jnp.asarray(cells[:, 2:], dtype=jnp.int32),
        coin_owners=jnp.asarray(indices[:, 3:], dtype=jnp.int32),
        time=jnp.zeros(len(indices), dtype=jnp.int32),
    )
    return indices, states


def play(game: CoinGame, players: Array, batch_size: int, key: Array) -> Array:
    """Rewards of a batch of games; `players` [P] counts in SCRIPTS. Shape [T, B, P]."""
    reset_key, key = jax.random.split(key)
    scripts = [functools.partial(script, game) for script, _ in SCRIPTS.values()]

    def act(state: CoinGameState, key: Array) -> Array:
        keys = jax.random.split(key, 2)
        moves = [
            coin_game_players.sample_move(
                jax.lax.switch(players[seat], scripts, state, seat), keys[seat]
            )
            for seat in (0, 1)
        ]
        return jnp.stack(moves)

    def one_step(carry: tuple[CoinGameState, Array], _: None) -> tuple:
        states, key = carry
        key, action_key, step_key = jax.random.split(key, 3)
        actions = jax.vmap(act)(states, jax.random.split(action_key, batch_size))
        step_keys = jax.random.split(step_key, batch_size)
        states, rewards = jax.vmap(functools.partial(coin_game.step, game))(
            states, actions, step_keys
        )
        return (states, key), rewards

    reset_keys = jax.random.split(reset_key, batch_size)
    states = jax.vmap(functools.partial(coin_game.reset, game))(reset_keys)
    return jax.lax.scan(one_step, (states, key), None, length=game.episode_length)[1]


@pytest.mark.parametrize(
    ("first", "second", "size", "per_step", "discounted", "decimals"), EXPECTED_REWARDS
)
def test_dynamic_programme_gives_the_expected_rewards_and_agrees_with_itself_to_1e_9(
    first: str, second: str, size: int, per_step: tuple, discounted: tuple, decimals: int
) -> None:
    model, scripts = oracle.build_model(size), (SCRIPTS[first][1], SCRIPTS[second][1])
    average = oracle.backward_value(model, scripts, 50, 1.0) / 50
    np.testing.assert_allclose(np.round(average, 5), per_step, atol=1e-12)
    value = oracle.backward_value(model, scripts, 50, GAMMA)
    np.testing.assert_allclose(np.round(value, decimals), discounted, atol=1e-12)
    forward_average = oracle.forward_value(model, scripts, 50, 1.0) / 50
    np.testing.assert_allclose(average, forward_average, rtol=0, atol=1e-9)
    forward_value = oracle.forward_value(model, scripts, 50, GAMMA)
    np.testing.assert_allclose(value, forward_value, rtol=0, atol=1e-9)


@functools.partial(jax.jit, static_argnums=0)
def sample_returns(game: CoinGame, players: Array, key: Array) -> Array:
    """Mean reward per step and discounted return of many episodes. Shape [batches, 2, B, P]."""
    weights = GAMMA ** jnp.arange(game.episode_length)

    def play_batch(key: Array, _: None) -> tuple[Array, Array]:
        key, batch_key = jax.random.split(key)
        rewards = play(game, players, BATCH_SIZE, batch_key)
        discounted = jnp.sum(rewards * weights[:, None, None], axis=0)
        return key, jnp.stack([jnp.mean(rewards, axis=0), discounted])

    return jax.lax.scan(play_batch, key, None, length=NUM_EPISODES // BATCH_SIZE)[1]


@pytest.mark.slow
@pytest.mark.parametrize(("first", "second", "size"), [row[:3] for row in EXPECTED_REWARDS])
def test_mean_rewards_of_50_000_episodes_match_the_dynamic_programme(
    first: str, second: str, size: int
) -> None:
    players = jnp.array([list(SCRIPTS).index(name) for name in (first, second)])
    returns = np.asarray(
        sample_returns(CoinGame(size, size), players, jax.random.key(0)), dtype=np.float64
    )  # [batches, 2, B, P]
    mean, deviation = returns.mean(axis=(0, 2)), returns.std(axis=(0, 2))
    model, scripts = oracle.build_model(size), (SCRIPTS[first][1], SCRIPTS[second][1])
    expected = [
        oracle.backward_value(model, scripts, 50, 1.0) / 50,
        oracle.backward_value(model, scripts, 50, GAMMA),
    ]
    assert np.all(np.abs(mean - expected) <= 4 * deviation / np.sqrt(NUM_EPISODES))


@functools.partial(jax.jit, static_argnums=0)
def step_repeatedly(
    game: CoinGame, states: CoinGameState, actions: Array, keys: Array
) -> tuple[CoinGameState, Array]:
    """Steps each of S states with the same actions and R keys; results [S, R, ...]."""
    one_state = jax.vmap(functools.partial(coin_game.step, game), in_axes=(None, None, 0))
    return jax.vmap(one_state, in_axes=(0, None, 0))(states, actions, keys)


def chi_square_excess(counts: np.ndarray, expected: np.ndarray, num_constraints: int) -> float:
    """How many standard deviations Pearson's statistic lies above its mean."""
    is_possible = expected > 0
    assert np.all(counts[~is_possible] == 0)
    statistic = np.sum((counts - expected)[is_possible] ** 2 / expected[is_possible])
    freedom = np.sum(is_possible) - num_constraints
    return float((statistic - freedom) / np.sqrt(2 * freedom))


def test_every_state_and_joint_action_steps_as_the_oracle_says() -> None:
    model, (indices, states) = oracle.build_model(3), all_states()
    first, second, coin, owner = indices.T
    coin_counts = np.zeros((9, 9, 9))  # cells of both players, cell of the new coin
    for number, actions in enumerate(itertools.product(range(4), repeat=2)):
        keys = jax.random.split(jax.random.key(number), (len(indices), 50))
        next_states, rewards = step_repeatedly(CoinGame(), states, jnp.array(actions), keys)
        expected_rewards = model.rewards[first, second, coin, owner, *actions]
        assert np.all(rewards == expected_rewards[:, None])
        moved = np.stack([model.moved[first, actions[0]], model.moved[second, actions[1]]], axis=1)
        cells = np.asarray(next_states.player_cells) @ [3, 1]  # [S, R, P]
        assert np.all(cells == moved[:, None])
        is_taken = model.is_taken[first, second, coin, owner, *actions]
        next_owner = np.where(is_taken, 1 - owner, owner)
        assert np.all(next_states.coin_owners == next_owner[:, None, None])
        new_coins = (np.asarray(next_states.coin_cells) @ [3, 1])[..., 0]  # [S, R]
        assert np.all(new_coins[~is_taken] == coin[~is_taken, None])
        np.add.at(coin_counts, (*cells[is_taken].reshape(-1, 2).T, new_coins[is_taken].ravel()), 1)
    expected_counts = coin_counts.sum(axis=2, keepdims=True) * model.respawn
    assert coin_counts.sum() > 200_000
    assert chi_square_excess(coin_counts, expected_counts, num_constraints=81) < 4


def test_scripted_players_move_as_the_oracle_says_in_every_state() -> None:
    for size in (3, 4):
        indices, states = all_states(size)
        for script, oracle_script in SCRIPTS.values():
            for seat in (0, 1):
                move = functools.partial(script, CoinGame(size, size), player=seat)
                probabilities = jax.jit(jax.vmap(move))(states)
                expected = [
                    oracle_script(size, index[seat], index[2], index[3] == seat)
                    for index in indices
                ]
                np.testing.assert_allclose(probabilities, expected, rtol=1e-6)


def test_start_is_distributed_as_the_oracle_says() -> None:
    keys = jax.random.split(jax.random.key(0), NUM_EPISODES)
    states = jax.jit(jax.vmap(functools.partial(coin_game.reset, CoinGame())))(keys)
    players = np.asarray(states.player_cells) @ [3, 1]
    coins = np.asarray(states.coin_cells)[:, 0] @ [3, 1]
    counts = np.zeros((9, 9, 9, 2))
    np.add.at(counts, (*players.T, coins, np.asarray(states.coin_owners)[:, 0]), 1)
    expected = oracle.start_distribution(oracle.build_model(3)) * NUM_EPISODES
    assert chi_square_excess(counts, expected, num_constraints=1) < 4
