"""Tests of portable policies and of what is drawn: the file plays as the agent does."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from advantage_alignment import (
    commons_harvest,
    contestants,
    harvest_drawing,
    matches,
    methods,
    portable,
    show,
)
from advantage_alignment.arguments import SELF
from advantage_alignment.commons_harvest import CommonsHarvest
from advantage_alignment.errors import UserError
from advantage_alignment.tests.test_commons_harvest import scene
from advantage_alignment.tests.test_rollout import randomised
from advantage_alignment.training_configs import PUBLISHED
from common.coin_game import POLA_ACTIONS, CoinGame
from common.logger import atomic

CONFIG = replace(PUBLISHED["coin_game"], hidden_size=8)
AGENT = methods.make_agent(CONFIG)
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
    game = methods.make_game(CONFIG)
    exported = contestants.of_file(file)
    ours = (methods.learned(AGENT), params)
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
        contestants.of_file(path)
    other = tmp_path / "other"
    atomic.write_checked(other, b"", {"format": "recipe"})
    with pytest.raises(UserError, match="is no portable policy"):
        portable.load(other)
    with pytest.raises(UserError, match="unknown player 'nobody'"):
        contestants.find("nobody")


def test_an_episode_of_scripts_is_drawn(tmp_path):
    path = tmp_path / "episode.png"
    written, rewards = show.show("AC", SELF, seed=None, episode_seed=0, output=path)
    assert written == path
    assert path.stat().st_size > 1000
    assert list(rewards) == ["AC (seat 0)", "AC (seat 1)"]


def test_runs_of_other_games_are_not_exported(finished_run):
    with pytest.raises(UserError, match="is a run of ipd, not of coin_game"):
        contestants.export(finished_run, None, None, None)
    with pytest.raises(UserError, match="no sight"):
        show.show(str(finished_run), SELF, seed=None, episode_seed=0, output=None)


def test_apples_and_players_are_drawn_where_they_are(monkeypatch):
    game, state = scene(monkeypatch, "WWWWW\nWo_>W\nWWWWW")
    image = harvest_drawing.render(game, state)
    assert image.shape == (5 * 8, 5 * 8, 3)
    centres = image[4::8, 4::8][:3].tolist()
    assert centres[1][1] == list(harvest_drawing._APPLE)
    assert centres[1][2] == list(harvest_drawing._FLOOR)
    assert centres[1][3] == list(harvest_drawing._PLAYERS[0])
    assert centres[0][0] == list(harvest_drawing._WALL)
    open_map = CommonsHarvest()
    assert harvest_drawing.render(open_map, _start(open_map)).shape == (144, 192, 3)


def _start(game):
    return jax.tree.map(np.asarray, commons_harvest.reset(game, jax.random.key(0)))


def test_an_episode_of_the_commons_is_a_gif(tmp_path):
    game = CommonsHarvest("small", 2)
    states = jax.tree.map(lambda leaf: np.stack([leaf] * 3), _start(game))
    path = tmp_path / "episode.gif"
    harvest_drawing.draw_episode(game, states, path)
    assert path.read_bytes()[:3] == b"GIF"
