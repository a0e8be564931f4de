"""Tests of players by name: an exported file plays as the agent does; who is refused."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from advantage_alignment.agents import sampling_player
from advantage_alignment.config import TrainingConfig
from advantage_alignment.evaluation import matches
from advantage_alignment.experiments import PAPER
from advantage_alignment.games import coin_game
from advantage_alignment.run import players
from advantage_alignment.run.training_run import SavedRun
from advantage_alignment.tests.test_rollout import CONFIGS, randomised
from common import coin_game_policy
from common.logger.errors import UserError
from common.logger.run_folder import RunFolder

CONFIG = replace(CONFIGS["coin_game"], num_eval_episodes=3, num_steps=10, episode_length=10)

pytestmark = pytest.mark.usefixtures("keys_unchecked")


def saved(config: TrainingConfig) -> SavedRun:
    """A run of two seeds, as after seven updates."""
    init = coin_game.make_agent(config).init
    params = jax.vmap(lambda key: randomised(init(key)))(jax.random.split(jax.random.key(0), 2))
    return SavedRun(config, [42, 43], params, dict, 7)


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "run"
    command = "python -m advantage_alignment train figure_2_coin_league"
    RunFolder.create(path, {}, {"command": command})
    return path


@pytest.mark.slow
def test_an_exported_file_plays_the_very_moves_of_the_agent(monkeypatch, run_dir):
    """In the same episodes, for the noise decides the same way; also as one of several rows."""
    run = saved(CONFIG)
    monkeypatch.setattr(players, "load_run", lambda path, checkpoint=None: run)
    path, step = players.export(run_dir, 43, None, None)
    assert (path.name, step) == ("player_seed_43_update_00000007.policy", 7)
    header = coin_game_policy.read(path).header
    origin = [header[name] for name in ("paper", "experiment", "seed", "update")]
    assert origin == [PAPER.name, "figure_2_coin_league", 43, 7]

    exported = players.find(str(path))
    ours = (sampling_player(coin_game.make_agent(CONFIG)), players.at_index(run.params, 1))
    theirs = (exported.player, exported.params)
    played = [
        jax.jit(lambda key, seats=seats: matches.play_many(coin_game.GAME, *seats, key, 3, 10))(
            jax.random.key(1)
        )
        for seats in ((ours, ours), (ours, theirs))
    ]
    np.testing.assert_array_equal(played[1].actions, played[0].actions)
    np.testing.assert_allclose(played[1].log_probs, played[0].log_probs, rtol=1e-4, atol=1e-5)

    rewards = players.evaluate_against(run, run_dir, path)
    assert list(rewards) == ["vs_opponent", "opponent_vs_agent"]
    assert all(len(values) == 2 for values in rewards.values())


def test_runs_of_other_games_and_unknown_seeds_are_refused(finished_run):
    with pytest.raises(UserError, match="is a run of ipd, not of coin_game"):
        players.export(finished_run, None, None, None)
    with pytest.raises(UserError, match="has no seed 7; valid: 42, 43"):
        players.index_of(saved(CONFIG), finished_run, 7)
