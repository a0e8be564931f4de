"""Tests of the agent replay buffer: what is kept, what gives way, what is drawn and how often."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from loqa import replay_buffer
from loqa.config import CoinGameConfig
from loqa.replay_buffer import Params


def params_of(step: int | jax.Array) -> Params:
    """Parameters that tell before which update they were those of the agent."""
    return {"actor": jnp.full((2, 3), step, float), "critic": jnp.asarray(step, float)}


def filled(size: int, num_updates: int, every_updates: int) -> Params:
    """A buffer after some updates, of parameters never zero: step + 1."""
    buffer = replay_buffer.empty(params_of(0), size)
    for step in range(num_updates):
        buffer = replay_buffer.push(
            buffer, params_of(step + 1), jnp.array(step), every_updates=every_updates
        )
    return buffer


def draw(buffer: Params, step: int, key: jax.Array, every_updates: int, number: int) -> Params:
    size = len(buffer["critic"])
    slots = replay_buffer.draw(
        size, jnp.array(step), key, every_updates=every_updates, number=number
    )
    return jax.vmap(replay_buffer.take, (None, 0))(buffer, slots)


@pytest.mark.parametrize(
    ("num_updates", "kept"),
    [
        (0, [0, 0, 0]),
        (1, [1, 0, 0]),  # the first push is at update 0, not after the interval
        (4, [1, 0, 0]),
        (5, [1, 5, 0]),
        (12, [1, 5, 9]),
        (13, [13, 5, 9]),  # the oldest gives way
        (21, [13, 17, 21]),
        (25, [25, 17, 21]),
    ],
)
def test_every_fourth_update_is_kept_and_the_oldest_gives_way(num_updates: int, kept: list) -> None:
    buffer = filled(3, num_updates, every_updates=4)
    np.testing.assert_array_equal(buffer["critic"], kept)
    assert buffer["actor"].shape == (3, 2, 3)
    np.testing.assert_array_equal(buffer["actor"], np.tile(np.reshape(kept, (3, 1, 1)), (1, 2, 3)))


@pytest.mark.parametrize(("step", "slot"), [(4, 2), (5, None), (6, 0)])
def test_a_push_touches_one_slot_and_nothing_unless_it_is_due(step: int, slot: int | None) -> None:
    random = np.random.default_rng(0)
    before = jax.tree.map(lambda leaf: jnp.asarray(random.normal(size=leaf.shape)), filled(3, 0, 1))
    after = jax.jit(replay_buffer.push, static_argnames="every_updates")(
        before, params_of(7), jnp.array(step), every_updates=2
    )
    for old, new in zip(jax.tree.leaves(before), jax.tree.leaves(after), strict=True):
        others = np.array([other for other in range(3) if other != slot])
        np.testing.assert_array_equal(new[others], old[others])
        assert slot is None or np.all(new[slot] == 7)


@pytest.mark.parametrize("num_updates", [1, 2, 4, 7, 11])
def test_every_push_up_to_now_is_drawn_and_no_slot_that_is_empty(num_updates: int) -> None:
    """Empty slots hold zeros. A full one is missed with probability at most 4 (3/4)^200."""
    buffer = filled(4, num_updates, every_updates=3)
    drawn = draw(buffer, num_updates - 1, jax.random.key(0), every_updates=3, number=200)
    assert drawn["actor"].shape == (200, 2, 3)
    pushed = np.arange(0, num_updates, 3) + 1
    np.testing.assert_array_equal(np.unique(drawn["critic"]), pushed)
    np.testing.assert_array_equal(drawn["actor"][:, 0, 0], drawn["critic"])  # of one past self


def test_between_two_pushes_the_same_past_selves_are_drawn_from() -> None:
    steps = jnp.arange(12)
    counts = jax.vmap(lambda step: replay_buffer.num_filled(3, step, every_updates=2))(steps)
    np.testing.assert_array_equal(counts, [1, 1, 2, 2, *(8 * [3])])


def test_draws_are_uniform_with_replacement() -> None:
    """Chi-square with 6 degrees of freedom, not beyond its 99.9th percentile."""
    buffer = filled(10, 7, every_updates=1)
    drawn = draw(buffer, 6, jax.random.key(1), every_updates=1, number=7000)
    counts = np.bincount(np.asarray(drawn["critic"]).astype(int), minlength=11)
    np.testing.assert_array_equal(counts[[0, 8, 9, 10]], np.zeros(4))
    assert np.sum((counts[1:8] - 1000) ** 2 / 1000) < stats.chi2.ppf(0.999, df=6)


def test_another_key_draws_others() -> None:
    buffer = filled(10, 10, every_updates=1)
    first, again, other = (
        draw(buffer, 9, jax.random.key(seed), every_updates=1, number=20)["critic"]
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)


@pytest.mark.parametrize(
    ("num_updates", "capacity", "size"),
    [
        (6000, 10000, 600),  # pushes at 0, 10, ..., 5990
        (10, 10000, 1),  # at 0 only
        (11, 10000, 2),  # at 0 and 10
        (6000, 100, 100),
    ],
)
def test_buffer_has_room_for_the_pushes_of_a_run_and_no_more(
    num_updates: int, capacity: int, size: int
) -> None:
    config = CoinGameConfig(
        num_updates=num_updates,
        eval_every_updates=num_updates,
        buffer_capacity=capacity,
    )
    assert config.buffer_size == size
    assert min(len([step for step in range(num_updates) if step % 10 == 0]), capacity) == size


@pytest.mark.parametrize(
    ("num_weights", "number", "at_a_time"),
    [
        (152_264, 512, 2),  # published: 609,056 bytes, of which two and not three fit 1.25 MiB
        (152_264, 75, 1),  # 75 / 2 is no whole number
        (39_876, 128, 8),  # half the width: 159,504 bytes
        (39_876, 16, 16),  # 2.6 MB: nothing to gain
        (10**6, 512, 1),  # one alone does not fit
    ],
)
def test_as_many_past_selves_play_together_as_the_cache_of_a_core_holds(
    monkeypatch: pytest.MonkeyPatch, num_weights: int, number: int, at_a_time: int
) -> None:
    params = {"actor": jax.ShapeDtypeStruct((num_weights,), jnp.float32)}
    assert replay_buffer.num_at_a_time(params, number) == at_a_time
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert replay_buffer.num_at_a_time(params, number) == number
