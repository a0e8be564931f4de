"""Tree searches in a game that is small enough to know everything about."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from brs import coin_game_players
from brs.coin_game_players import CONTROLLERS, controlled
from brs.exact import coin_game_values
from brs.responders import open_loop_search, search_model, searcher
from brs.responders.config import SearchConfig
from brs.responders.search_model import Case, Model, Node
from common import coin_game
from common.coin_game import CoinGame
from common.coin_game_players import always_cooperate, random_player

pytestmark = pytest.mark.usefixtures("keys_unchecked")
GAME = CoinGame(2, 2, episode_length=4)
MCTX = SearchConfig(num_simulations=24, num_trees=4, roll_out_steps=4)
OPEN_LOOP = SearchConfig("open_loop", 100, roll_out_steps=4, exploration=1.0)


@pytest.mark.parametrize("search", [MCTX, OPEN_LOOP])
def test_search_chooses_moves_of_nearly_no_regret(search):
    """Against the exact values of all moves, in random first states; random moves regret .4."""
    agent = coin_game_values.tabulate(GAME, CONTROLLERS["AC"])
    q_values = np.asarray(coin_game_values.action_values(GAME, agent))[0, 0]  # [S, A]
    model = Model(GAME, controlled(GAME, CONTROLLERS["AC"]))
    case = searcher.make_case((), "random", search.exploration)
    choose = searcher._SEARCHES[search.kind]

    def one(key):
        reset_key, search_key = jax.random.split(key)
        state = coin_game.reset(GAME, reset_key)
        node = Node(state, model.agent.start(()))
        return state, choose(search, model, case, node, search_key)

    states, actions = jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(0), 24))
    chosen = q_values[coin_game_values.state_index(GAME, states)]  # [B, A]
    regrets = chosen.max(axis=1) - chosen[np.arange(24), np.asarray(actions)]
    assert np.mean(chosen.max(axis=1) - chosen.mean(axis=1)) > 0.25
    assert np.mean(regrets) < 0.08


def test_upper_bounds_are_those_of_uct():
    bounds = open_loop_search.upper_bounds(
        jnp.array((4.0, 1.0, 0.0)), jnp.array((2.0, 1.0, 0.0)), jnp.array(2.0)
    )
    expected = [0.5 + 2 * np.sqrt(np.log(6) / 4), 1 + 2 * np.sqrt(np.log(6)), np.inf]
    np.testing.assert_allclose(bounds, expected, rtol=1e-6)


def test_roll_outs_of_the_model_have_the_exact_mean_and_end_with_the_episode():
    """A searcher that plays AC against Coin-TFT, from the start: rewards of the exact match."""
    game = CoinGame(2, 2, episode_length=6)
    model = Model(game, controlled(game, CONTROLLERS["Coin-TFT"]))
    case = Case((), jnp.array(1, jnp.int32), jnp.array(1.0))

    def one(key):
        reset_key, play_key = jax.random.split(key)
        node = Node(coin_game.reset(game, reset_key), model.agent.start(()))
        return search_model.roll_out(model, case, node, 9, play_key)

    returns = np.asarray(jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(0), 4000)))
    tables = (coin_game_values.tabulate(game, CONTROLLERS[name]) for name in ("AC", "Coin-TFT"))
    exact = coin_game_values.match(game, *tables).responder
    assert abs(returns.mean() - exact) < 4 * returns.std() / np.sqrt(len(returns))


@pytest.mark.parametrize("name", ["AC", "random", "Coin-TFT", "Coin-Grim"])
def test_any_controller_plays_as_each_of_them_does(name):
    """Along an episode of defectors, which make everybody angry who can be."""
    together, alone = coin_game_players.any_controller(GAME), controlled(GAME, CONTROLLERS[name])
    tables = coin_game_players.as_tables(CONTROLLERS[name])
    defect = controlled(GAME, CONTROLLERS["AD"])
    episodes = [
        coin_game_players.play(GAME, (defect, player), ((), params), jax.random.key(4))
        for player, params in ((together, tables), (alone, ()))
    ]
    np.testing.assert_array_equal(episodes[0].log_policies, episodes[1].log_policies)


def test_coin_tft_turns_angry_and_forgives():
    player = controlled(GAME, CONTROLLERS["Coin-TFT"])

    def state(other, coin, owner):
        cells = jnp.array([[0, 0], other], jnp.int32)
        return coin_game.CoinGameState(
            cells, jnp.array([coin], jnp.int32), jnp.array([owner], jnp.int32), jnp.zeros(())
        )

    modes = []
    memory = player.start(())
    # My coin lies at (1, 1); the other moves there; then its own coin at (0, 1); it takes that too.
    for other, coin, owner in (((0, 1), (1, 1), 0), ((1, 1), (0, 1), 1), ((0, 1), (1, 0), 0)):
        memory, _ = player.act((), memory, state(other, coin, owner), 0)
        modes.append(int(memory.mode))
    assert modes == [0, 1, 0]


def test_scripts_of_the_bases_are_named_as_listed():
    assert list(coin_game_players.SCRIPTS) == ["random", "AC", "AD"]
    assert coin_game_players.SCRIPTS["random"] is random_player
    assert coin_game_players.SCRIPTS["AC"] is always_cooperate
