"""Tests of the matches: exact values of scripted pairs, pickups by hand and against rewards."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from common.coin_game import CoinGame, CoinGameState
from loqa import agents, coin_game_rollout
from loqa.coin_game_rollout import Episode
from loqa.config import CoinGameConfig
from loqa.evaluation import matches
from loqa.networks import Params
from loqa.tests.random_parameters import random_parameters

pytestmark = pytest.mark.usefixtures("keys_unchecked")

NUM_EPISODES = 2048
# Mean rewards per step of 50 steps on 3 x 3 cells, by dynamic programming over all 1296 states.
EXACT_REWARDS = {
    ("always_cooperate", "always_cooperate"): (0.34860, 0.34860),
    ("always_defect", "always_cooperate"): (0.63689, -0.26600),
    ("always_defect", "always_defect"): (0.0, 0.0),
    ("always_defect", "random"): (0.53112, -0.53112),
    ("always_cooperate", "random"): (0.05897, 0.11412),
}


@functools.cache
def scripted_play(game: CoinGame, *names: str) -> Episode:
    """Episodes [B, ...] of scripted players."""
    players = [coin_game_rollout.scripted(game, matches.SCRIPTS[name]) for name in names]
    params: list[Params] = [{}] * len(players)
    episodes: Episode = jax.jit(
        lambda key: matches.play_many(game, players, params, key, NUM_EPISODES)
    )(jax.random.key(0))
    return episodes


@pytest.mark.parametrize("names", EXACT_REWARDS)
def test_scripted_pairs_earn_their_exact_rewards_within_four_standard_errors(
    names: tuple[str, str],
) -> None:
    episodes = scripted_play(CoinGame(), *names)
    assert episodes.rewards.shape == (NUM_EPISODES, 50, 2)
    rewards = matches.rewards_per_step(episodes)
    per_episode = np.mean(episodes.rewards, axis=1)
    standard_errors = np.std(per_episode, axis=0) / np.sqrt(NUM_EPISODES)
    assert np.all(np.abs(rewards - np.array(EXACT_REWARDS[names])) < 4 * standard_errors)
    assert np.all(standard_errors < 0.005)


def test_cooperators_take_their_own_coins_only() -> None:
    game = CoinGame()
    own, others = matches.pickup_rates(game, scripted_play(game, *2 * ["always_cooperate"]))
    np.testing.assert_array_equal(others, [0, 0])
    rewards = matches.rewards_per_step(scripted_play(game, *2 * ["always_cooperate"]))
    np.testing.assert_allclose(own, rewards, rtol=1e-5)


@pytest.mark.parametrize("names", EXACT_REWARDS)
def test_rewards_are_own_coins_plus_others_minus_twice_what_the_other_took(
    names: tuple[str, str],
) -> None:
    game = CoinGame()
    episodes = scripted_play(game, *names)
    own, others = matches.pickup_rates(game, episodes)
    expected = own + others - 2 * others[::-1]
    np.testing.assert_allclose(matches.rewards_per_step(episodes), expected, atol=1e-6)


def test_of_three_players_each_theft_costs_the_owner_once() -> None:
    """Takers earn one each; random players often take a coin together."""
    game = CoinGame(num_players=3, episode_length=10)
    episodes = scripted_play(game, "random", "always_defect", "always_cooperate")
    own, others = matches.pickup_rates(game, episodes)
    cells, coins, owners, _ = (np.asarray(part) for part in episodes.states)
    takes = np.all(cells[:, 1:] == coins[:, :-1], axis=-1)  # [B, T, P]
    owns = owners[:, :-1] == np.arange(3)
    stolen = np.mean(owns & np.any(takes & ~owns, axis=-1, keepdims=True), axis=(0, 1))
    rewards = matches.rewards_per_step(episodes)
    np.testing.assert_allclose(rewards, own + others - 2 * stolen, atol=1e-6)
    assert np.sum(stolen) < np.sum(others) - 0.001


def test_pickup_rates_match_hand_computed_values() -> None:
    """Player 0 takes its coin, then 1 its own, then nobody, then both a coin of player 0.

    In a second episode nobody moves: it halves every rate.
    """
    cells = [[(0, 0), (1, 1)], [(0, 1), (1, 2)], [(0, 2), (2, 2)], [(1, 2), (2, 1)], [(1, 1)] * 2]
    coins, owners = [(0, 1), (2, 2), (1, 1), (1, 1), (0, 0)], [0, 1, 0, 0, 1]
    played = CoinGameState(
        jnp.array(cells), jnp.array(coins)[:, None], jnp.array(owners)[:, None], jnp.arange(5)
    )
    idle = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf[:1], leaf.shape), played)
    states = jax.tree.map(lambda *leaves: jnp.stack(leaves), played, idle)
    unused = jnp.zeros((2, 4, 2))
    own, others = matches.pickup_rates(CoinGame(), Episode(states, unused, unused, unused))
    np.testing.assert_array_equal(own, np.array([2, 1]) / 8)
    np.testing.assert_array_equal(others, np.array([0, 1]) / 8)


def test_rewards_are_averaged_over_episodes_and_steps() -> None:
    rewards = jnp.array([[[1.0, -2.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, -1.0]]])
    episodes = Episode(
        CoinGameState(*4 * [jnp.zeros(0)]), jnp.zeros_like(rewards), rewards, jnp.zeros(0)
    )
    np.testing.assert_array_equal(matches.rewards_per_step(episodes), [0.5, -0.5])


def test_an_agent_that_moves_at_random_is_evaluated_as_the_random_player() -> None:
    """Zero parameters. The mean reward of an episode deviates by less than .18: 4 errors are .023.

    By symmetry it takes as many coins of its own as of the other.
    """
    config = CoinGameConfig(actor_hidden_size=2, critic_hidden_size=2)
    game, agent = coin_game_rollout.make_game(config), agents.coin_game_agent(config)
    params = random_parameters(agent, seed=0, scale=0.0)
    metrics = jax.jit(lambda key: matches.evaluate(game, agent, params, key, 1024))(
        jax.random.key(1)
    )
    against_cooperator = EXACT_REWARDS["always_cooperate", "random"]
    against_defector = EXACT_REWARDS["always_defect", "random"]
    expected = {
        "self_play": 0,
        "vs_always_cooperate": against_cooperator[1],
        "always_cooperate_vs_agent": against_cooperator[0],
        "vs_always_defect": against_defector[1],
        "always_defect_vs_agent": against_defector[0],
        "vs_random": 0,
        "random_vs_agent": 0,
    }
    for name, value in expected.items():
        assert float(metrics[name]) == pytest.approx(value, abs=0.023), name
    assert float(metrics["own_coins"]) == pytest.approx(float(metrics["others_coins"]), abs=0.023)
    own_and_others = metrics["own_coins"] - metrics["others_coins"]
    assert float(metrics["self_play"]) == pytest.approx(float(own_and_others), abs=1e-6)
