"""Tests of portable policies: the file plays as the agent does."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from advantage_alignment.agents import sampling_player
from advantage_alignment.config import PUBLISHED
from advantage_alignment.evaluation import matches
from advantage_alignment.games import coin_game
from advantage_alignment.run import players, portable, show
from advantage_alignment.run.arguments import SELF
from advantage_alignment.tests.test_rollout import randomised
from common.coin_game import POLA_ACTIONS, CoinGame
from common.logger import atomic
from common.logger.errors import UserError

CONFIG = replace(PUBLISHED["coin_game"], hidden_size=8)
AGENT = coin_game.make_agent(CONFIG)
ORIGIN = portable.Origin("advantage_alignment", "figure_2_coin_league", 42, 7)

pytestmark = pytest.mark.usefixtures("keys_unchecked")


@pytest.fixture(scope="module")
def params():
    return randomised(AGENT.init(jax.random.key(0)))


@pytest.fixture(scope="module")
def file(params, tmp_path_factory):
    path = tmp_path_factory.mktemp("players") / "agent.policy"
    portable.save(path, AGENT, params, CoinGame(), ORIGIN)
    return path


def test_the_file_plays_the_very_moves_of_the_agent(params, file):
    """In the same episodes, for the noise decides the same way; also as one of several rows."""
    game = coin_game.make_game(CONFIG)
    exported = players.of_file(file)
    ours = (sampling_player(AGENT), params)
    theirs = (exported.player, exported.params)
    played = [
        jax.jit(lambda key, seats=seats: matches.play_many(game, *seats, key, 3, 10))(
            jax.random.key(1)
        )
        for seats in ((ours, ours), (ours, theirs), (theirs, ours))
    ]
    for other in played[1:]:
        np.testing.assert_array_equal(other.actions, played[0].actions)
        np.testing.assert_allclose(other.log_probs, played[0].log_probs, rtol=1e-4, atol=1e-5)


def test_the_header_says_where_a_policy_comes_from(file):
    header = portable.load(file).header
    assert {name: header[name] for name in ("paper", "experiment", "seed", "update")} == {
        **ORIGIN._asdict()
    }
    assert header["signature_version"] == 1


def test_policies_of_another_game_and_other_files_are_refused(params, tmp_path):
    path = tmp_path / "pola.policy"
    portable.save(path, AGENT, params, CoinGame(actions=POLA_ACTIONS), ORIGIN)
    with pytest.raises(UserError, match="pola plays another game: actions"):
        players.of_file(path)
    other = tmp_path / "other"
    atomic.write_checked(other, b"", {"format": "recipe"})
    with pytest.raises(UserError, match="is no portable policy"):
        portable.load(other)
    with pytest.raises(UserError, match="unknown player 'nobody'"):
        players.find("nobody")


def test_an_episode_of_scripts_is_drawn(tmp_path):
    path = tmp_path / "episode.png"
    written, rewards = show.show("AC", SELF, seed=None, episode_seed=0, output=path)
    assert written == path
    assert path.stat().st_size > 1000
    assert list(rewards) == ["AC (seat 0)", "AC (seat 1)"]


def test_runs_of_other_games_are_not_exported(finished_run):
    with pytest.raises(UserError, match="is a run of ipd, not of coin_game"):
        players.export(finished_run, None, None, None)
    with pytest.raises(UserError, match="no sight"):
        show.show(str(finished_run), SELF, seed=None, episode_seed=0, output=None)
