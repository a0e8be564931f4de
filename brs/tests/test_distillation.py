"""Distilled controllers: agents of finite memory are found again; what responses to them get."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from brs import coin_game_players
from brs.coin_game_players import CONTROLLERS, NOTHING, TOOK_ITS_OWN, TOOK_MINE, controlled
from brs.exact import coin_game_values, coin_table
from brs.responders import distillation, distilled_responder
from brs.responders.config import DistillationConfig
from common.coin_game import CoinGame

pytestmark = pytest.mark.usefixtures("keys_unchecked")
GAME = CoinGame(2, 2, episode_length=8)
SIZES = DistillationConfig(
    num_remembered_coins=1, num_episodes=400, num_rounds=3, prior_visits=0.01
)


def distil(player, params=(), config=SIZES):
    learn = jax.jit(
        lambda params, key: distilled_responder.learn(config, GAME, player, params, key)
    )
    return learn(params, jax.random.key(0))


def exact(table):
    return np.array(coin_game_values.best_response(GAME, table)) / GAME.episode_length


@pytest.mark.parametrize("name", ["AC", "Coin-TFT"])
def test_a_script_of_finite_memory_is_found_again(name):
    """No KL, and from controller and script alike the response gets the script's exact value."""
    found = distil(controlled(GAME, CONTROLLERS[name]))
    values = exact(coin_game_values.tabulate(GAME, CONTROLLERS[name]))
    assert np.mean(found.action_kl) < 5e-3
    assert np.mean(found.action_kl_met) < 1e-3
    np.testing.assert_allclose(found.planned, values[0], atol=5e-3)
    errors = np.std(found.rewards, axis=0) / len(found.rewards) ** 0.5
    assert np.all(np.abs(np.mean(found.rewards, axis=0) - values) < 4 * errors + 5e-3)


def test_a_memory_that_is_too_short_shows_in_the_kl_and_still_bounds_from_below():
    """A table without memory cannot be Coin-TFT; its best response gets at most the exact value."""
    player = controlled(GAME, CONTROLLERS["Coin-TFT"])
    short = distil(player, config=DistillationConfig(0, 400, 3, 0.01))
    assert np.mean(short.action_kl) > 0.05
    value = exact(coin_game_values.tabulate(GAME, CONTROLLERS["Coin-TFT"]))[0]
    error = np.std(short.rewards[:, 0]) / len(short.rewards) ** 0.5
    assert np.mean(short.rewards[:, 0]) < value + 4 * error


def test_a_table_that_mixes_its_moves_is_found_again():
    logits = 2 * jax.random.normal(
        jax.random.key(3), coin_table.init_logits(GAME, jax.random.key(1)).shape
    )
    found = distil(coin_table.player(GAME), logits)
    values = exact(coin_table.tables(logits))
    assert np.mean(found.action_kl_met) < 1e-2
    np.testing.assert_allclose(found.planned, values[0], atol=2e-2)
    error = np.std(found.rewards[:, 0]) / len(found.rewards) ** 0.5
    assert abs(np.mean(found.rewards[:, 0]) - values[0]) < 4 * error + 5e-3


def test_the_response_in_play_gets_what_backward_induction_says():
    """4000 episodes of the responder to the true Coin-TFT against it."""
    script = CONTROLLERS["Coin-TFT"]
    table = coin_game_values.tabulate(GAME, script)
    values, q_values = coin_game_values.solve(GAME, table, coin_game_values.greedy, discount=1.0)
    policy = jax.vmap(coin_game_values.greedy)(q_values)
    memory = distillation.Memory(np.array(script.next_modes), np.zeros(2, int))
    players = (distilled_responder.responder(GAME, memory), controlled(GAME, script))
    rewards = coin_game_players.play_many(
        GAME, players, (policy, ()), jax.random.key(2), 4000
    ).rewards
    totals = np.sum(np.asarray(rewards), axis=1)
    errors = np.std(totals, axis=0) / 4000**0.5
    assert np.all(np.abs(np.mean(totals, axis=0) - np.array(values)) < 4 * errors)


def test_modes_are_the_coins_taken_last():
    """Nothing; mine; own; then all pairs, oldest first: (m m) (m o) (o m) (o o) are 3 to 6."""
    memory = distillation.last_coins(2)
    mode, seen = 0, []
    for event in (NOTHING, TOOK_MINE, TOOK_ITS_OWN, NOTHING, TOOK_MINE, TOOK_MINE):
        mode = int(memory.next_modes[mode, event])
        seen.append(mode)
    assert seen == [0, 1, 4, 4, 5, 3]
    np.testing.assert_array_equal(memory.shorter, [0, 1, 2, 1, 2, 1, 2])
    np.testing.assert_array_equal(distillation.last_coins(0).next_modes, [[0, 0, 0]])


def test_rare_situations_borrow_from_the_shorter_memory():
    """Worked by hand: one visit in mode 1, none in mode 2, prior of one visit, two moves seen."""
    probs = jnp.zeros((3, 1, 4)).at[1, 0].set(jnp.array([1.0, 0.0, 0.0, 0.0]))
    visits = distillation.Visits(probs, jnp.zeros((3, 1)).at[1, 0].set(1.0))
    table = distillation.fit(visits, 1, 1.0).probs[:, 0]
    without = np.array([0.625, 0.125, 0.125, 0.125])  # (1 + .25) / 2, (0 + .25) / 2
    np.testing.assert_allclose(table[0], without)
    np.testing.assert_allclose(table[2], without)
    np.testing.assert_allclose(table[1], (np.array([1.0, 0, 0, 0]) + without) / 2)


def test_action_kl_matches_a_hand_computed_value():
    """A sure agent and a uniform table: log 4 in the first of two steps, 0 in the second."""
    seen = distillation.Behaviour(
        jnp.zeros((1, 2), jnp.int32),
        jnp.array([[0, 1]]),
        jnp.array([[[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]]),
    )
    probs = jnp.array([[[0.25, 0.25, 0.25, 0.25], [0.0, 1.0, 0.0, 0.0]]])
    table = coin_game_values.Agent(probs, np.zeros((1, 3), int))
    np.testing.assert_allclose(distillation.action_kl(table, seen), [np.log(4) / 2], rtol=1e-6)
