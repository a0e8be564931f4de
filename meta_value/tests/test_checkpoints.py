"""Tests of checkpoints: what is read is what was written, or the reason why not."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from common.logger import atomic
from common.logger.errors import UserError
from meta_value.run import checkpoints

SETTINGS = {"trace_decay": 0.9, "seeds": [100, 101]}


class State(NamedTuple):
    """Of two seeds."""

    params: dict[str, Array]
    key: Array
    step: Array


def state_of(seed: int) -> State:
    keys = jax.vmap(jax.random.key)(jnp.array([seed, seed + 1]))
    weights = jnp.array([[0.1, jnp.pi], [1e-38, -0.0]]) * seed
    return State({"weights": weights}, keys, jnp.array([seed, seed], jnp.int32))


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


def test_the_last_two_are_kept_however_many_digits_they_have(tmp_path):
    save_steps(tmp_path, 8, 99, 100, 12_345)
    names = [path.name for path in sorted(tmp_path.iterdir())]
    assert names == ["checkpoint_00000100.ckpt", "checkpoint_00012345.ckpt"]
    assert [path.name for path in checkpoints.list_checkpoints(tmp_path)] == names


def test_checkpoint_of_another_schema_version_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "SCHEMA_VERSION", checkpoints.SCHEMA_VERSION + 1)
    (path,) = save_steps(tmp_path, 3)
    monkeypatch.undo()
    with pytest.raises(
        UserError, match="schema version 1, which this code reads; its version is 2"
    ):
        checkpoints.load(path, TEMPLATE, SETTINGS)


def test_checked_file_that_is_no_checkpoint_is_refused(tmp_path):
    atomic.write_checked(tmp_path / "policy", b"", {"paper": "meta_value"})
    with pytest.raises(UserError, match="policy is no checkpoint of schema version 1"):
        checkpoints.load(tmp_path / "policy", TEMPLATE, SETTINGS)


def test_checkpoint_of_other_settings_is_refused_field_by_field(tmp_path):
    (path,) = save_steps(tmp_path, 3)
    with pytest.raises(UserError, match=r"trace_decay: 0\.9, not 0\.8; form: None, not 'U'$"):
        checkpoints.load(path, TEMPLATE, {"trace_decay": 0.8, "seeds": [100, 101], "form": "U"})


@pytest.mark.parametrize(
    "template",
    [
        TEMPLATE._replace(params={"biases": TEMPLATE.params["weights"]}),
        TEMPLATE._replace(params={"weights": jax.ShapeDtypeStruct((2, 3), jnp.float32)}),
        TEMPLATE._replace(step=jax.ShapeDtypeStruct((2,), jnp.float32)),
        TEMPLATE.params,
    ],
)
def test_checkpoint_of_another_training_state_is_refused(tmp_path, template):
    (path,) = save_steps(tmp_path, 3)
    with pytest.raises(UserError, match="another training state"):
        checkpoints.load(path, template, SETTINGS)


def test_newest_sound_checkpoint_is_loaded_and_what_is_passed_over_is_told(tmp_path):
    _, newest = save_steps(tmp_path, 3, 4)
    warnings = []
    assert checkpoints.load_newest(tmp_path, TEMPLATE, SETTINGS, warnings.append)[1] == 4
    assert warnings == []
    newest.write_bytes(newest.read_bytes()[:-1])
    state, step = checkpoints.load_newest(tmp_path, TEMPLATE, SETTINGS, warnings.append)
    assert (step, bits(state)) == (3, bits(state_of(3)))
    (warning,) = warnings
    assert warning.startswith(f"{newest} is damaged: truncated")
    assert warning.endswith("trying the one before")


def test_run_without_a_checkpoint_has_none_and_one_without_a_sound_one_says_so(tmp_path):
    assert checkpoints.load_newest(tmp_path, TEMPLATE, SETTINGS, pytest.fail) is None
    for path in save_steps(tmp_path, 3, 4):
        path.write_bytes(b"")
    with pytest.raises(UserError, match=r"no checkpoint in .* is sound; start afresh without"):
        checkpoints.load_newest(tmp_path, TEMPLATE, SETTINGS, lambda line: None)


def test_checkpoint_of_other_settings_is_not_passed_over(tmp_path):
    save_steps(tmp_path, 3)
    checkpoints.save(tmp_path, state_of(4), 4, {**SETTINGS, "trace_decay": 0.5})
    with pytest.raises(UserError, match="another configuration"):
        checkpoints.load_newest(tmp_path, TEMPLATE, SETTINGS, pytest.fail)
