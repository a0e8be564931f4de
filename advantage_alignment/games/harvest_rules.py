"""The rules of Commons Harvest: apples regrow the faster the more of them are left around.

The rules are Melting Pot's (commons_harvest__open). A cell without a live apple within distance two
never recovers. Players can zap each other away for five frames. Order within a step: moves and
turns, in random order of the players; zaps, all at once; returns of the zapped; regrowth.

`reset`, `step` and `observe` are pure and play one game; `vmap` plays many. P players, M cells with
apples, V = 11 rows and columns of a view. A cell is (row, column); orientations are 0 up, 1 right,
2 down, 3 left; an action is an index into `ACTIONS`.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import chex
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from advantage_alignment.games.harvest_map import MAPS, HarvestMap

ACTIONS = (
    "noop",
    "forward",
    "backward",
    "step_left",
    "step_right",
    "turn_left",
    "turn_right",
    "zap",
)
NUM_ACTIONS = len(ACTIONS)
TURN_LEFT, TURN_RIGHT, ZAP = 5, 6, 7

REGROWTH = (0.0, 0.0025, 0.005, 0.025)  # per step, with 0, 1, 2, and 3 or more live apples near
FRAMES_AWAY = 5  # after a hit: Melting Pot's framesTillRespawn, 4, counts from the next frame
COOLDOWN = 3  # steps from one shot to the next, those away not counted
VIEW = 11  # rows and columns: nine ahead, one behind, five to each side
_OWN_ROW, _OWN_COLUMN = 9, 5
CHANNELS = (
    "wall",
    "apple",
    "grass",
    "barren",
    "self",
    "same",
    "right",
    "towards",
    "left",
    "outside",
)

_STEPS = np.array([(-1, 0), (0, 1), (1, 0), (0, -1)], np.int32)  # of the orientations
_TURN_OF_MOVE = np.array([0, 0, 2, 3, 1, 0, 0, 0], np.int32)  # direction of a move, from forward
_IS_MOVE = np.array([0, 1, 1, 1, 1, 0, 0, 0], bool)
# Rays of the beam, as (ahead, to the right): straight, left, right.
_RAYS = np.array(
    [
        [(1, 0), (2, 0), (3, 0)],
        [(0, -1), (1, -1), (2, -1)],
        [(0, 1), (1, 1), (2, 1)],
    ],
    np.int32,
)


@dataclass(frozen=True)
class CommonsHarvest:
    """Parameters of the game; hashable, so that `jit` can take it as a static argument."""

    map_name: str = "open"
    num_players: int = 7

    @cached_property
    def map(self) -> HarvestMap:
        """The map."""
        return HarvestMap(MAPS[self.map_name])

    @property
    def observation_size(self) -> int:
        """Entries of a flattened view, readiness to zap included."""
        return VIEW * VIEW * len(CHANNELS) + 1


class HarvestState(NamedTuple):
    """Where everybody is and which apples are left."""

    cells: Array  # [P, 2] int32
    orientations: Array  # [P] int32
    frames_away: Array  # [P] int32, until a zapped player comes back; 0 is present
    cooldowns: Array  # [P] int32, steps until the next shot; 0 and 1 are ready
    apples: Array  # [M] bool, alive
    time: Array  # [] int32


class HarvestEvents(NamedTuple):
    """What happened in a step besides the rewards."""

    shots: Array  # [P] bool, who fired
    hits: Array  # [P, P] bool, whom each hit


def reset(game: CommonsHarvest, key: Array) -> HarvestState:
    """Starts an episode: all apples alive, the first players inside, the others on spawn cells.

    Consumes the key.
    """
    cell_key, orientation_key = jax.random.split(key)
    spawns, inside = game.map.spawn_cells, game.map.inside_cells[: game.num_players]
    drawn = jax.random.permutation(cell_key, jnp.asarray(spawns))
    cells = jnp.concatenate([jnp.asarray(inside), drawn[: game.num_players - len(inside)]])
    nobody = jnp.zeros(game.num_players, jnp.int32)
    return HarvestState(
        cells=cells,
        orientations=jax.random.randint(orientation_key, (game.num_players,), 0, 4),
        frames_away=nobody,
        cooldowns=nobody,
        apples=jnp.ones(len(game.map.apple_cells), bool),
        time=jnp.zeros((), jnp.int32),
    )


def step(
    game: CommonsHarvest, state: HarvestState, actions: Array, key: Array
) -> tuple[HarvestState, Array, HarvestEvents]:
    """Plays one simultaneous move.

    Args:
      game: parameters of the game.
      state: before the move.
      actions: indices into `ACTIONS`; those of absent players mean nothing. Shape [P].
      key: consumed.

    Returns:
      The next state, the rewards [P] and the events.
    """
    chex.assert_shape(actions, (game.num_players,))
    order_key, return_key, regrowth_key = jax.random.split(key, 3)
    grows = regrowth(game, state.apples, regrowth_key)
    state, rewards = move_and_eat(game, state, actions, order_key)
    state, events = zap(game, state, actions)
    state = come_back(game, state, return_key)
    state, found = grow(game, state, grows)
    return state._replace(time=state.time + 1), rewards + found, events


def move_and_eat(
    game: CommonsHarvest, state: HarvestState, actions: Array, key: Array
) -> tuple[HarvestState, Array]:
    """Moves and turns, one player after the other in random order; eats what is entered.

    Walls and present players block a move; the one whose turn comes first gets a contested cell.
    """
    is_present = state.frames_away == 0
    turns = (actions == TURN_RIGHT).astype(jnp.int32) - (actions == TURN_LEFT).astype(jnp.int32)
    orientations = (state.orientations + is_present * turns) % 4
    directions = (state.orientations + jnp.asarray(_TURN_OF_MOVE)[actions]) % 4
    targets = state.cells + jnp.asarray(_STEPS)[directions]
    wants = jnp.asarray(_IS_MOVE)[actions] & is_present & ~_at(game.map.is_wall, targets)
    chances = jax.random.uniform(key, (game.num_players,))
    turn = jnp.sum(chances[None] < chances[:, None], axis=1)  # place of each in the order

    cells = state.cells
    for now in range(game.num_players):
        # Nobody stands where it wants to go, so that it does not block itself.
        is_at_target = jnp.all(targets[:, None] == cells[None], axis=2)  # [P, P]
        is_blocked = jnp.any(is_at_target & is_present[None], axis=1)
        moves = (turn == now) & wants & ~is_blocked
        cells = jnp.where(moves[:, None], targets, cells)

    has_moved = jnp.any(cells != state.cells, axis=1)
    eats = _stands_on(game, cells) & has_moved[:, None] & state.apples[None]  # [P, M]
    apples = state.apples & ~jnp.any(eats, axis=0)
    state = state._replace(cells=cells, orientations=orientations, apples=apples)
    return state, jnp.any(eats, axis=1).astype(jnp.float32)


def zap(
    game: CommonsHarvest, state: HarvestState, actions: Array
) -> tuple[HarvestState, HarvestEvents]:
    """Fires all beams at once; who is hit is gone at once. Two can hit each other.

    A beam has three rays of three cells: straight, and one on each side that begins beside the
    shooter. A ray ends at a wall and at the first player that it meets.
    """
    is_present = state.frames_away == 0
    cooldowns = jnp.where(is_present, jnp.maximum(state.cooldowns - 1, 0), state.cooldowns)
    shots = (actions == ZAP) & is_present & (cooldowns == 0)
    ahead = jnp.asarray(_STEPS)[state.orientations][:, None, None]  # [P, 1, 1, 2]
    right = jnp.asarray(_STEPS)[(state.orientations + 1) % 4][:, None, None]
    rays = jnp.asarray(_RAYS)[None, ..., None, :]  # [1, rays, cells, 1, 2]
    beam = state.cells[:, None, None] + rays[..., 0] * ahead + rays[..., 1] * right
    is_wall = _at(game.map.is_wall, beam)  # [P, rays, cells]
    is_there = jnp.all(beam[..., None, :] == state.cells[None, None, None], axis=-1)
    is_there &= is_present[None, None, None]  # [P, rays, cells, P]
    is_taken = jnp.any(is_there, axis=-1)
    reaches = ~is_wall[..., 0]
    hit = reaches[..., None] & is_there[:, :, 0]
    for cell in (1, 2):
        reaches = reaches & ~is_taken[..., cell - 1] & ~is_wall[..., cell]
        hit |= reaches[..., None] & is_there[:, :, cell]
    hits = jnp.any(hit, axis=1) & shots[:, None]  # [P, P]
    is_hit = jnp.any(hits, axis=0)
    state = state._replace(
        cooldowns=jnp.where(shots, COOLDOWN, cooldowns),
        # One more than the frames it is away: the count goes down in this same step.
        frames_away=jnp.where(is_hit, FRAMES_AWAY + 1, state.frames_away),
    )
    return state, HarvestEvents(shots, hits)


def come_back(game: CommonsHarvest, state: HarvestState, key: Array) -> HarvestState:
    """Puts the players whose time is up on free spawn cells drawn at random, facing anywhere."""
    cell_key, orientation_key = jax.random.split(key)
    frames_away = jnp.maximum(state.frames_away - 1, 0)
    comes = (state.frames_away > 0) & (frames_away == 0)  # [P]
    spawns = jnp.asarray(game.map.spawn_cells)
    stands = jnp.all(spawns[None] == state.cells[:, None], axis=2)  # [P, S]
    is_free = ~jnp.any(stands & (state.frames_away == 0)[:, None], axis=0)  # [S]
    scores = jnp.where(is_free, jax.random.uniform(cell_key, is_free.shape), -1.0)
    cells = state.cells
    for player in range(game.num_players):
        best = jnp.argmax(scores)
        is_now = comes[player]
        cells = cells.at[player].set(jnp.where(is_now, spawns[best], cells[player]))
        is_best = jnp.arange(len(spawns)) == best
        scores = jnp.where(is_now & is_best, -1.0, scores)
    facing = jax.random.randint(orientation_key, comes.shape, 0, 4)
    return state._replace(
        cells=cells,
        orientations=jnp.where(comes, facing, state.orientations),
        frames_away=frames_away,
    )


def regrowth(game: CommonsHarvest, apples: Array, key: Array) -> Array:
    """Which empty cells recover in a step: at random, the likelier the more live apples are near.

    Empty cells and live neighbours are those before the step.

    Args:
      game: parameters of the game.
      apples: alive before the step. Shape [M], bool.
      key: consumed.

    Returns:
      Shape [M], bool.
    """
    num_near = live_neighbours(game, apples)
    chances = jnp.asarray(REGROWTH)[jnp.minimum(num_near, len(REGROWTH) - 1)]
    return ~apples & (jax.random.uniform(key, chances.shape) < chances)


def grow(game: CommonsHarvest, state: HarvestState, grows: Array) -> tuple[HarvestState, Array]:
    """Lets the given cells [M] recover; whoever stands there eats the apple at once."""
    is_present = state.frames_away == 0
    eats = _stands_on(game, state.cells) & is_present[:, None] & grows[None]  # [P, M]
    apples = state.apples | (grows & ~jnp.any(eats, axis=0))
    return state._replace(apples=apples), jnp.any(eats, axis=1).astype(jnp.float32)


def live_neighbours(game: CommonsHarvest, apples: Array) -> Array:
    """Number of live apples within distance two of every cell. Shape [M], int32."""
    return jnp.rint(jnp.asarray(game.map.neighbours) @ apples.astype(jnp.float32)).astype(jnp.int32)


def readiness(state: HarvestState) -> Array:
    """READY_TO_SHOOT: 0, .5, 1 on the three observations after a shot, 0 if absent. Shape [P]."""
    return jnp.clip(1 - (state.cooldowns - 1) / 2, 0.0, 1.0) * (state.frames_away == 0)


def observe(game: CommonsHarvest, state: HarvestState) -> Array:
    """Shows each player its surroundings, turned so that it faces up, and its readiness.

    The view is 11 by 11 cells with a plane of ones and zeros for each of `CHANNELS`: walls, live
    apples, empty cells of apples that can recover and that cannot (barren), oneself, others by
    where they face as seen from here, and what is outside the map. An absent player sees nothing.

    Args:
      game: parameters of the game.
      state: current state.

    Returns:
      Shape [P, V * V * len(CHANNELS) + 1], float32.
    """
    window = _windows(state.cells, state.orientations)  # [P, V * V, 2]
    height, width = game.map.shape
    limits = jnp.array([[[height, width]]])
    is_inside = jnp.all((window >= 0) & (window < limits), axis=2)  # [P, V * V]
    codes = jnp.where(is_inside, _at(_ground(game, state), window), CHANNELS.index("outside"))
    planes = codes[..., None] == jnp.arange(len(CHANNELS))[None, None]  # [P, V * V, channels]

    is_there = jnp.all(window[:, :, None] == state.cells[None, None], axis=3)
    is_there &= (state.frames_away == 0)[None, None]  # [P, V * V, P]
    relative = (state.orientations[None] - state.orientations[:, None]) % 4  # [P, P]
    shown = jnp.where(
        jnp.eye(game.num_players, dtype=bool),
        CHANNELS.index("self"),
        CHANNELS.index("same") + relative,
    )
    is_shown = shown[..., None] == jnp.arange(len(CHANNELS))[None, None]  # [P, P, channels]
    others = jnp.einsum("pvq,pqc->pvc", is_there.astype(jnp.float32), is_shown.astype(jnp.float32))
    view = planes.astype(jnp.float32) + others
    flat = jnp.concatenate([view.reshape(game.num_players, -1), readiness(state)[:, None]], axis=1)
    return flat * (state.frames_away == 0)[:, None]


def _ground(game: CommonsHarvest, state: HarvestState) -> Array:
    """Channel of what lies in every cell, -1 for bare floor. Shape [H, W]."""
    can_grow = live_neighbours(game, state.apples) > 0
    empty = jnp.where(can_grow, CHANNELS.index("grass"), CHANNELS.index("barren"))
    of_apples = jnp.where(state.apples, CHANNELS.index("apple"), empty)  # [M]
    index = jnp.asarray(game.map.apple_index)
    bare = jnp.where(jnp.asarray(game.map.is_wall), CHANNELS.index("wall"), -1)
    return jnp.where(index >= 0, of_apples[index], bare)


def _windows(cells: Array, orientations: Array) -> Array:
    """Cells of every player's view, row by row, [P, V * V, 2]; some are outside the map."""
    rows, columns = np.divmod(np.arange(VIEW * VIEW, dtype=np.int32), VIEW)
    ahead, right = jnp.asarray(_OWN_ROW - rows), jnp.asarray(columns - _OWN_COLUMN)
    forward = jnp.asarray(_STEPS)[orientations][:, None]  # [P, 1, 2]
    rightward = jnp.asarray(_STEPS)[(orientations + 1) % 4][:, None]
    offsets = ahead[None, :, None] * forward + right[None, :, None] * rightward
    return cells[:, None] + offsets


def _stands_on(game: CommonsHarvest, cells: Array) -> Array:
    """Which cells of apples those at cells [P, 2] stand on. Shape [P, M]."""
    num_apples = len(game.map.apple_cells)
    return _at(game.map.apple_index, cells)[:, None] == jnp.arange(num_apples)[None]


def _at(table: np.ndarray | Array, cells: Array) -> Array:
    """Entries of a table [H, W] at cells [..., 2]; cells outside give the nearest entry."""
    height, width = table.shape
    rows = jnp.clip(cells[..., 0], 0, height - 1)
    columns = jnp.clip(cells[..., 1], 0, width - 1)
    return jnp.asarray(table)[rows, columns]
