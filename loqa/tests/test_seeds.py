"""Tests of runs of several seeds: each seed gets the numbers it gets alone, wherever it runs."""

import json

import numpy as np
import pytest

from loqa.tests import commands

EIGHT_SEEDS = ("--num-seeds", "8", "--num-updates", "8")


@pytest.fixture(scope="module")
def run_on(environment, tmp_path_factory):
    """Trains eight seeds on some number of devices; returns provenance and metrics."""

    def run(num_devices):
        folder = tmp_path_factory.mktemp(f"devices_{num_devices}")
        devices = f" --xla_force_host_platform_device_count={num_devices}"
        flags = {**environment, "XLA_FLAGS": environment["XLA_FLAGS"] + devices}
        finished = commands.run(flags, folder, *commands.TRAIN, *EIGHT_SEEDS, "--run-dir", "run")
        assert (finished.returncode, finished.stderr) == (0, "")
        origin = json.loads((folder / "run" / "run.json").read_text())["provenance"]
        return origin["num_devices"], log_of(folder / "run")

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
def test_seeds_spread_over_eight_devices_have_the_numbers_of_one_device(run_on, on_one_device):
    num_devices, spread = run_on(8)
    assert (num_devices, on_one_device[0]) == (8, 1)
    assert_close(spread, on_one_device[1])


@pytest.mark.slow
def test_a_seed_among_others_has_the_numbers_it_has_alone(finished_run, on_one_device):
    together = on_one_device[1]
    alone = log_of(finished_run)[: len(together)]
    first_seed = [
        {name: value if name == "step" else value[:1] for name, value in line.items()}
        for line in together
    ]
    assert len(first_seed) == 4
    assert_close(first_seed, alone)


@pytest.mark.slow
def test_three_seeds_on_two_devices_have_the_numbers_they_have_among_eight(
    environment, tmp_path, on_one_device
):
    flags = f"{environment['XLA_FLAGS']} --xla_force_host_platform_device_count=2"
    words = ("--num-seeds", "3", "--num-updates", "8", "--run-dir", "run")
    finished = commands.run({**environment, "XLA_FLAGS": flags}, tmp_path, *commands.TRAIN, *words)
    assert (finished.returncode, finished.stderr) == (0, "")
    first_three = [
        {name: value if name == "step" else value[:3] for name, value in line.items()}
        for line in on_one_device[1]
    ]
    assert_close(log_of(tmp_path / "run"), first_three)


@pytest.mark.slow
def test_seeds_differ(on_one_device):
    last = on_one_device[1][-1]
    assert len(set(last["policy_loss"])) == len(last["policy_loss"]) == 8
