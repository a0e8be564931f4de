"""Shows Coin Game to people: a state as text, an episode as a PNG strip or an animated GIF."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import jax
import numpy as np
from jax.typing import ArrayLike

from common.coin_game import CoinGame, CoinGameState

if TYPE_CHECKING:
    from PIL import Image

# Colours that the colour-blind tell apart; in grey the letters do it.
_PLAYER_COLOURS = ("#0072B2", "#E69F00", "#009E73")
_PLAYER_NAMES = "ABC"
_COIN_NAMES = "abc"
_CELL_SIZES = {".png": 40, ".gif": 96}  # pixels
_MARGIN_SHARE = 0.35  # of a cell, around a frame; above it the step stands, below it the rewards
_FRAMES_PER_ROW = 10
_GIF_FRAME_MILLISECONDS = 400


def render(game: CoinGame, state: CoinGameState) -> str:
    """Writes a state as text: players A, B, C and their coins a, b, c, one line per row.

    Args:
      game: parameters of the game.
      state: one state, not traced.

    Returns:
      H lines of W cells; an empty cell is a dot.
    """
    contents = [["" for _ in range(game.width)] for _ in range(game.height)]
    for name, row, column in _pieces(state):
        contents[row][column] += name
    longest = max(len(cell) for row in contents for cell in row)
    lines = (" ".join((cell or ".").ljust(longest) for cell in row) for row in contents)
    return "\n".join(line.rstrip() for line in lines)


def draw_episode(
    game: CoinGame, states: CoinGameState, path: str | Path, rewards: ArrayLike | None = None
) -> None:
    """Draws an episode: all states side by side in a .png, one after the other in a .gif.

    Needs Pillow, which comes with matplotlib.

    Args:
      game: parameters of the game.
      states: states with a leading time axis, first to last. Shapes [T, ...].
      path: file to write; its suffix chooses the form.
      rewards: of each step and player, [T - 1, P] or more steps: below a state stands what the
        players have got until then. None draws none.

    Raises:
      ValueError: for a suffix other than .png and .gif, or if there is no state.
    """
    path = Path(path)
    if path.suffix not in (".png", ".gif"):
        raise ValueError(f"path must end in .png or .gif, got {path.name!r}; rename it")
    if np.ndim(states.time) != 1 or len(states.time) == 0:
        raise ValueError(
            f"states must have a time axis of length 1 or more, got time of shape "
            f"{np.shape(states.time)}; stack the states of one episode"
        )
    states = jax.tree.map(np.asarray, states)
    num_states, size = len(states.time), _CELL_SIZES[path.suffix]
    totals = _totals(rewards, num_states)
    frames = [
        _draw_frame(game, jax.tree.map(lambda leaf, t=t: leaf[t], states), totals[t], size)
        for t in range(num_states)
    ]
    if path.suffix == ".png":
        _tile(frames).save(path)
    else:
        rest, duration = frames[1:], _GIF_FRAME_MILLISECONDS
        frames[0].save(path, save_all=True, append_images=rest, duration=duration, loop=0)


def _totals(rewards: ArrayLike | None, num_states: int) -> list[str]:
    """What each player has got before each state, in words; empty without rewards."""
    if rewards is None:
        return [""] * num_states
    got = np.asarray(rewards)[: num_states - 1]
    sums = np.concatenate([np.zeros_like(got[:1]), np.cumsum(got, axis=0)])
    return [
        "  ".join(f"{name} {total:+g}" for name, total in zip(_PLAYER_NAMES, row, strict=False))
        for row in sums
    ]


def _pieces(state: CoinGameState) -> list[tuple[str, int, int]]:
    """Name, row and column of every player and every coin."""
    names = list(_PLAYER_NAMES[: len(state.player_cells)])
    names += [_COIN_NAMES[owner] for owner in np.asarray(state.coin_owners)]
    cells = np.concatenate([np.asarray(state.player_cells), np.asarray(state.coin_cells)])
    return [(name, int(row), int(column)) for name, (row, column) in zip(names, cells, strict=True)]


def _draw_frame(game: CoinGame, state: CoinGameState, totals: str, cell: int) -> "Image.Image":
    """Draws players as squares and coins as discs in the owner's colour, with their letters.

    Every piece has its own place within a cell, so that pieces on one cell all stay visible.
    """
    from PIL import Image, ImageDraw, ImageFont  # only those who draw need Pillow

    margin = round(_MARGIN_SHARE * cell)
    size = (game.width * cell + 2 * margin, game.height * cell + 2 * margin)
    image, font = Image.new("RGB", size, "white"), ImageFont.load_default(max(10, cell // 4))
    canvas = ImageDraw.Draw(image)
    canvas.text((margin, margin / 2), f"t = {int(state.time)}", "black", font, "lm")
    canvas.text((margin, size[1] - margin / 2), totals, "black", font, "lm")
    for row in range(game.height):
        for column in range(game.width):
            left, top = margin + column * cell, margin + row * cell
            canvas.rectangle((left, top, left + cell, top + cell), outline="grey")
    piece_size = cell // game.num_players - 3
    for name, row, column in _pieces(state):
        is_coin = name in _COIN_NAMES
        owner = (_COIN_NAMES if is_coin else _PLAYER_NAMES).index(name)
        left = margin + column * cell + 2 + owner * (piece_size + 2)
        top = margin + row * cell + 2 + (cell // 2 if is_coin else 0)
        box = (left, top, left + piece_size, top + min(piece_size, cell // 2 - 4))
        draw_shape = canvas.ellipse if is_coin else canvas.rectangle
        draw_shape(box, fill=_PLAYER_COLOURS[owner], outline="black")
        centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        canvas.text(centre, name, "white" if owner == 0 else "black", font, "mm")
    return image


def _tile(frames: Sequence["Image.Image"]) -> "Image.Image":
    """Puts frames of equal size side by side, in rows of ten."""
    from PIL import Image

    width, height = frames[0].size
    num_columns = min(len(frames), _FRAMES_PER_ROW)
    num_rows = -(-len(frames) // num_columns)
    strip = Image.new("RGB", (num_columns * width, num_rows * height), "white")
    for index, frame in enumerate(frames):
        row, column = divmod(index, num_columns)
        strip.paste(frame, (column * width, row * height))
    return strip
