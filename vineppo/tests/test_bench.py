"""Tests of the benchmark: what it counts, by hand, and the whole of it at the smallest sizes."""

import json
from dataclasses import replace

import numpy as np
import pytest

from vineppo.experiments import presets
from vineppo.policy import Policy
from vineppo.run import bench
from vineppo.run.bench import Phase, Sizes
from vineppo.tasks.setup import make_setup
from vineppo.tasks.task import Responses
from vineppo.transformer import TransformerConfig

TINY = Sizes(
    presets.rl("smoke", "vineppo"),
    TransformerConfig(8, 8, 8, 1, 1, 1, 8, 64),
    batch=2,
    num_tokens=3,
    num_mixed=64,
    num_mixed_slots=8,
)


def test_processed_tokens_are_counted_as_by_hand():
    """Two responses of 4 tokens to one question of 7, steps at 0 and 2, K = 2, alike before 3.

    Distinct states: after 7 tokens and after 9. Ours reads 2 x 11; shared, 2 x (6 + 8); else twice
    that.
    """
    config = replace(TINY.vineppo, num_rollouts=2)
    tokens = np.array([[10, 1, 11, 2], [10, 1, 11, 3]])
    responses = Responses(np.array([5, 5]), tokens, np.array([4, 4]), np.array([True, True]))
    cuts = [np.array([0, 2])] * 2
    phase = Phase(Policy(make_setup(config.initial), config, {}), responses, cuts)
    prefixes = phase.prefixes()
    assert [len(prefix) for prefix in prefixes] == [7, 7, 9, 9] * 2
    np.testing.assert_array_equal(prefixes[-1][-3:], [*prefixes[0][-1:], 10, 1])
    assert bench.token_counts(phase, prefixes, 100, 200) == (122, 128, 256)


@pytest.mark.slow
def test_the_benchmark_writes_every_row_it_prints(tmp_path):
    text = bench.run(1, tmp_path / "bench.json", TINY)
    written = json.loads((tmp_path / "bench.json").read_text())
    assert len(text.splitlines()) == len(written["rows"])
    assert all(row["median"] > 0 for row in written["rows"])
    targets = [row["target"] for row in written["rows"] if "target" in row]
    assert targets == [5, 3]
    (static,) = (row["median"] for row in written["rows"] if row.get("target") == 3)
    assert static > 1
