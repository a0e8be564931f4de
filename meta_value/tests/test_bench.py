"""Tests of the benchmark, on one training of the smallest size."""

import time

import pytest

from common.logger import atomic, timing
from meta_value.config import MetaValueConfig
from meta_value.run import bench
from meta_value.tests.test_train import SMALL


@pytest.mark.slow
@pytest.mark.usefixtures("keys_unchecked")
def test_rows_hold_median_and_range_of_every_repeat(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "_tournament_rows", lambda repeats: [])
    cases = (bench.Case("smallest", MetaValueConfig(**SMALL), 2),)
    text = bench.run(2, tmp_path / "bench.json", cases)
    written = atomic.read_json(tmp_path / "bench.json")
    rows = {row["what"]: row for row in written["rows"]}
    update = rows["smallest, 2 seeds: one update"]
    assert 0 < update["range"][0] <= update["median"] <= update["range"][1]
    hours = rows["smallest, 2 seeds: a whole run, all cores together"]
    assert hours["median"] < 1
    assert "smallest: exploration, all cores together" in rows
    assert (written["repeats"], written["paper"]) == (2, "meta_value")
    assert text.count("\n") == len(rows) - 1


def test_core_seconds_leave_out_what_was_waited_for():
    calls = []

    def wait(argument):
        calls.append(argument)
        time.sleep(0.05)
        return argument

    times = timing.timed(wait, 1, repeats=3)
    assert len(calls) == 4  # one to warm up
    assert min(times.seconds) >= 0.05
    assert max(times.core_seconds) < 0.04
