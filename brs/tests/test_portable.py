"""Exported players play as those in memory do, whatever made them."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from brs import coin_game_players
from brs.coin_game_players import CONTROLLERS, controlled
from brs.config import AmortisedConfig, BrsConfig, ExactCoinConfig
from brs.evaluation import portable_players
from brs.exact import coin_game_brs, coin_game_values, coin_table
from brs.run.cli import main
from brs.run.export import player_of
from brs.run.training_run import KINDS, Trainer
from common import coin_game, coin_game_policy, coin_game_policy_trial
from common.coin_game import CoinGame
from common.coin_game_policy import Origin
from common.logger.errors import UserError
from common.logger.run_folder import RunOptions

pytestmark = pytest.mark.usefixtures("keys_unchecked", "policies_untried")
SIZES: dict[str, Any] = {
    "grid_size": 2,
    "episode_length": 5,
    "num_updates": 1,
    "eval_every_updates": 1,
}
CONFIGS = {
    "learned": BrsConfig(**SIZES, hidden_size=4, detective_hidden_size=4),
    "table": BrsConfig(**SIZES, agent="table", hidden_size=4, detective_hidden_size=4),
    "exact": ExactCoinConfig(**SIZES),
}
ORIGIN = Origin("brs", "figure_1_coin_game", seed=7, update=1)


@pytest.mark.parametrize("seat", [0, 1])
@pytest.mark.parametrize("size", [2, 3])
def test_the_state_is_read_back_from_what_a_player_sees(size, seat):
    """A player sees all but the time; the state in its own view has the same observation."""
    game = CoinGame(size, size)
    states = coin_game_values.all_states(game)
    seen = jax.vmap(lambda state: coin_game.observe(game, state)[seat])(states)
    read = jax.vmap(lambda each: coin_game_players.seen_state(game, each))(seen)
    again = jax.vmap(lambda state: coin_game.observe(game, state)[0])(read)
    np.testing.assert_array_equal(again, seen)
    index = jax.vmap(lambda state: coin_game_values.index_seen(game, state, seat))(states)
    np.testing.assert_array_equal(index, coin_game_values.state_index(game, read))


def written(path, name):
    """A file, and the player and parameters that it is of."""
    if name == "Coin-TFT":
        game, params = CoinGame(2, 2, episode_length=5), ()
        player = controlled(game, CONTROLLERS[name])
    else:
        training = KINDS[type(CONFIGS[name])].make_train(CONFIGS[name])
        params = training.learner(training.init(jax.random.key(0)))
        params = jax.tree.map(lambda leaf: 3 * leaf, params)  # far from uniform
        game, player = player_of(CONFIGS[name], "run")
    portable_players.write(path, player, params, game, ORIGIN)
    return path, game, player, params


@pytest.mark.parametrize("name", [*CONFIGS, "Coin-TFT"])
def test_the_exported_player_plays_the_episodes_of_the_one_in_memory(tmp_path, name):
    """Same luck, same opponent: what both seats get, and how it chose, is the same."""
    path, game, player, params = written(tmp_path / "player.policy", name)
    read = portable_players.read(path)
    assert read.game == game
    other = controlled(game, CONTROLLERS["random"])
    episodes = [
        coin_game_players.play_many(game, (other, each), ((), own), jax.random.key(1), 8)
        for each, own in ((player, params), (read.player, ()))
    ]
    np.testing.assert_array_equal(episodes[0].actions, episodes[1].actions)
    probs = [jnp.exp(each.log_policies[:, :, 1]) for each in episodes]
    np.testing.assert_allclose(*probs, atol=1e-6)
    assert jnp.std(probs[0]) > 0.05


def test_exact_tables_play_as_backward_induction_says():
    """The mean of many episodes of the tabular player is its exact value against AC."""
    training = coin_game_brs.make_train(CONFIGS["exact"])
    logits = 20 * training.init(jax.random.key(4)).params
    game, player = player_of(CONFIGS["exact"], "run")
    script = CONTROLLERS["AC"]
    exact = coin_game_values.match(
        game, coin_game_values.tabulate(game, script), coin_table.tables(logits)
    )
    rewards = coin_game_players.play_many(
        game, (controlled(game, script), player), ((), logits), jax.random.key(5), 4000
    ).rewards
    means, errors = jnp.mean(jnp.sum(rewards, 1), 0), jnp.std(jnp.sum(rewards, 1), 0) / 4000**0.5
    assert abs(means[0] - exact.responder) < 4 * errors[0]
    assert abs(means[1] - exact.agent) < 4 * errors[1]


@pytest.mark.slow
def test_a_player_of_a_run_is_exported_by_the_command(tmp_path, capsys):
    """Of the seed asked for: the file is the one that its parameters in memory give."""
    run_dir, file = tmp_path / "run", tmp_path / "player.policy"
    trainer = Trainer(tmp_path, [3, 4], RunOptions(quiet=True), "figure_1_coin_game")
    result = trainer.train(CONFIGS["table"], path=run_dir)
    assert main(["export", str(run_dir), "--seed", "4", "--output", str(file)]) == 0
    assert "player after 1 updates" in capsys.readouterr().out
    coin_game_policy_trial.try_out(file)
    read = coin_game_policy.load(file)
    assert tuple(read.header[name] for name in ("paper", "seed", "update")) == ("brs", 4, 1)
    seen = coin_game.observe(read.game, coin_game.reset(read.game, jax.random.key(0)))[:1]
    key = jnp.zeros((1, 2), jnp.uint32)
    _, _, log_probs = read.act.call(read.initial_carry.call(seen), seen, key)
    state = coin_game_players.seen_state(read.game, seen[0])
    index = coin_game_values.index_seen(read.game, state, 0)
    logits = result.params["actor"][:, 0, index]  # of both seeds, in the first mode
    np.testing.assert_allclose(log_probs[0], jax.nn.log_softmax(logits[1]), atol=1e-5)
    assert jnp.max(jnp.abs(log_probs[0] - jax.nn.log_softmax(logits[0]))) > 1e-3


def test_players_of_the_prisoners_dilemma_are_not_exported():
    with pytest.raises(UserError, match="run is no run of the Coin Game"):
        player_of(AmortisedConfig(), "run")
    with pytest.raises(UserError, match="no run of the Coin Game"):
        player_of(BrsConfig(game="ipd"), "run")
