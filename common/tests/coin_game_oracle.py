"""Dynamic programme for the two-player, single-coin Coin Game, written from the rules alone.

It shares no code with `coin_game.py`, uses float64, and computes expected rewards in two ways:
forward, pushing the distribution of states through the episode, and backward, by value recursion.
A state is (cell of player 0, cell of player 1, cell of the coin, owner), cells being numbered row
by row; the states in which a coin lies under a player are included, though they are never reached.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

STEPS = ((0, -1), (0, 1), (-1, 0), (1, 0))  # left, right, up, down


class Model(NamedTuple):
    """The rules as tables; n cells, four moves a player."""

    num_cells: int
    moved: np.ndarray  # [n, 4], cell after a move
    rewards: np.ndarray  # [n, n, n, 2, 4, 4, P]; players, coin, owner, moves
    is_taken: np.ndarray  # [n, n, n, 2, 4, 4] bool
    respawn: np.ndarray  # [n, n, n], probability of a new coin's cell given both players' cells


Script = Callable[[int, int, int, bool], list[float]]  # size, own cell, coin, is it mine -> [4]


def build_model(size: int) -> Model:
    """Fills the tables for a square grid by looking at every state and joint move."""
    cells = range(size * size)
    moved = np.array([[_move(size, cell, move) for move in range(4)] for cell in cells])
    shape = (size**2, size**2, size**2, 2, 4, 4)
    rewards, is_taken = np.zeros((*shape, 2)), np.zeros(shape, dtype=bool)
    for first, second, coin, owner, move, other_move in np.ndindex(shape):
        takers = [moved[first, move] == coin, moved[second, other_move] == coin]
        if any(takers):
            index = (first, second, coin, owner, move, other_move)
            is_taken[index] = True
            rewards[index] = takers
            if takers[1 - owner]:
                rewards[(*index, owner)] -= 2
    respawn = np.zeros((size**2, size**2, size**2))
    for first in cells:
        for second in cells:
            free = [cell for cell in cells if cell not in (first, second)]
            respawn[first, second, free] = 1 / len(free)
    return Model(size**2, moved, rewards, is_taken, respawn)


def always_cooperate(size: int, cell: int, coin: int, is_mine: bool) -> list[float]:
    """Nearest move to its own coin, farthest from the other's."""
    distances = [_distance(size, _move(size, cell, move), coin) for move in range(4)]
    return _uniform_where(distances, min(distances) if is_mine else max(distances))


def always_defect(size: int, cell: int, coin: int, is_mine: bool) -> list[float]:
    """Nearest move to any coin."""
    distances = [_distance(size, _move(size, cell, move), coin) for move in range(4)]
    return _uniform_where(distances, min(distances))


def random_player(size: int, cell: int, coin: int, is_mine: bool) -> list[float]:
    """Every move alike."""
    return [0.25] * 4


def backward_value(
    model: Model, scripts: tuple[Script, Script], num_steps: int, discount: float
) -> np.ndarray:
    """Expected discounted return of both players by value recursion. Shape [P]."""
    joint_moves = _joint_moves(model, scripts)
    values = np.zeros((*joint_moves.shape[:4], 2))
    for _ in range(num_steps):
        after_respawn = np.einsum("xyc,xycop->xyop", model.respawn, values)
        before, values = values, np.zeros_like(values)
        for move, other_move in np.ndindex(4, 4):
            first, second = _moved_pair(model, move, other_move)
            stays = before[first, second]
            renewed = after_respawn[first, second][:, :, None, ::-1]  # the owner alternates
            taken = model.is_taken[..., move, other_move, None]
            returns = np.where(taken, renewed, stays) * discount
            returns += model.rewards[..., move, other_move, :]
            values += joint_moves[..., move, other_move, None] * returns
    return np.einsum("xyco,xycop->p", start_distribution(model), values)


def forward_value(
    model: Model, scripts: tuple[Script, Script], num_steps: int, discount: float
) -> np.ndarray:
    """The same by pushing the distribution of states forward. Shape [P]."""
    joint_moves = _joint_moves(model, scripts)
    distribution, total = start_distribution(model), np.zeros(2)
    for time in range(num_steps):
        arriving = np.zeros_like(distribution)
        renewed = np.zeros((model.num_cells, model.num_cells, 2))
        for move, other_move in np.ndindex(4, 4):
            mass = distribution * joint_moves[..., move, other_move]
            rewards = model.rewards[..., move, other_move, :]
            total += discount**time * np.einsum("xyco,xycop->p", mass, rewards)
            taken = model.is_taken[..., move, other_move]
            first, second = _moved_pair(model, move, other_move)
            # Moving is a permutation of the cells, so no two sources share a target.
            arriving[first, second] += np.where(taken, 0, mass)
            renewed[first, second] += np.where(taken, mass, 0).sum(axis=2)[..., ::-1]
        distribution = arriving + renewed[:, :, None] * model.respawn[..., None]
    return total


def _joint_moves(model: Model, scripts: tuple[Script, Script]) -> np.ndarray:
    """Probability of every pair of moves in every state. Shape [n, n, n, 2, 4, 4]."""
    size, cells = int(np.sqrt(model.num_cells)), range(model.num_cells)
    first, second = (
        np.array(
            [
                [[script(size, cell, coin, owner == seat) for owner in (0, 1)] for coin in cells]
                for cell in cells
            ]
        )
        for seat, script in enumerate(scripts)
    )
    return np.einsum("xcoa,ycob->xycoab", first, second)


def _moved_pair(model: Model, move: int, other_move: int) -> tuple[np.ndarray, ...]:
    return np.ix_(model.moved[:, move], model.moved[:, other_move])


def start_distribution(model: Model) -> np.ndarray:
    """Players anywhere, the coin where no player is, either owner. Shape [n, n, n, 2]."""
    return np.repeat(model.respawn[..., None], 2, axis=3) / (2 * model.num_cells**2)


def _move(size: int, cell: int, move: int) -> int:
    row, column = divmod(cell, size)
    down, right = STEPS[move]
    return (row + down) % size * size + (column + right) % size


def _distance(size: int, cell: int, other: int) -> int:
    apart = [abs(a - b) for a, b in zip(divmod(cell, size), divmod(other, size), strict=True)]
    return sum(min(d, size - d) for d in apart)


def _uniform_where(distances: list[int], wanted: int) -> list[float]:
    is_wanted = [distance == wanted for distance in distances]
    return [is_best / sum(is_wanted) for is_best in is_wanted]
