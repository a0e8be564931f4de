"""Tests that what is not finite is found, and said where, when and what is left."""

from pathlib import Path

import jax
import numpy as np
import pytest

from common.logger.errors import DivergedError
from common.logger.finite_check import check_finite

NAN, INFINITY = float("nan"), float("inf")
SEEDS, KEPT = [7, 8], [Path("run/checkpoint_00000198.ckpt"), Path("run/checkpoint_00000200.ckpt")]


def sound():
    """Metrics of updates 201 to 203, evaluation and parameters of two seeds."""
    training = {"critic_loss": np.zeros((2, 3)), "policy_loss": np.ones((2, 3))}
    evaluation = {"self_play_value": np.array([-1.0, -2.0]), "is_tit_for_tat": np.array([True] * 2)}
    return training, evaluation, {"actor": np.ones((2, 5, 2)), "critic": [np.ones(2)]}


def complaint(training, evaluation, params, kept=KEPT):
    with pytest.raises(DivergedError) as raised:
        check_finite(training, evaluation, params, step=203, seeds=SEEDS, kept=kept)
    return str(raised.value)


def test_what_is_finite_passes():
    check_finite(*sound(), step=203, seeds=SEEDS, kept=[])


@pytest.mark.parametrize("value", [NAN, INFINITY, -INFINITY])
def test_first_bad_update_is_named_with_metric_seed_and_last_good_checkpoint(value):
    training, evaluation, params = sound()
    training["critic_loss"][0, 2] = value
    training["policy_loss"][1, 1:] = value
    assert complaint(training, evaluation, params) == (
        "policy_loss is not finite at update 202 of seed 8; "
        "last good checkpoint: run/checkpoint_00000200.ckpt"
    )


def test_evaluation_that_is_not_finite_is_named():
    training, evaluation, params = sound()
    evaluation["self_play_value"][0] = NAN
    line = complaint(training, evaluation, params, kept=[])
    assert line == (
        "self_play_value is not finite at update 203 of seed 7; there is no checkpoint before it"
    )


@pytest.mark.parametrize("leaf", ["actor", "critic"])
def test_parameter_that_is_not_finite_is_found_in_any_leaf(leaf):
    training, evaluation, params = sound()
    jax.tree.leaves(params[leaf])[0][1, ...] = INFINITY
    line = complaint(training, evaluation, params)
    assert line.startswith("a parameter is not finite at update 203 of seed 8; last good")
