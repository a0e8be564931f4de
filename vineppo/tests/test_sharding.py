"""Tests of layouts over a mesh: the same losses as on one device, and sizes that do not divide."""

import json
import socket
import subprocess
import sys

import jax
import numpy as np
import pytest

from common.logger.errors import UserError
from common.logger.run_folder import RunOptions
from vineppo import transformer
from vineppo.experiments import presets
from vineppo.model_files import sharding
from vineppo.run.trainer import Trainer
from vineppo.tests import commands
from vineppo.transformer import TransformerConfig


def start(environment, folder, num_devices, *words, module="vineppo"):
    """Starts a command, in a folder, with so many fake devices."""
    flags = f"{commands.XLA_FLAGS} --xla_force_host_platform_device_count={num_devices}"
    return subprocess.Popen(
        [sys.executable, "-m", module, *words],
        cwd=folder,
        env={**environment, "XLA_FLAGS": flags},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_an_update_on_eight_devices_has_the_losses_and_parameters_of_one(environment, tmp_path):
    """Mesh of 4 x 2: four parts of the batch, two halves of every matrix; PPO and VinePPO."""
    process = start(environment, tmp_path, 8, module="vineppo.tests.sharded_update")
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    lines = output.splitlines()
    assert len(lines) == 2
    for line in lines:
        num_devices, metrics, params_of_change = line.split()
        assert int(num_devices) == 8
        assert float(metrics) < 1e-3
        assert float(params_of_change) < 0.05


@pytest.mark.slow
def test_two_processes_train_as_one_does_and_one_opens_what_they_saved(environment, tmp_path):
    """Two hosts of two devices train on; metrics are those of one device. Two evaluate."""
    config = presets.rl("smoke", "vineppo", num_updates=2)
    of_one = Trainer(tmp_path, [0], RunOptions(quiet=True), "one", run_dir=tmp_path / "one")
    expected = of_one.train(config, "policy").log
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    words = (*commands.TRAIN, "--run-dir", "run", "--num-updates", "2", "--model-shards", "2")
    words += ("--coordinator", address)
    processes = [
        start(environment, tmp_path, 2, *words, "--num-processes", "2", "--process", str(index))
        for index in range(2)
    ]
    try:
        printed = [process.communicate() for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], printed
    assert "run folder" in printed[0][0]
    assert "run folder" not in printed[1][0]  # the library of collectives prints there too
    folder = tmp_path / "run" / "policy"
    log, own_log = (
        [json.loads(line) for line in (each / "metrics.jsonl").read_text().splitlines()]
        for each in (folder, folder / "process_1")
    )
    assert log == own_log
    for line, expected_line in zip(log, expected, strict=True):
        for name, values in expected_line.items():
            np.testing.assert_allclose(line[name], values, atol=1e-3, err_msg=name)

    evaluation = start(environment, tmp_path, 2, "evaluate", "run/policy")
    output, errors = evaluation.communicate()
    assert evaluation.returncode == 0, errors
    assert f"{'test_accuracy':<28}{log[-1]['test_accuracy'][0]:>9.3f}\n" in output


def test_every_matrix_has_a_layout_and_norms_go_everywhere():
    config = TransformerConfig(8, 4, 8, 1, 2, 2, 2, 16, has_qkv_bias=True)
    params = transformer.init(config, jax.random.key(0))
    placed = sharding.place_params(params, sharding.make_mesh(1))
    jax.tree.map(np.testing.assert_array_equal, placed, params)
    for name, leaf in placed["layers_0"].items():
        assert ("model" in leaf.sharding.spec) == ("norm" not in name), name
    assert placed["embedding"].sharding.spec[0] == "model"


def test_devices_and_rows_that_do_not_divide_are_refused():
    with pytest.raises(UserError, match="model_shards 7 must divide the number of devices"):
        sharding.make_mesh(7)
