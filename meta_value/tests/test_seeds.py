"""Tests of runs of several seeds: each seed gets the numbers it gets alone, wherever it runs."""

import json
import subprocess
import sys

import numpy as np
import pytest

from meta_value.tests import commands

THREE_SEEDS = ("--num-seeds", "3", "--num-updates", "4")


@pytest.fixture(scope="module")
def run_on(environment, tmp_path_factory):
    """Trains three seeds on some number of devices; returns the run's metrics."""

    def run(num_devices):
        folder = tmp_path_factory.mktemp(f"devices_{num_devices}")
        devices = f" --xla_force_host_platform_device_count={num_devices}"
        flags = {**environment, "XLA_FLAGS": environment["XLA_FLAGS"] + devices}
        finished = commands.run(flags, folder, *commands.TRAIN, *THREE_SEEDS, "--run-dir", "run")
        assert (finished.returncode, finished.stderr) == (0, "")
        return log_of(folder / "run")

    return run


@pytest.fixture(scope="module")
def on_one_device(run_on):
    return run_on(1)


def log_of(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def assert_close(log, other):
    """Metrics agree but for the order of sums."""
    for line, expected in zip(log, other, strict=True):
        assert line.keys() == expected.keys()
        for name, values in expected.items():
            np.testing.assert_allclose(line[name], values, rtol=2e-4, atol=2e-5, err_msg=name)


@pytest.mark.slow
def test_three_seeds_on_two_devices_have_the_numbers_of_one_device(run_on, on_one_device):
    assert_close(run_on(2), on_one_device)


@pytest.mark.slow
def test_a_seed_among_others_has_the_numbers_it_has_alone(finished_run, on_one_device):
    alone = log_of(finished_run)[: len(on_one_device)]
    first_seed = [
        {name: value if name == "step" else value[:1] for name, value in line.items()}
        for line in on_one_device
    ]
    assert len(first_seed) == 2
    assert_close(first_seed, alone)


@pytest.mark.slow
def test_seeds_differ(on_one_device):
    last = on_one_device[-1]
    assert len(set(last["loss"])) == len(last["loss"]) == 3


def test_the_commands_avoid_the_reductions_that_crash(environment):
    """The published M-MAML ends the process without the flag, as this sum does (jaxlib 0.10.2)."""
    program = (
        "from common.logger.commands import prepare_jax; prepare_jax()\n"
        "import jax, jax.numpy as jnp\n"
        "x = jnp.ones((3, 1, 2, 2, 8, 8, 8))\n"
        "print(float(jax.jit(lambda a, b: jnp.sum(a * b, axis=3))(x, x).sum()))"
    )
    flags = {name: value for name, value in environment.items() if name != "XLA_FLAGS"}
    finished = subprocess.run(
        [sys.executable, "-c", program],
        env=flags,
        cwd=commands.ROOT,
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
    assert float(finished.stdout) == 3 * 2 * 2 * 8**3
