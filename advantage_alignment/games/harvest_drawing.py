"""Draws Commons Harvest with sprites of our own: a state as RGB, an episode as an animated GIF.

Each cell is 8 by 8 pixels, as in Melting Pot. The sprites are plain: leaves of grass, an apple, a
wall, and a player as an arrowhead in a colour of its own.
"""

from pathlib import Path

import numpy as np

from advantage_alignment.games.harvest_rules import CommonsHarvest, HarvestState

CELL = 8  # pixels
_SCALE = 3  # of a GIF
_FRAME_MILLISECONDS = 80
_FLOOR, _WALL = (245, 240, 225), (90, 90, 95)
_GRASS, _BARREN, _APPLE = (150, 200, 120), (205, 190, 150), (200, 30, 40)
# Colours that the colour-blind tell apart.
_PLAYERS = (
    (0, 114, 178),
    (230, 159, 0),
    (0, 158, 115),
    (204, 121, 167),
    (86, 180, 233),
    (213, 94, 0),
    (60, 60, 60),
)


def _arrowhead() -> np.ndarray:
    """Pixels of a player that faces up. Shape [CELL, CELL], bool."""
    rows, columns = np.indices((CELL, CELL))
    return np.abs(columns - (CELL - 1) / 2) <= 0.5 * rows + 0.5


def _disc() -> np.ndarray:
    rows, columns = np.indices((CELL, CELL)) - (CELL - 1) / 2
    return rows**2 + columns**2 <= 9


def render(game: CommonsHarvest, state: HarvestState) -> np.ndarray:
    """Draws a state.

    Args:
      game: rules.
      state: one state, not traced.

    Returns:
      Colours. Shape [8 H, 8 W, 3], uint8; 144 by 192 for the open map.
    """
    plan = game.map
    height, width = plan.shape
    cells = np.empty((height, width, CELL, CELL, 3), np.uint8)
    cells[:] = _FLOOR
    cells[plan.is_wall] = _WALL
    alive = np.asarray(state.apples)
    can_grow = plan.neighbours @ alive.astype(np.float32) > 0
    for cell, is_alive, grows in zip(plan.apple_cells, alive, can_grow, strict=True):
        sprite = cells[tuple(cell)]
        sprite[:] = _GRASS if is_alive or grows else _BARREN
        if is_alive:
            sprite[_disc()] = _APPLE
    present = np.asarray(state.frames_away) == 0
    for player in np.flatnonzero(present):
        facing = int(state.orientations[player])
        shape = np.rot90(_arrowhead(), -facing)
        cells[tuple(np.asarray(state.cells[player]))][shape] = _PLAYERS[player % len(_PLAYERS)]
    return cells.transpose(0, 2, 1, 3, 4).reshape(height * CELL, width * CELL, 3)


def draw_episode(game: CommonsHarvest, states: HarvestState, path: Path) -> None:
    """Draws an episode as an animated GIF; needs Pillow, which comes with matplotlib.

    Args:
      game: rules.
      states: of the episode, with a leading time axis, NumPy arrays.
      path: file to write.
    """
    from PIL import Image  # only those who draw need Pillow

    frames = []
    for time in range(len(states.time)):
        state = HarvestState(*(leaf[time] for leaf in states))
        image = Image.fromarray(render(game, state))
        size = (image.width * _SCALE, image.height * _SCALE)
        frames.append(image.resize(size, Image.Resampling.NEAREST))
    rest = frames[1:]
    frames[0].save(path, save_all=True, append_images=rest, duration=_FRAME_MILLISECONDS, loop=0)
