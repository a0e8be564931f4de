"""Tests of runs of several seeds: each seed gets the numbers it gets alone, wherever it runs."""

import json

import numpy as np
import pytest

from meta_value.tests import commands

EIGHT_SEEDS = ("--num-seeds", "8", "--num-updates", "4")


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


def test_seeds_spread_over_eight_devices_have_the_numbers_of_one_device(run_on, on_one_device):
    num_devices, spread = run_on(8)
    assert (num_devices, on_one_device[0]) == (8, 1)
    assert_close(spread, on_one_device[1])


def test_a_seed_among_others_has_the_numbers_it_has_alone(finished_run, on_one_device):
    together = on_one_device[1]
    alone = log_of(finished_run)[: len(together)]
    first_seed = [
        {name: value if name == "step" else value[:1] for name, value in line.items()}
        for line in together
    ]
    assert len(first_seed) == 2
    assert_close(first_seed, alone)


def test_seeds_differ(on_one_device):
    last = on_one_device[1][-1]
    assert len(set(last["loss"])) == len(last["loss"]) == 8


def test_what_a_training_prints_is_its_last_log_point(finished_run):
    """The evaluation of the final state, done once more, gives the values that were logged."""
    last = log_of(finished_run)[-1]
    assert last["step"] == 2 * commands.NUM_LOG_POINTS
    printed = (finished_run.parent / "stdout").read_text().splitlines()
    evaluated = [line.split() for line in printed[1:-1]]
    assert evaluated == [
        [name, f"{last[name][0]:.3f}"]
        for name in last
        if name not in ("step", "loss", "short_td_error")
    ]
