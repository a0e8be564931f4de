"""Test of the benchmark at the smallest sizes."""

import json
from dataclasses import replace

import jax
import pytest

from advantage_alignment.config import PUBLISHED
from advantage_alignment.run import bench


@pytest.mark.usefixtures("keys_unchecked")
def test_the_benchmark_writes_what_it_prints(tmp_path):
    jax.devices()
    path = tmp_path / "bench.json"
    small = replace(PUBLISHED["ipd"], batch_size=2, num_steps=2, episode_length=2)
    printed = bench.run(2, path, harvest_sizes=((1, 2),), updates=(("IPD", small),))
    written = json.loads(path.read_text())
    assert len(written["rows"]) == len(printed.splitlines()) == 5
    assert all(row["what"] in printed for row in written["rows"])
    assert all(row["median"] > 0 for row in written["rows"])
    assert written["repeats"] == 2
