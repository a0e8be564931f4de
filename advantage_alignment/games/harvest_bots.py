"""Scripted bots of Commons Harvest, in place of Melting Pot's proprietary ones.

Both walk to the nearest live apple of the map and eat whatever they can, which no patch survives.
The "free" bot also zaps whoever is in its beam; the "pacifist" never zaps.
"""

import jax.numpy as jnp
from jax import Array

from advantage_alignment.games import harvest_rules
from advantage_alignment.games.harvest_rules import ZAP, CommonsHarvest, HarvestState

_NOOP = 0
# Moves by where the apple lies from where one faces: ahead, right, behind, left.
_MOVES = (1, 4, 2, 3)


def act(
    game: CommonsHarvest, state: HarvestState, seat: Array, noise: Array, *, zaps: bool
) -> Array:
    """Chooses an action: zap if somebody is in the beam, else a step towards the nearest apple.

    It steps sideways and backwards without turning; it turns around by chance, so that it zaps in
    all directions and does not stay blocked.

    Args:
      game: rules.
      state: of the game.
      seat: of the bot.
      noise: a number in [0, 1) that decides what is left to chance.
      zaps: whether it may zap.

    Returns:
      Index into `harvest_rules.ACTIONS`.
    """
    cell, facing = state.cells[seat], state.orientations[seat]
    offsets = jnp.asarray(game.map.apple_cells) - cell[None]  # [M, 2]
    distances = jnp.sum(jnp.abs(offsets), axis=1)
    # Standing on one that has regrown, one must leave to come back for it.
    is_goal = state.apples & (distances > 0)
    nearest = jnp.argmin(jnp.where(is_goal, distances, jnp.iinfo(jnp.int32).max))
    rows, columns = offsets[nearest]
    goes_along_columns = jnp.abs(columns) > jnp.abs(rows)
    absolute = jnp.where(
        goes_along_columns, jnp.where(columns > 0, 1, 3), jnp.where(rows > 0, 2, 0)
    )
    walk = jnp.asarray(_MOVES)[(absolute - facing) % 4]
    walk = jnp.where(jnp.any(is_goal), walk, _NOOP)
    turn = jnp.where(noise < 0.05, harvest_rules.TURN_LEFT, harvest_rules.TURN_RIGHT)
    action = jnp.where(noise < 0.1, turn, walk)
    if not zaps:
        return action
    others = jnp.full(game.num_players, _NOOP).at[seat].set(ZAP)
    _, events = harvest_rules.zap(game, state, others)
    return jnp.where(jnp.any(events.hits[seat]), ZAP, action)
