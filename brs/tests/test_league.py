"""Leagues: matches against exact values, responders against the exact one, and files that enter."""

import numpy as np
import pytest

from brs.coin_game_players import CONTROLLERS, controlled
from brs.config import ExactCoinConfig
from brs.evaluation import portable_players
from brs.evaluation.config import LeagueConfig
from brs.evaluation.exploitability import exploitability
from brs.evaluation.head_to_head import head_to_head
from brs.exact import coin_game_values
from brs.responders.config import DistillationConfig, ResponderConfig, SearchConfig
from brs.run.training_run import Trainer
from common.coin_game import CoinGame
from common.coin_game_policy import Origin
from common.logger.errors import UserError
from common.logger.run_folder import RunOptions

pytestmark = pytest.mark.usefixtures("keys_unchecked", "policies_untried")
TINY = ExactCoinConfig(grid_size=2, episode_length=4, num_updates=1, eval_every_updates=1)
GAME = CoinGame(2, 2, episode_length=4)
SEARCH = SearchConfig("open_loop", 48, roll_out_steps=4, exploration=1.0)
RESPONDER = ResponderConfig(
    num_updates=2, num_eval_episodes=8, batch_size=4, num_epochs=1, hidden_size=4
)


def play(league, tmp_path, **changes):
    trainer = Trainer(tmp_path / "runs", [3, 4], RunOptions(quiet=True), "league")
    config = LeagueConfig((("brs", TINY),), league.__name__, **changes)
    return league(config, trainer).metrics


def save_script(path, name, game):
    player = controlled(game, CONTROLLERS[name])
    portable_players.write(path, player, (), game, Origin("brs", "script", 0, 0))
    return str(path)


def test_matches_have_the_exact_values_of_scripts_and_files(tmp_path):
    """4 x 3000 episodes; a script read back from its file gets what the script gets."""
    file = save_script(tmp_path / "taker.policy", "AD", CoinGame(2, 2, episode_length=9))
    metrics = play(head_to_head, tmp_path, policies=(file,), num_episodes=3000)
    tables = {name: coin_game_values.tabulate(GAME, CONTROLLERS[name]) for name in ("AC", "AD")}
    exact = coin_game_values.match(GAME, tables["AC"], tables["AD"])
    for name in ("AD", "taker"):
        np.testing.assert_allclose(np.mean(metrics[f"AC_vs_{name}"]), exact[0] / 4, atol=0.02)
        np.testing.assert_allclose(np.mean(metrics[f"{name}_vs_AC"]), exact[1] / 4, atol=0.02)
    names = ("brs", "AC", "AD", "Coin-TFT", "taker")
    matches = {name for name in metrics if "_vs_" in name}
    assert matches == {f"{row}_vs_{column}" for row in names for column in names}
    gaps = np.array(metrics["AC_vs_AD"]) - metrics["AD_vs_AC"]
    np.testing.assert_allclose(np.mean(metrics["AC_over_AD"]), np.mean(gaps), atol=1e-6)
    assert all(len(values) == 2 for values in metrics.values())


@pytest.mark.slow
def test_the_strongest_responder_comes_near_the_exact_one(tmp_path):
    metrics = play(
        exploitability,
        tmp_path,
        scripts=("AC",),
        searches=(SEARCH,),
        num_search_episodes=100,
        responder=RESPONDER,
    )
    table = coin_game_values.tabulate(GAME, CONTROLLERS["AC"])
    exact = coin_game_values.best_response(GAME, table).responder / 4
    np.testing.assert_allclose(metrics["AC_exact_best_response"], exact, atol=1e-6)
    found = [np.mean(metrics[f"AC_{each}"]) for each in ("open_loop_AC", "open_loop_AD", "trained")]
    np.testing.assert_allclose(np.mean(metrics["AC_best_response"]), max(found))
    assert abs(np.mean(metrics["AC_shortfall"])) < 0.08
    assert found[2] < max(found) - 0.2  # two updates of training are no best response
    shortfalls = np.array([metrics["AC_shortfall"], metrics["brs_shortfall"]])
    np.testing.assert_array_equal(metrics["largest_shortfall"], shortfalls.max(axis=0))


@pytest.mark.slow
def test_a_file_of_another_game_does_not_enter(tmp_path):
    file = save_script(tmp_path / "big.policy", "AD", CoinGame(3, 3, episode_length=4))
    with pytest.raises(UserError, match="big plays another game: height: 3, not 2"):
        play(head_to_head, tmp_path, policies=(file,), num_episodes=1)
    save_script(tmp_path / "AD.policy", "AD", GAME)
    with pytest.raises(UserError, match="two agents are called AD"):
        play(
            head_to_head,
            tmp_path / "again",
            policies=(str(tmp_path / "AD.policy"),),
            num_episodes=1,
        )


@pytest.mark.slow
def test_files_are_seeds_of_one_agent_each_judged_in_its_own_game(tmp_path):
    """AC on 2x2 and on 3x3: a value per file, each the exact one of its game."""
    games = [CoinGame(size, size, episode_length=4) for size in (2, 3)]
    paths = [tmp_path / name for name in ("kind_seed_1.policy", "kind_seed_2.policy")]
    files = [save_script(p, "AC", game) for p, game in zip(paths, games, strict=True)]
    trainer = Trainer(tmp_path / "runs", [3, 4], RunOptions(quiet=True), "league")
    sizes = DistillationConfig(0, num_episodes=400, num_rounds=1, prior_visits=0.01)
    config = LeagueConfig(
        (), "exploitability", (), tuple(files), num_episodes=2000, distillation=sizes
    )
    metrics = exploitability(config, trainer).metrics
    tables = [coin_game_values.tabulate(game, CONTROLLERS["AC"]) for game in games]
    exact = [
        coin_game_values.best_response(*both)[0] / 4 for both in zip(games, tables, strict=True)
    ]
    np.testing.assert_allclose(metrics["kind_best_response"], exact, atol=0.06)
    np.testing.assert_allclose(metrics["kind_controller_best_response"], exact, atol=0.03)
    assert metrics["kind_distilled_shortfall"] == [0.0, 0.0]
    ours = [coin_game_values.self_play(*both)[0] / 4 for both in zip(games, tables, strict=True)]
    np.testing.assert_allclose(metrics["kind_self"], ours, atol=0.03)
    np.testing.assert_allclose(metrics["AC_vs_kind"], ours, atol=0.03)
    assert "largest_shortfall" not in metrics
