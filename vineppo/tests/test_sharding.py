"""Tests of layouts over a mesh: the same losses as on one device, and sizes that do not divide."""

import subprocess
import sys

import jax
import numpy as np
import pytest

from vineppo import sharding, transformer
from vineppo.errors import UserError
from vineppo.tests import commands
from vineppo.transformer import TransformerConfig


def test_an_update_on_eight_devices_has_the_losses_and_parameters_of_one(environment):
    """Mesh of 4 x 2: four parts of the batch, two halves of every matrix; PPO with its critic."""
    flags = f"{commands.XLA_FLAGS} --xla_force_host_platform_device_count=8"
    finished = subprocess.run(
        [sys.executable, "-m", "vineppo.tests.sharded_update"],
        env={**environment, "XLA_FLAGS": flags},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    num_devices, metrics, params = finished.stdout.split()
    assert int(num_devices) == 8
    assert float(metrics) < 1e-3
    assert float(params) < 1e-4


def test_every_matrix_has_a_layout_and_norms_go_everywhere():
    config = TransformerConfig(8, 4, 8, 1, 2, 2, 2, 16, has_qkv_bias=True)
    params = transformer.init(config, jax.random.key(0))
    placed = sharding.place_params(params, sharding.make_mesh(1))
    jax.tree.map(np.testing.assert_array_equal, placed, params)
    for name, leaf in placed["layers"][0].items():
        assert ("model" in leaf.sharding.spec) == ("norm" not in name), name
    assert placed["embedding"].sharding.spec[0] == "model"


def test_devices_and_rows_that_do_not_divide_are_refused():
    with pytest.raises(UserError, match="model_shards 7 must divide the number of devices"):
        sharding.make_mesh(7)
