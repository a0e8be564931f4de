"""Tests of checkpoints: what is read is what was written, or the reason why not."""

import tracemalloc
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from common.logger import atomic, checkpoints
from common.logger.errors import UserError

SETTINGS = {"discount": 0.96, "seeds": [42, 43]}


class State(NamedTuple):
    """Of two seeds."""

    params: dict[str, Array]
    key: Array
    step: Array
    empty: tuple[Array, ...]


def state_of(seed):
    keys = jax.vmap(jax.random.key)(jnp.array([seed, seed + 1]))
    weights = jnp.array([[0.1, jnp.pi], [1e-38, -0.0]]) * seed
    half = jnp.array([1.5, seed], jnp.bfloat16)
    step = jnp.array([seed, seed], jnp.int32)
    return State({"weights": weights, "half": half}, keys, step, (jnp.zeros((2, 0)), jnp.array(1)))


TEMPLATE = jax.eval_shape(lambda: state_of(0))


def bits(state):
    plain = state._replace(key=jax.random.key_data(state.key))
    return [(leaf.dtype, leaf.shape, np.asarray(leaf).tobytes()) for leaf in jax.tree.leaves(plain)]


def save_steps(folder, *steps):
    return [checkpoints.save(folder, state_of(step), step, SETTINGS) for step in steps]


def test_what_is_loaded_has_the_bits_and_keys_of_what_was_saved(tmp_path):
    (path,) = save_steps(tmp_path, 3)
    state, step = checkpoints.load(path, TEMPLATE, SETTINGS)
    assert step == 3
    assert isinstance(state, State)
    assert bits(state) == bits(state_of(3))
    drawn, expected = (jax.vmap(jax.random.normal)(s.key) for s in (state, state_of(3)))
    np.testing.assert_array_equal(drawn, expected)


def test_arrays_of_the_host_keep_their_64_bits_and_can_be_written_to(tmp_path):
    state = {"count": np.array([2**40]), "mean": np.array(0.1), "weights": jnp.ones(2)}
    path = checkpoints.save(tmp_path, state, 1, SETTINGS)
    read, _ = checkpoints.load(path, state, SETTINGS)
    assert (read["count"].dtype, read["count"].tolist()) == (np.int64, [2**40])
    assert (read["mean"].dtype, read["mean"].item()) == (np.float64, 0.1)
    read["count"] += 1
    assert isinstance(read["weights"], Array)


def test_arrays_are_written_and_read_one_at_a_time(tmp_path):
    """Eight of a megabyte each: beside what is kept, Python never holds three of them."""
    megabyte = 2**20
    state = [jnp.zeros(megabyte, jnp.uint8) for _ in range(8)]
    tracemalloc.start()
    path = checkpoints.save(tmp_path, state, 1, SETTINGS)
    assert tracemalloc.get_traced_memory()[1] < 3 * megabyte
    read, _ = checkpoints.load(path, [np.asarray(leaf) for leaf in state], SETTINGS)
    assert tracemalloc.get_traced_memory()[1] < (len(read) + 3) * megabyte
    tracemalloc.stop()


def test_the_last_two_are_kept_however_many_digits_they_have(tmp_path):
    save_steps(tmp_path, 8, 99, 100, 12_345)
    names = [path.name for path in sorted(tmp_path.iterdir())]
    assert names == ["checkpoint_00000100.ckpt", "checkpoint_00012345.ckpt"]
    assert [path.name for path in checkpoints.list_checkpoints(tmp_path)] == names


def test_a_write_that_fails_keeps_the_last_two_as_they_are(tmp_path):
    before = [(path, path.read_bytes()) for path in save_steps(tmp_path, 1, 2)]
    with pytest.raises(ValueError, match=r"settings\.discount is nan"):
        checkpoints.save(tmp_path, state_of(3), 3, {"discount": float("nan")})
    assert [(path, path.read_bytes()) for path in sorted(tmp_path.iterdir())] == before


def test_checkpoint_of_another_schema_version_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "SCHEMA_VERSION", checkpoints.SCHEMA_VERSION + 1)
    (path,) = save_steps(tmp_path, 3)
    monkeypatch.undo()
    with pytest.raises(UserError, match="version 2, which this code reads; its version is 3"):
        checkpoints.load(path, TEMPLATE, SETTINGS)


def test_checked_file_that_is_no_checkpoint_is_refused(tmp_path):
    atomic.write_checked(tmp_path / "policy", b"", {"paper": "made up"})
    with pytest.raises(UserError, match="policy is no checkpoint of schema version 2"):
        checkpoints.load(tmp_path / "policy", TEMPLATE, SETTINGS)


def test_checkpoint_of_other_settings_is_refused_field_by_field(tmp_path):
    (path,) = save_steps(tmp_path, 3)
    with pytest.raises(UserError, match=r"discount: 0\.96, not 0\.9; actor: None, not 'mlp'$"):
        checkpoints.load(path, TEMPLATE, {"discount": 0.9, "seeds": [42, 43], "actor": "mlp"})


@pytest.mark.parametrize(
    "template",
    [
        TEMPLATE._replace(params={**TEMPLATE.params, "biases": TEMPLATE.step}),
        TEMPLATE._replace(params={"weight": TEMPLATE.step, "half": TEMPLATE.params["half"]}),
        TEMPLATE._replace(key=jax.ShapeDtypeStruct((3,), TEMPLATE.key.dtype)),
        TEMPLATE._replace(step=jax.ShapeDtypeStruct((2,), jnp.float32)),
        TEMPLATE.params,
    ],
)
def test_checkpoint_of_another_training_state_is_refused(tmp_path, template):
    (path,) = save_steps(tmp_path, 3)
    with pytest.raises(UserError, match="another training state: other code wrote it"):
        checkpoints.load(path, template, SETTINGS)


def damaged(whole, damage):
    middle = len(whole) - 20  # of the payload
    return {
        "truncated": whole[:-1],
        "longer": whole + b"\0",
        "empty": b"",
        "payload": whole[:middle] + bytes([whole[middle] ^ 4]) + whole[middle + 1 :],
        "header": whole.replace(b"weights", b"weighty"),
        "noise": np.random.default_rng(0).bytes(len(whole)),
    }[damage]


@pytest.mark.parametrize("damage", ["truncated", "longer", "empty", "payload", "header", "noise"])
def test_damaged_checkpoint_is_passed_over_and_told(tmp_path, damage):
    _, newest = save_steps(tmp_path, 3, 4)
    assert checkpoints.load_newest(tmp_path, TEMPLATE, SETTINGS, pytest.fail)[1] == 4
    newest.write_bytes(damaged(newest.read_bytes(), damage))
    warnings = []
    state, step = checkpoints.load_newest(tmp_path, TEMPLATE, SETTINGS, warnings.append)
    assert (step, bits(state)) == (3, bits(state_of(3)))
    (warning,) = warnings
    assert warning.startswith(f"{newest} is damaged")
    assert warning.endswith("trying the one before")


def test_run_without_a_checkpoint_has_none_and_one_without_a_sound_one_says_so(tmp_path):
    assert checkpoints.load_newest(tmp_path, TEMPLATE, SETTINGS, pytest.fail) is None
    for path in save_steps(tmp_path, 3, 4):
        path.write_bytes(b"")
    with pytest.raises(UserError, match=r"no checkpoint in .* is sound; start afresh without"):
        checkpoints.load_newest(tmp_path, TEMPLATE, SETTINGS, lambda line: None)


def test_checkpoint_of_other_settings_is_not_passed_over(tmp_path):
    save_steps(tmp_path, 3)
    checkpoints.save(tmp_path, state_of(4), 4, {**SETTINGS, "discount": 0.5})
    with pytest.raises(UserError, match="another configuration"):
        checkpoints.load_newest(tmp_path, TEMPLATE, SETTINGS, pytest.fail)


def test_chosen_checkpoint_is_the_newest_or_the_one_that_is_named(tmp_path):
    older, _ = save_steps(tmp_path, 3, 4)
    assert checkpoints.load_chosen(tmp_path, None, TEMPLATE, SETTINGS)[1] == 4
    assert checkpoints.load_chosen(tmp_path, older, TEMPLATE, SETTINGS)[1] == 3


def test_damaged_checkpoint_is_not_chosen_and_the_other_is_offered(tmp_path):
    older, newest = save_steps(tmp_path, 3, 4)
    newest.write_bytes(newest.read_bytes()[:-1])
    with pytest.raises(atomic.DamagedFileError, match=f"; try --checkpoint {older}$"):
        checkpoints.load_chosen(tmp_path, None, TEMPLATE, SETTINGS)
    older.unlink()
    with pytest.raises(atomic.DamagedFileError, match=r"promises \d+$"):
        checkpoints.load_chosen(tmp_path, newest, TEMPLATE, SETTINGS)


def test_checkpoint_that_is_not_there_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="has no checkpoint: the run was stopped before"):
        checkpoints.load_chosen(tmp_path, None, TEMPLATE, SETTINGS)
    with pytest.raises(FileNotFoundError, match=r"gone\.ckpt"):
        checkpoints.load_chosen(tmp_path, tmp_path / "gone.ckpt", TEMPLATE, SETTINGS)


def test_a_paper_may_read_its_checkpoints_its_own_way(tmp_path):
    save_steps(tmp_path, 3)

    def read(path, template, settings):
        state, step = checkpoints.load(path, template, settings)
        return state._replace(step=-state.step), step

    for state, _ in (
        checkpoints.load_newest(tmp_path, TEMPLATE, SETTINGS, pytest.fail, read),
        checkpoints.load_chosen(tmp_path, None, TEMPLATE, SETTINGS, read),
    ):
        assert state.step.tolist() == [-3, -3]
