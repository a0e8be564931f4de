"""Tests of what is drawn of Commons Harvest: apples and players where they are, GIFs."""

import jax
import numpy as np

from advantage_alignment.games import harvest_drawing, harvest_rules
from advantage_alignment.games.harvest_rules import CommonsHarvest
from advantage_alignment.tests.test_harvest_rules import scene


def _start(game):
    return jax.tree.map(np.asarray, harvest_rules.reset(game, jax.random.key(0)))


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


def test_an_episode_of_the_commons_is_a_gif(tmp_path):
    game = CommonsHarvest("small", 2)
    states = jax.tree.map(lambda leaf: np.stack([leaf] * 3), _start(game))
    path = tmp_path / "episode.gif"
    harvest_drawing.draw_episode(game, states, path)
    assert path.read_bytes()[:3] == b"GIF"
