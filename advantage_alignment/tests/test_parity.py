"""Our Commons Harvest against Melting Pot's, step by step from the simulator's own states.

What the simulator draws at random is followed (where players come back, what regrows) or tried (the
order of the movers); everything else has to agree exactly. See `melting_pot` on how to install it.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advantage_alignment.games import harvest_rules as harvest
from advantage_alignment.games.harvest_rules import CommonsHarvest, HarvestState
from advantage_alignment.tests import melting_pot

GAME = CommonsHarvest()
NUM_STEPS = 1000
NUM_ORDERS = 128  # of the movers that are tried; three who want one cell have 6
NEEDS_SIMULATOR = pytest.mark.skipif(
    not melting_pot.is_installed(), reason="dmlab2d or Melting Pot's sources are not installed"
)


@partial(jax.jit, static_argnums=0)
def played(game, state, actions, keys):
    """A step without its random part, for many orders of the movers [O, ...]."""

    def one(key):
        moved, rewards = harvest.move_and_eat(game, state, actions, key)
        return (*harvest.zap(game, moved, actions), rewards)

    return jax.vmap(one)(keys)


@partial(jax.jit, static_argnums=0)
def returned(game, state, key):
    return harvest.come_back(game, state, key)


def start_of(frame):
    nobody = jnp.zeros(GAME.num_players, jnp.int32)
    return HarvestState(
        cells=jnp.asarray(frame.cells, jnp.int32),
        orientations=jnp.asarray(frame.orientations, jnp.int32),
        frames_away=nobody,
        cooldowns=nobody,
        apples=jnp.asarray(frame.apples),
        time=jnp.zeros((), jnp.int32),
    )


def near(apples):
    """Index of every cell's chance to recover [M]."""
    return np.minimum(np.asarray(harvest.live_neighbours(GAME, apples)), 3)


def apples_under(frame, is_meant):
    """Indices of the cells of apples on which the given players [P] stand."""
    return GAME.map.apple_index[tuple(frame.cells[is_meant].T)]


def matching(states, events, rewards, before, frame):
    """Index of an order of the movers after which all is as in the simulator, or None.

    Rewards may be one higher where an apple can have regrown under a player.
    """
    could_grow = ~np.asarray(before.apples) & (near(before.apples) > 0)
    hits = np.zeros((GAME.num_players,) * 2, bool)
    for shooter, target in frame.zaps:
        hits[shooter, target] = True
    agrees = (events.hits == hits).all(axis=(1, 2))  # [O]
    # Where somebody who was hit stands is not shown any more.
    seen = (np.asarray(before.frames_away) == 0) & ~hits.any(axis=0)
    agrees &= (states.cells == frame.cells)[:, seen].all(axis=(1, 2))
    agrees &= (states.orientations == frame.orientations)[:, seen].all(axis=1)
    for order in np.flatnonzero(agrees):
        more = frame.rewards - rewards[order]
        if np.isin(more, [0, 1]).all() and could_grow[apples_under(frame, more > 0)].all():
            return order
    return None


@pytest.mark.parity
@NEEDS_SIMULATOR
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_step_is_one_that_melting_pots_simulator_takes(seed):
    simulator = melting_pot.Simulator(seed)
    generator = np.random.default_rng(seed)
    key = jax.random.key(seed)
    state = start_of(simulator.first)
    spawns = {tuple(cell) for cell in GAME.map.spawn_cells.tolist()}
    num_chances, num_grown, num_hits, num_contests = np.zeros(4), np.zeros(4), 0, 0
    was_visible = simulator.first.is_visible
    for step in range(NUM_STEPS):
        # Forward half of the time, or nobody would get far.
        actions = generator.choice(8, size=7, p=[0.04, 0.5, 0.04, 0.08, 0.08, 0.08, 0.08, 0.1])
        frame = simulator.step(actions)
        key, order_key, return_key = jax.random.split(key, 3)
        orders = jax.random.split(order_key, NUM_ORDERS)
        states, events, rewards = jax.device_get(
            played(GAME, state, jnp.asarray(actions, jnp.int32), orders)
        )
        order = matching(states, events, rewards, state, frame)
        assert order is not None, f"step {step}: no order of the movers leads to the simulator's"
        num_contests += len(np.unique(states.cells, axis=0)) > 1  # the order of the movers matters
        num_hits += len(frame.zaps)

        before = state
        state = jax.tree.map(lambda leaf, order=order: jnp.asarray(leaf[order]), states)
        state = returned(GAME, state, return_key)
        is_present = np.asarray(state.frames_away) == 0
        np.testing.assert_array_equal(is_present, frame.is_present, err_msg=f"step {step}")
        comes = is_present & (np.asarray(before.frames_away) > 0)
        assert all(tuple(cell) in spawns for cell in frame.cells[comes].tolist())
        np.testing.assert_array_equal(
            np.asarray(harvest.readiness(state))[is_present], frame.readiness[is_present]
        )

        # Chances are those of the apples that lived before the step, of cells that were empty then.
        left, were = np.asarray(state.apples), np.asarray(before.apples)
        grown = frame.is_visible & ~left & frame.apples
        grown[apples_under(frame, frame.rewards > rewards[order])] = True
        assert frame.apples[frame.is_visible & left].all()
        assert not were[grown].any()
        grown &= was_visible  # others may have grown before, under a beam
        num_grown += np.bincount(near(before.apples)[grown], minlength=4)
        was_visible = frame.is_visible
        num_chances += np.bincount(near(before.apples)[~were & frame.is_visible], minlength=4)
        state = state._replace(
            cells=jnp.where(comes[:, None], frame.cells, state.cells),
            orientations=jnp.where(comes, frame.orientations, state.orientations),
            apples=jnp.asarray(np.where(frame.is_visible, frame.apples, left)),
        )
    assert num_hits > 20
    assert num_contests > 20
    assert num_grown[0] == 0
    expected = num_chances * np.array(harvest.REGROWTH)
    assert (np.abs(num_grown - expected) <= 4.5 * np.sqrt(expected + 1)).all(), (
        num_grown,
        expected,
    )
