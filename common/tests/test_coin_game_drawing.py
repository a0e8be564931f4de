"""Tests of the pictures of Coin Game."""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from common.coin_game import CoinGame, CoinGameState
from common.coin_game_drawing import draw_episode, render

NUM_STATES = 12
FRAMES_PER_ROW = 10


def walking_states(num_players: int) -> CoinGameState:
    """All players walk right together, along the row of the coin, whose owner is the last."""
    columns = np.tile(np.arange(NUM_STATES)[:, None] % 3, (1, num_players))
    return CoinGameState(
        player_cells=jnp.asarray(np.stack([np.ones_like(columns), columns], axis=2)),
        coin_cells=jnp.ones((NUM_STATES, 1, 2), dtype=jnp.int32),
        coin_owners=jnp.full((NUM_STATES, 1), num_players - 1),
        time=jnp.arange(NUM_STATES),
    )


def first_of(states: CoinGameState) -> CoinGameState:
    return CoinGameState(*(leaf[0] for leaf in states))


def test_rendering_shows_players_and_coins_in_their_cells() -> None:
    expected = ".  .  .\nAB b  .\n.  .  ."
    assert render(CoinGame(), first_of(walking_states(2))) == expected


@pytest.mark.parametrize("num_players", [2, 3])
def test_episode_is_drawn_as_strip_and_animation(num_players: int, tmp_path: Path) -> None:
    game = CoinGame(num_players=num_players)
    for name in ("episode.png", "episode.gif"):
        draw_episode(game, walking_states(num_players), tmp_path / name)
        with Image.open(tmp_path / name) as image:
            image.verify()
    with Image.open(tmp_path / "episode.gif") as animation:
        assert getattr(animation, "n_frames", 1) == NUM_STATES
        assert animation.size == (356, 356)
    with Image.open(tmp_path / "episode.png") as strip:
        width, height = 148, 148
        assert strip.size == (FRAMES_PER_ROW * width, 2 * height)
        # Something is drawn in every frame but nothing in the empty places of the second row.
        pixels = np.asarray(strip).reshape(2, height, FRAMES_PER_ROW, width, 3)
        is_blank = np.all(pixels == 255, axis=(1, 3, 4)).ravel()
        np.testing.assert_array_equal(is_blank, np.arange(20) >= NUM_STATES)


def test_rewards_stand_below_the_state_that_they_lead_to(tmp_path: Path) -> None:
    """Two states; a reward after the last one changes nothing, one before it does."""
    states = CoinGameState(*(leaf[:2] for leaf in walking_states(2)))

    def drawn(*rewards: tuple[float, float]) -> np.ndarray:
        draw_episode(CoinGame(), states, tmp_path / "a.png", np.array(rewards))
        with Image.open(tmp_path / "a.png") as strip:
            return np.asarray(strip)

    none, first, later = drawn((0, 0)), drawn((1, -2)), drawn((1, -2), (5, 5))
    np.testing.assert_array_equal(first, later)
    is_other = np.any(none != first, axis=2)
    assert not is_other[:, :148].any()
    assert is_other[134:, 148:].any()
    assert not is_other[:130].any()


def test_drawing_refuses_other_suffixes_and_single_states(tmp_path: Path) -> None:
    states = walking_states(2)
    with pytest.raises(ValueError, match=r"must end in .png or .gif, got 'episode.jpg'"):
        draw_episode(CoinGame(), states, tmp_path / "episode.jpg")
    with pytest.raises(ValueError, match=r"got time of shape \(\); stack the states"):
        draw_episode(CoinGame(), first_of(states), tmp_path / "episode.png")
