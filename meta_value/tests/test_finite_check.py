"""Tests that a run which diverges stops, and says where, when and what is left."""

import json
import shutil
from pathlib import Path

import jax
import numpy as np
import pytest

from common.logger import atomic
from common.logger.errors import DivergedError
from meta_value.run import checkpoints
from meta_value.run.finite_check import check_finite
from meta_value.tests import commands
from meta_value.tests.commands import the_line

NAN, INFINITY = float("nan"), float("inf")
SEEDS, KEPT = [7, 8], [Path("run/checkpoint_00000198.ckpt"), Path("run/checkpoint_00000200.ckpt")]


def sound():
    """Metrics of updates 201 to 203, evaluation and parameters of two seeds."""
    training = {"loss": np.zeros((2, 3)), "short_td_error": np.ones((2, 3))}
    evaluation = {"self_play": np.array([-1.0, -2.0])}
    return training, evaluation, {"means": np.ones((2, 5, 2)), "log_scales": [np.ones(2)]}


def complaint(training, evaluation, params, kept=KEPT):
    with pytest.raises(DivergedError) as raised:
        check_finite(training, evaluation, params, step=200, seeds=SEEDS, kept=kept)
    return str(raised.value)


def test_what_is_finite_passes():
    check_finite(*sound(), step=200, seeds=SEEDS, kept=[])


@pytest.mark.parametrize("value", [NAN, INFINITY, -INFINITY])
def test_first_bad_update_is_named_with_metric_seed_and_last_good_checkpoint(value):
    training, evaluation, params = sound()
    training["loss"][0, 2] = value
    training["short_td_error"][1, 1:] = value
    assert complaint(training, evaluation, params) == (
        "short_td_error is not finite at update 202 of seed 8; "
        "last good checkpoint: run/checkpoint_00000200.ckpt"
    )


def test_evaluation_that_is_not_finite_is_named():
    training, evaluation, params = sound()
    evaluation["self_play"][0] = NAN
    line = complaint(training, evaluation, params, kept=[])
    assert line == (
        "self_play is not finite at update 203 of seed 7; there is no checkpoint before it"
    )


@pytest.mark.parametrize("leaf", ["means", "log_scales"])
def test_parameter_that_is_not_finite_is_found_in_any_leaf(leaf):
    training, evaluation, params = sound()
    jax.tree.leaves(params[leaf])[0][1, ...] = INFINITY
    line = complaint(training, evaluation, params)
    assert line.startswith("a parameter is not finite at update 203 of seed 8; last good")


def test_a_run_that_diverges_stops_with_exit_code_1_and_keeps_what_was_good(
    environment, tmp_path, finished_run
):
    """A run is put back to update 22, where parameters of its network are made infinite."""
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    older, newest = checkpoints.list_checkpoints(run)
    newest.unlink()
    header, payload = atomic.read_checked(older)
    atomic.write_checked(older, with_infinite_parameters(payload), header)
    words = (*commands.TRAIN, "--run-dir", "run", "--resume")
    finished = commands.run(environment, tmp_path, *words)
    assert finished.returncode == 1
    line = the_line(finished.stderr)
    assert line.endswith(
        " is not finite at update 23 of seed 100; "
        "last good checkpoint: run/checkpoint_00000022.ckpt"
    )
    steps = [json.loads(text)["step"] for text in (run / "metrics.jsonl").read_text().splitlines()]
    assert steps[-1] == 22
    assert checkpoints.list_checkpoints(run) == [older]


def with_infinite_parameters(payload):
    from flax import serialization

    state = serialization.msgpack_restore(payload)
    leaves, structure = jax.tree.flatten(state["params"])
    leaves[0] = np.full_like(leaves[0], INFINITY)
    state["params"] = jax.tree.unflatten(structure, leaves)
    return serialization.msgpack_serialize(state)
