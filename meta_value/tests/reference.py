"""The games, naive learning and LOLA once more: numpy, double precision, by hand, nothing shared.

Conventions are those of the original notebook: action 0 is to defect, states are DD, DC, CD, CC
with player 1's action first, and a policy holds the logits of cooperating at the first move and
after those states, own action first. Gradients are written out; whatever is differentiated once
more is by complex steps, exact to rounding. `from_ours` reorders our policies.
"""

from typing import Any

import numpy as np

DISCOUNT = 0.96
PAYOFFS = {  # of player 1 and player 2 over DD, DC, CD, CC
    "ipd": ((-2, 0, -3, -1), (-2, -3, 0, -1)),
    "matching_pennies": ((1, -1, -1, 1), (-1, 1, 1, -1)),
    "chicken": ((-100, 1, -1, 0), (-100, -1, 1, 0)),
}
OTHERS_VIEW = [0, 1, 3, 2, 4]  # player 2's policy, its states named as player 1 does
_STEP = 1e-30


def from_ours(policy: np.ndarray) -> np.ndarray:
    """START, CC, CD, DC, DD to first move, DD, DC, CD, CC; the same the other way round."""
    return np.asarray(policy, float)[[0, 4, 3, 2, 1]]


def repeated_return(game: str, player: int, first: np.ndarray, second: np.ndarray) -> complex:
    """(1 - delta) p0' (I - delta M)^-1 r of a player; logits may be complex."""
    start, matrix, payoffs = _chain(game, player, first, second)
    return (1 - DISCOUNT) * start @ np.linalg.solve(np.eye(4) - DISCOUNT * matrix, payoffs)


def own_gradient(game: str, player: int, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Derivative of a player's return in its own logits, by hand. Shape [5].

    df = (1 - delta) [dp0' v + delta d' dM v], v = (I - delta M)^-1 r, d' = p0' (I - delta M)^-1.
    """
    start, matrix, payoffs = _chain(game, player, first, second)
    system = np.eye(4) - DISCOUNT * matrix
    values = np.linalg.solve(system, payoffs)
    visits = np.linalg.solve(system.T, start)
    mine, others = (first, second[OTHERS_VIEW]) if player == 0 else (second[OTHERS_VIEW], first)
    q = 1 / (1 + np.exp(-others))
    slope = 1 / ((1 + np.exp(-mine)) * (1 + np.exp(mine)))
    slopes = []
    for state in range(5):  # what cooperating more does to the joint action that follows
        if player == 0:
            change = np.array([-(1 - q[state]), -q[state], 1 - q[state], q[state]])
        else:
            change = np.array([-(1 - q[state]), 1 - q[state], -q[state], q[state]])
        weight = 1.0 if state == 0 else DISCOUNT * visits[state - 1]
        slopes.append((1 - DISCOUNT) * weight * slope[state] * (change @ values))
    gradient = np.array(slopes)
    return gradient if player == 0 else gradient[OTHERS_VIEW]


def naive(game: str, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Both players' gradients of their own returns. Shape [2, 5]."""
    return np.stack([own_gradient(game, player, first, second) for player in (0, 1)])


def lola(game: str, first: np.ndarray, second: np.ndarray, look_ahead: float) -> np.ndarray:
    """Naive gradients plus look_ahead (df_i/dx_j) d/dx_i (df_j/dx_j). Shape [2, 5]."""
    directions = naive(game, first, second)
    for player in (0, 1):
        joint = [first.astype(complex), second.astype(complex)]
        for k in range(5):
            moved = [each.copy() for each in joint]
            moved[1 - player][k] += 1j * _STEP
            effect = repeated_return(game, player, *moved).imag / _STEP
            for m in range(5):
                moved = [each.copy() for each in joint]
                moved[player][m] += 1j * _STEP
                mixed = own_gradient(game, 1 - player, *moved)[k].imag / _STEP
                directions[player, m] += look_ahead * effect * mixed
    return directions


def logistic_return(player: int, first: Any, second: Any) -> Any:
    """The Logistic Game, written out; positions may be complex."""
    own, other = (first, second) if player == 0 else (second, first)
    wall = (first * second) ** 2 + (first**2 - second**2) ** 2
    return -4 / (1 + np.exp(-own)) * (1 - 2 / (1 + np.exp(-other))) - wall / 10000


def logistic_hola(order: int, look_ahead: float, point: np.ndarray) -> np.ndarray:
    """HOLA-n of the Logistic Game by differences of what each order anticipates. Shape [2].

    Complex steps of the game itself, central differences above it.
    """

    def anticipated(n: int, player: int, x: np.ndarray) -> float:
        if n:
            x = x.copy()
            x[1 - player] += look_ahead * slope(n - 1, 1 - player, x)
        return float(logistic_return(player, *x))

    def slope(n: int, player: int, x: np.ndarray, step: float = 1e-4) -> float:
        if n == 0:
            moved = x.astype(complex)
            moved[player] += 1j * _STEP
            return float(logistic_return(player, *moved).imag / _STEP)
        ahead, behind = x.copy(), x.copy()
        ahead[player] += step
        behind[player] -= step
        return (anticipated(n, player, ahead) - anticipated(n, player, behind)) / (2 * step)

    return np.array([slope(order, player, point) for player in (0, 1)])


def _chain(game: str, player: int, first: np.ndarray, second: np.ndarray) -> tuple:
    """First joint action's probabilities [4], transitions [4, 4], payoffs [4]."""
    p = 1 / (1 + np.exp(-first))
    q = 1 / (1 + np.exp(-second[OTHERS_VIEW]))
    joint = np.array(
        [[(1 - a) * (1 - b), (1 - a) * b, a * (1 - b), a * b] for a, b in zip(p, q, strict=True)]
    )
    return joint[0], joint[1:], np.array(PAYOFFS[game][player], float)
