"""Coin Game on a torus: players walk, take coins, and hurt the owner of a coin they take.

The defaults are the game of LOQA (Aghajohari et al. 2024, arXiv 2405.01035): one coin, whose owner
alternates each time it is taken, on a grid of any size. The game goes back to Lerer & Peysakhovich
(2017, arXiv 1707.01068). Fields of `CoinGame` express the other dialects in use:

    POLA (Zhao et al. 2022, arXiv 2210.10125)   actions=POLA_ACTIONS, view="absolute"
    M-FOS (Lu et al. 2022, arXiv 2205.01447)    actions=POLA_ACTIONS, coins="one_per_player",
                                                coin_avoids_players=False, episode_length=16
    pax, JaxMARL                                the same with actions=PAX_ACTIONS

Left out: pax's reset inside `step` and its egocentric view, and the tie rule of the first LOLA code
(player 0 wins a coin that both reach).

`reset`, `step` and `observe` are pure and play one game; `vmap` plays many. `coin_game_players.py`
has scripted players. P players, N coins, A actions, H and W the grid; a cell is (row, column).
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import chex
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

MOVES = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0), "stay": (0, 0)}
LOQA_ACTIONS = ("left", "right", "up", "down")
POLA_ACTIONS = ("right", "left", "down", "up")  # also of M-FOS
PAX_ACTIONS = (*POLA_ACTIONS, "stay")  # also of JaxMARL


@dataclass(frozen=True)
class CoinGame:
    """Parameters of the game; hashable, so that `jit` can take it as a static argument.

    Attributes:
      height, width: numbers of rows and of columns.
      num_players: 2 or 3.
      episode_length: number of steps; the game itself never ends earlier.
      coins: "single_alternating" is one coin whose owner moves on to the next player when it is
        taken, "one_per_player" is a coin for each player, always on the board.
      coin_avoids_players: a new coin lies on a cell free of players; otherwise on any cell.
      actions: names of the moves, in the order of the action indices; "stay" is optional.
      view: "self_first" shows each player its own planes first, "absolute" shows all the same.
      payoffs: reward for taking one's own coin, for taking another's, for losing one's own.
    """

    height: int = 3
    width: int = 3
    num_players: int = 2
    episode_length: int = 50
    coins: Literal["single_alternating", "one_per_player"] = "single_alternating"
    coin_avoids_players: bool = True
    actions: tuple[str, ...] = LOQA_ACTIONS
    view: Literal["self_first", "absolute"] = "self_first"
    payoffs: tuple[float, float, float] = (1.0, 1.0, -2.0)

    def __post_init__(self) -> None:
        """Refuses games that cannot be played."""
        for name, choices in (
            ("num_players", (2, 3)),
            ("coins", ("single_alternating", "one_per_player")),
            ("view", ("self_first", "absolute")),
        ):
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} must be one of {choices}, got {getattr(self, name)!r}")
        if self.height < 1 or self.width < 1 or self.height * self.width <= self.num_players:
            raise ValueError(
                f"the grid needs more cells than the {self.num_players} players, got height "
                f"{self.height} and width {self.width}; try 3 and 3"
            )
        if self.episode_length < 1:
            raise ValueError(f"episode_length must be positive, got {self.episode_length}; try 50")
        if sorted(self.actions) not in (sorted(LOQA_ACTIONS), sorted(PAX_ACTIONS)):
            raise ValueError(
                f"actions must be {LOQA_ACTIONS} in any order, with or without 'stay', got "
                f"{self.actions}; try LOQA_ACTIONS, POLA_ACTIONS or PAX_ACTIONS"
            )
        if len(self.payoffs) != 3:
            raise ValueError(
                "payoffs must be rewards for an own coin, another's coin and a lost coin, got "
                f"{self.payoffs}; try (1.0, 1.0, -2.0)"
            )

    @property
    def num_actions(self) -> int:
        """Number of moves a player chooses from."""
        return len(self.actions)

    @property
    def move_steps(self) -> np.ndarray:
        """Rows and columns that each move goes. Shape [A, 2], int32."""
        return np.array([MOVES[name] for name in self.actions], dtype=np.int32)

    @property
    def num_coins(self) -> int:
        """Number of coins on the board at any time."""
        return 1 if self.coins == "single_alternating" else self.num_players

    @property
    def observation_shape(self) -> tuple[int, int, int]:
        """Shape of one player's observation: a plane per player, then a plane per coin owner."""
        return 2 * self.num_players, self.height, self.width


class CoinGameState(NamedTuple):
    """Where everybody and everything is."""

    player_cells: Array  # [P, 2] int32
    coin_cells: Array  # [N, 2] int32
    coin_owners: Array  # [N] int32, index of a player
    time: Array  # [] int32, number of steps played


def reset(game: CoinGame, key: Array) -> CoinGameState:
    """Draws the start of an episode: players anywhere, also on one cell; owner uniform.

    Deviation: with three players the owner is any of them; in the original, one of the first two.

    Args:
      game: parameters of the game.
      key: consumed.

    Returns:
      The state before the first step.
    """
    player_key, coin_key, owner_key = jax.random.split(key, 3)
    num_cells = game.height * game.width
    players = jax.random.randint(player_key, (game.num_players,), 0, num_cells)
    player_cells = _row_and_column(game, players)
    coin_owners = jnp.arange(game.num_players)
    if game.coins == "single_alternating":
        coin_owners = jax.random.randint(owner_key, (1,), 0, game.num_players)
    return CoinGameState(
        player_cells=player_cells,
        coin_cells=_draw_coin_cells(game, player_cells, coin_key),
        coin_owners=coin_owners.astype(jnp.int32),
        time=jnp.array(0, jnp.int32),
    )


def step(
    game: CoinGame, state: CoinGameState, actions: Array, key: Array
) -> tuple[CoinGameState, Array]:
    """Moves all players at once, pays for the coins they reach, and lays new coins.

    A player takes a coin by moving to its cell; several can take the same coin. Each taker is
    paid; the owner loses once if anybody else took its coin, also if it took the coin itself.

    Args:
      game: parameters of the game.
      state: state before the move.
      actions: indices into `game.actions`. Shape [P], integer.
      key: for the cells of new coins; consumed.

    Returns:
      The next state and the rewards, shape [P].
    """
    chex.assert_shape(actions, (game.num_players,))
    is_chosen = actions[:, None] == jnp.arange(game.num_actions)[None]  # [P, A]
    shifts = jnp.sum(jnp.where(is_chosen[..., None], game.move_steps[None], 0), axis=1)
    grid = jnp.array([[game.height, game.width]], dtype=jnp.int32)
    player_cells = (state.player_cells + shifts) % grid

    takes = coin_takers(player_cells, state.coin_cells)  # [N, P]
    owns = state.coin_owners[:, None] == jnp.arange(game.num_players)[None]  # [N, P]
    is_stolen = jnp.any(takes & ~owns, axis=1, keepdims=True)  # [N, 1]
    own_coin, others_coin, lost_coin = game.payoffs
    rewards = (  # [N, P]
        own_coin * (takes & owns) + others_coin * (takes & ~owns) + lost_coin * (owns & is_stolen)
    )

    is_taken = jnp.any(takes, axis=1)  # [N]
    respawned_cells = _draw_coin_cells(game, player_cells, key)
    coin_owners = state.coin_owners
    if game.coins == "single_alternating":
        coin_owners = jnp.where(is_taken, (coin_owners + 1) % game.num_players, coin_owners)
    next_state = CoinGameState(
        player_cells=player_cells,
        coin_cells=jnp.where(is_taken[:, None], respawned_cells, state.coin_cells),
        coin_owners=coin_owners,
        time=state.time + 1,
    )
    return next_state, jnp.sum(rewards, axis=0)


def coin_takers(player_cells: Array, coin_cells: Array) -> Array:
    """Tells who stands on which coin: cells of shape [P, 2] and [N, 2] give [N, P], bool.

    With `player_cells` of the next state and `coin_cells` of the state before, these are the
    pickups of a step.
    """
    return jnp.all(coin_cells[:, None] == player_cells[None], axis=-1)


def observe(game: CoinGame, state: CoinGameState) -> Array:
    """Shows each player one plane per player position and one per owner of a coin.

    In the view "self_first" the planes of player i are those of i, i + 1, ... modulo P, for the
    positions and again for the coins, so that one network can play every seat.

    Args:
      game: parameters of the game.
      state: current state.

    Returns:
      Ones and zeros. Shape [P, 2 * P, H, W], float32; the first axis is who looks.
    """
    seats = np.arange(game.num_players)
    first_shown = seats if game.view == "self_first" else np.zeros_like(seats)
    shown = (first_shown[:, None] + seats[None]) % game.num_players  # [P, P], who is in which plane
    plane_order = np.concatenate([shown, game.num_players + shown], axis=1)  # [P, 2 * P]

    # No player owns two coins, so one cell describes a plane; -1 is nowhere.
    is_owner = state.coin_owners[:, None] == jnp.asarray(seats)[None]  # [N, P]
    coins = jnp.where(is_owner, _cell_index(game, state.coin_cells)[:, None], -1)
    occupied = jnp.concatenate([_cell_index(game, state.player_cells), jnp.max(coins, axis=0)])
    cells = jnp.arange(game.height * game.width)
    planes = occupied[plane_order][..., None] == cells[None, None]  # [P, 2 * P, H * W]
    return planes.astype(jnp.float32).reshape(game.num_players, *game.observation_shape)


def _cell_index(game: CoinGame, cells: Array) -> Array:
    return cells[..., 0] * game.width + cells[..., 1]


def _row_and_column(game: CoinGame, indices: Array) -> Array:
    return jnp.stack([indices // game.width, indices % game.width], axis=-1).astype(jnp.int32)


def _draw_coin_cells(game: CoinGame, player_cells: Array, key: Array) -> Array:
    """Draws the cell of each coin, uniform over the cells free of players or over all. [N, 2]."""
    uniform = jax.random.uniform(key, (game.num_coins,), dtype=jnp.float32)
    num_cells = game.height * game.width
    if not game.coin_avoids_players:
        return _row_and_column(game, jnp.floor(uniform * num_cells).astype(jnp.int32))

    occupied = _cell_index(game, player_cells)  # [P]
    is_same = occupied[:, None] == occupied[None]
    is_distinct = ~jnp.any(jnp.tril(is_same, k=-1), axis=1)  # [P], each cell is counted once
    is_before = (occupied[None] < occupied[:, None]) & is_distinct[None]
    num_free_before = occupied - jnp.sum(is_before, axis=1)  # [P]
    # The n-th free cell is n plus the number of occupied cells with at most n free ones before.
    num_free = num_cells - jnp.sum(is_distinct)
    rank = jnp.floor(uniform * num_free).astype(jnp.int32)  # [N]
    is_skipped = is_distinct[None] & (num_free_before[None] <= rank[:, None])  # [N, P]
    return _row_and_column(game, rank + jnp.sum(is_skipped, axis=1))
