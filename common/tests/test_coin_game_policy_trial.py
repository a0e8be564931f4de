"""Tests of the trial of a portable policy: what does not run here is refused before it is played.

The trial is in a process of its own, with limits of time and memory.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from common import coin_game_policy, coin_game_policy_trial
from common.logger.errors import UserError
from common.tests import made_up_player
from common.tests.made_up_player import UNIFORM, always, calling, exported, no_carry, rewritten


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The file of the player. Read, do not touch."""
    return made_up_player.write(tmp_path_factory.mktemp("policies") / "player.policy")


def test_call_of_a_program_outside_xla_is_refused_before_anything_is_compiled(written, tmp_path):
    act_rows = calling("my_program")
    changes, payload = exported(no_carry, act_rows, carry=(), calls=("my_program",))
    path = rewritten(written, tmp_path / "copy", changes, payload)
    with pytest.raises(UserError, match=r"copy calls programs outside XLA: my_program$"):
        coin_game_policy.read(path)


def test_policy_that_is_sound_is_tried_out_once(written, monkeypatch):
    policy = coin_game_policy.load(written)
    assert policy.header["paper"] == "made_up"
    monkeypatch.setattr(coin_game_policy_trial, "SECONDS", 0)
    coin_game_policy.load(written)


def test_policy_that_does_not_compile_here_is_refused(written, tmp_path):
    """It calls the random numbers that JAX has on a GPU, and says that it runs on the CPU."""
    act_rows = calling("cu_threefry2x32_ffi")
    changes, payload = exported(no_carry, act_rows, carry=(), calls=("cu_threefry2x32_ffi",))
    path = rewritten(written, tmp_path / "copy", changes, payload)
    with pytest.raises(UserError, match=r"copy does not run here: .*cu_threefry2x32") as refusal:
        coin_game_policy.load(path)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (always(np.zeros((1, 4), np.float32)), "the probabilities of its moves sum to 4"),
        (always(UNIFORM, action=4), "it makes the move 4, which there is not"),
    ],
)
def test_policy_that_plays_nonsense_is_found_by_the_trial(written, tmp_path, policy, message):
    path = rewritten(written, tmp_path / "copy", *exported(no_carry, policy, carry=()))
    with pytest.raises(UserError, match=message):
        coin_game_policy_trial.try_out(path)


def test_policy_that_takes_too_long_is_refused(written, tmp_path, monkeypatch):
    path = rewritten(written, tmp_path / "copy", {"seed": 44})
    monkeypatch.setattr(coin_game_policy_trial, "SECONDS", 0)
    with pytest.raises(UserError, match="copy does not play a move within 0 seconds"):
        coin_game_policy.load(path)


def test_trial_that_dies_without_a_word_is_told_by_its_code(written, tmp_path, monkeypatch):
    """As of a program that brings its process down."""
    path = rewritten(written, tmp_path / "copy", {"seed": 45})
    dies = tmp_path / "dies"
    dies.write_text("#!/bin/sh\nexit 134\n")
    dies.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(dies))
    with pytest.raises(UserError, match="copy does not run here: it ended with code 134"):
        coin_game_policy.load(path)


def test_memory_of_the_trial_is_limited():
    code = (
        "import sys; from common import coin_game_policy_trial as trial\n"
        "trial.MEMORY_BYTES = 2**30\ntrial.try_out = lambda path: bytearray(2**31)\n"
        "sys.exit(trial.main(['file']))"
    )
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    tried = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).resolve().parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (tried.returncode, tried.stderr.split()) == (1, ["MemoryError"])
