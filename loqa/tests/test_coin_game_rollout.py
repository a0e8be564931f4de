"""Tests of the Coin Game's rollout: episodes replayed by hand in numpy, and who moved how."""

import functools
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from common import coin_game, coin_game_players
from common.coin_game import CoinGame
from loqa import agents, coin_game_rollout
from loqa.coin_game_rollout import Episode
from loqa.config import CoinGameConfig
from loqa.networks import Agent, Params
from loqa.rollout import Trajectory
from loqa.tests.random_parameters import random_parameters

NUM_EPISODES, NUM_STEPS = 256, 8
STEPS = np.array([(0, -1), (0, 1), (-1, 0), (1, 0)])  # left, right, up, down
many_games = pytest.mark.usefixtures("keys_unchecked")
PLAYERS = pytest.mark.parametrize("num_players", [2, 3])


def make(num_players: int) -> tuple[CoinGame, Agent, tuple[Params, ...]]:
    """A small game, its agent, and different parameters for every seat."""
    config = CoinGameConfig(
        num_players=num_players,
        episode_length=NUM_STEPS,
        actor_hidden_size=4,
        critic_hidden_size=4,
    )
    agent = agents.coin_game_agent(config)
    params = tuple(random_parameters(agent, seed, scale=1.0) for seed in range(num_players))
    return coin_game_rollout.make_game(config), agent, params


Play = Callable[[Sequence[Params], Array], Episode]


def compiled_play(game: CoinGame, players: Sequence[coin_game_rollout.Player]) -> Play:
    """Plays many episodes [B, ...] with any parameters."""

    def play_many(params: Sequence[Params], key: Array) -> Episode:
        play = functools.partial(coin_game_rollout.play, game, players, params)
        return jax.vmap(play)(jax.random.split(key, NUM_EPISODES))

    return jax.jit(play_many)


@functools.cache
def learned_players(num_players: int) -> Play:
    game, agent, _ = make(num_players)
    return compiled_play(game, (coin_game_rollout.learned(game, agent),) * num_players)


@functools.cache
def learned_play(num_players: int) -> tuple[Episode, Trajectory]:
    """Episodes [B, ...] of the agents of `make`, in numpy, and what they saw of them."""
    game, _, params = make(num_players)
    episodes = learned_players(num_players)(params, jax.random.key(0))
    trajectories = jax.vmap(functools.partial(coin_game_rollout.trajectory, game))(episodes)
    numpy: tuple[Episode, Trajectory] = jax.tree.map(np.asarray, (episodes, trajectories))
    return numpy


def planes(cells: np.ndarray | Array) -> np.ndarray:
    """A one at each cell (row, column) of the 3 x 3 grid: [..., 2] to [..., 9]."""
    return np.eye(9)[np.asarray(3 * cells[..., 0] + cells[..., 1])]


@many_games
@PLAYERS
def test_states_follow_from_the_moves(num_players: int) -> None:
    episodes, _ = learned_play(num_players)
    cells, coins, owners, times = episodes.states
    np.testing.assert_array_equal(cells[:, 1:], (cells[:, :-1] + STEPS[episodes.actions]) % 3)
    np.testing.assert_array_equal(times, np.tile(np.arange(NUM_STEPS + 1), (NUM_EPISODES, 1)))
    is_taken = np.any(np.all(cells[:, 1:] == coins[:, :-1], axis=-1), axis=-1)  # [B, T]
    np.testing.assert_array_equal(coins[:, 1:][~is_taken], coins[:, :-1][~is_taken])
    np.testing.assert_array_equal(owners[:, 1:, 0], (owners[:, :-1, 0] + is_taken) % num_players)
    assert not np.any(np.all(cells[:, 1:] == coins[:, 1:], axis=-1))  # coins lie on free cells
    assert episodes.actions.dtype == np.int32
    assert np.any(is_taken)


@many_games
@PLAYERS
def test_rewards_are_those_of_the_replayed_moves(num_players: int) -> None:
    """One for each taker; the owner loses two if anybody else took its coin."""
    episodes, _ = learned_play(num_players)
    cells, coins, owners, _ = episodes.states
    takes = np.all(cells[:, 1:] == coins[:, :-1], axis=-1)  # [B, T, P]
    owns = owners[:, :-1] == np.arange(num_players)
    is_stolen = np.any(takes & ~owns, axis=-1, keepdims=True)
    np.testing.assert_array_equal(episodes.rewards, 1.0 * takes - 2.0 * (owns & is_stolen))
    assert np.any(takes & ~owns)


@many_games
@PLAYERS
def test_every_player_sees_itself_and_its_coin_first_and_the_others_in_turn(
    num_players: int,
) -> None:
    episodes, trajectories = learned_play(num_players)
    cells, coins, owners, _ = episodes.states
    for seat in range(num_players):
        seen = np.split(trajectories.observations[:, :, seat], 2 * num_players, axis=-1)
        for turn in range(num_players):
            shown = (seat + turn) % num_players
            np.testing.assert_array_equal(seen[turn], planes(cells[:, :, shown]))
            coin = (owners == shown) * planes(coins[:, :, 0])
            np.testing.assert_array_equal(seen[num_players + turn], coin)


@many_games
@PLAYERS
def test_observations_are_those_of_the_game(num_players: int) -> None:
    game, _, _ = make(num_players)
    episodes, trajectories = learned_play(num_players)
    observe = jax.vmap(jax.vmap(functools.partial(coin_game.observe, game)))
    expected = np.asarray(observe(episodes.states)).reshape(trajectories.observations.shape)
    np.testing.assert_array_equal(trajectories.observations, expected)
    jax.tree.map(np.testing.assert_array_equal, trajectories[1:4], episodes[1:])


@many_games
@PLAYERS
def test_kept_log_policies_are_those_of_each_seat_evaluated_anew(num_players: int) -> None:
    _, agent, params = make(num_players)
    episodes, trajectories = learned_play(num_players)
    evaluate = jax.jit(jax.vmap(agent.evaluate, in_axes=(None, 0)))
    for seat in range(num_players):
        log_policy = evaluate(params[seat], trajectories.observations[:, :, seat]).log_policy
        kept = episodes.log_policies[:, :, seat]
        np.testing.assert_allclose(kept, log_policy[:, :-1], rtol=1e-4, atol=1e-5)
    assert np.std(kept) > 0.1


@many_games
@PLAYERS
def test_moves_are_as_frequent_as_the_policies_say(num_players: int) -> None:
    """Of every player and move; the tolerance is four standard errors."""
    episodes, _ = learned_play(num_players)
    probs = np.exp(episodes.log_policies)  # [B, T, P, A]
    surprise = np.eye(4)[episodes.actions] - probs
    deviation = np.sqrt(np.sum(probs * (1 - probs), axis=(0, 1)))
    assert np.all(np.abs(np.sum(surprise, axis=(0, 1))) < 4 * deviation)
    of_two = surprise[..., 0, :, None] * surprise[..., 1, None, :]  # they move independently
    assert np.all(np.abs(np.sum(of_two, axis=(0, 1))) < 4 * np.sqrt(NUM_EPISODES * NUM_STEPS) / 4)


@many_games
def test_a_learned_player_remembers_the_episode() -> None:
    """In one and the same state it moves differently after different pasts."""
    episodes, trajectories = learned_play(2)
    seen = trajectories.observations[:, NUM_STEPS - 1, 0]
    log_policies = episodes.log_policies[:, NUM_STEPS - 1, 0]
    _, first, inverse = np.unique(seen, axis=0, return_index=True, return_inverse=True)
    assert np.max(np.abs(log_policies - log_policies[first][inverse])) > 0.1


def test_one_game_uses_no_key_twice() -> None:
    """Runs with the check of JAX, which batches of games trip without a reason."""
    game, agent, params = make(2)
    players = (coin_game_rollout.learned(game, agent),) * 2
    play = jax.jit(functools.partial(coin_game_rollout.play, game, players, params))
    with jax.debug_key_reuse(True):
        assert play(jax.random.key(0)).actions.shape == (NUM_STEPS, 2)


@many_games
def test_same_key_gives_the_same_episodes_and_another_key_others() -> None:
    *_, params = make(2)
    first, again, other = (learned_players(2)(params, jax.random.key(seed)) for seed in (0, 0, 1))
    jax.tree.map(np.testing.assert_array_equal, first, again)
    assert np.any(first.actions != other.actions)


@many_games
def test_scripted_players_follow_their_scripts_and_need_no_parameters() -> None:
    game = CoinGame(episode_length=NUM_STEPS)
    scripts = coin_game_players.always_cooperate, coin_game_players.always_defect
    players = [coin_game_rollout.scripted(game, script) for script in scripts]
    episodes = compiled_play(game, players)(({}, {}), jax.random.key(0))
    before = jax.tree.map(lambda leaf: leaf[:, :-1], episodes.states)
    for seat, script in enumerate(scripts):
        probs = jax.vmap(jax.vmap(functools.partial(script, game, player=seat)))(before)
        np.testing.assert_allclose(np.exp(episodes.log_policies[:, :, seat]), probs, rtol=1e-6)
        taken = jnp.take_along_axis(probs, episodes.actions[:, :, seat, None], axis=-1)
        assert jnp.all(taken > 0)


@many_games
def test_a_learned_and_a_scripted_player_meet() -> None:
    """The learned one, in seat 1, sees its own observation; the other has no memory."""
    game, agent, params = make(2)
    defector = coin_game_rollout.scripted(game, coin_game_players.always_defect)
    players = defector, coin_game_rollout.learned(game, agent)
    episodes = compiled_play(game, players)(({}, params[1]), jax.random.key(3))
    trajectories = jax.vmap(functools.partial(coin_game_rollout.trajectory, game))(episodes)
    evaluate = jax.jit(jax.vmap(agent.evaluate, in_axes=(None, 0)))
    expected = evaluate(params[1], trajectories.observations[:, :, 1]).log_policy[:, :-1]
    kept = episodes.log_policies[:, :, 1]
    np.testing.assert_allclose(kept, expected, rtol=1e-4, atol=1e-5)


def test_game_of_a_configuration_has_its_grid_players_and_steps() -> None:
    config = CoinGameConfig(grid_size=5, num_players=3, episode_length=7)
    expected = CoinGame(height=5, width=5, num_players=3, episode_length=7)
    assert coin_game_rollout.make_game(config) == expected
