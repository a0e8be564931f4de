"""Tests of Commons Harvest in play: new episodes, conservation, random players."""

from functools import partial

import hypothesis
import hypothesis.strategies as st
import jax
import numpy as np
import pytest

from advantage_alignment.games import harvest_rules
from advantage_alignment.games.harvest_rules import ACTIONS, COOLDOWN, FRAMES_AWAY, CommonsHarvest

OPEN = CommonsHarvest()


def test_a_new_episode_has_all_apples_and_everybody_on_a_cell_of_its_own():
    states = jax.vmap(partial(harvest_rules.reset, OPEN))(jax.random.split(jax.random.key(0), 50))
    assert states.apples.all()
    assert states.cells[:, :2].tolist() == [[[7, 7], [7, 16]]] * 50
    spawns = {tuple(cell) for cell in OPEN.map.spawn_cells.tolist()}
    for cells in states.cells[:, 2:].tolist():
        assert len({tuple(cell) for cell in cells}) == 5
        assert {tuple(cell) for cell in cells} <= spawns
    assert set(np.unique(states.orientations)) == {0, 1, 2, 3}


@pytest.fixture(scope="module")
def random_play():
    """Plays the open map at random: all states, rewards and events of a number of episodes."""

    @partial(jax.jit, static_argnums=1)
    def play(key, num_steps):
        def one(carry, key):
            action_key, step_key = jax.random.split(key)
            actions = jax.random.randint(action_key, (7,), 0, len(ACTIONS))
            state, rewards, events = harvest_rules.step(OPEN, carry, actions, step_key)
            return state, (state, rewards, events)

        reset_key, key = jax.random.split(key)
        state = harvest_rules.reset(OPEN, reset_key)
        return jax.lax.scan(one, state, jax.random.split(key, num_steps))[1]

    return play


@hypothesis.settings(max_examples=5, deadline=None, derandomize=True)
@hypothesis.given(seed=st.integers(0, 2**31 - 1))
def test_bounds_and_conservation_hold_in_random_play(random_play, seed):
    states, rewards, events = jax.tree.map(np.asarray, random_play(jax.random.key(seed), 500))
    num_alive = states.apples.sum(axis=1)
    grown = np.diff(num_alive, prepend=64) + rewards.sum(axis=1)  # eaten ones count back
    assert grown.min() >= 0
    assert set(np.unique(rewards)) <= {0.0, 1.0}
    assert not OPEN.map.is_wall[states.cells[..., 0], states.cells[..., 1]].any()
    assert (states.frames_away >= 0).all()
    assert (states.frames_away <= FRAMES_AWAY).all()
    assert (states.cooldowns <= COOLDOWN).all()
    assert not np.diagonal(events.hits, axis1=1, axis2=2).any()
    assert not (events.hits.any(axis=2) & ~events.shots).any()
    for cells, away in zip(states.cells[::25], states.frames_away[::25], strict=True):
        present = cells[away == 0]
        assert len(np.unique(present, axis=0)) == len(present)


def test_a_patch_that_is_eaten_up_never_recovers(random_play):
    """The first patch, 6 cells: alive once dead is a contradiction, over long random play."""
    states, _, _ = random_play(jax.random.key(3), 1000)
    reached = np.linalg.matrix_power(OPEN.map.neighbours + np.eye(64), 64) > 0
    for patch in np.unique(reached, axis=0):
        alive = np.asarray(states.apples)[:, patch].any(axis=1)
        assert not (np.diff(alive.astype(int)) > 0).any()


@pytest.mark.usefixtures("keys_unchecked")
def test_seven_random_players_collect_about_34_apples_each(random_play):
    """Per episode of about 1667 frames; the simulator's figure, within a fifth."""
    keys = jax.random.split(jax.random.key(5), 8)
    rewards = [random_play(key, 1667)[1] for key in keys]
    per_agent = float(np.mean([each.sum(axis=0) for each in rewards]))
    assert per_agent == pytest.approx(34, rel=0.2)
