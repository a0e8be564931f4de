"""Tests of the benchmark at the smallest sizes."""

import importlib.util
import json

from vineppo import bench
from vineppo.bench import Sizes
from vineppo.transformer import TransformerConfig

TINY = Sizes(
    TransformerConfig(64, 8, 8, 1, 1, 1, 8, 64),
    num_trajectories=2,
    prompt_length=3,
    step_length=2,
    num_steps=3,
    num_rollouts=2,
    num_slots=4,
    num_mixed=64,
    num_mixed_slots=8,
)


def test_the_table_has_a_row_per_measurement_and_counts_what_is_saved(tmp_path, monkeypatch):
    """Six rollouts per trajectory, each padded to six tokens from prefixes of 3, 5 and 7: by hand
    2 x 2 x (3 + 5 + 7) prefix tokens read anew, 72 sampled, 18 read once: (60 + 72) / (72 + 18)."""
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        bench.importlib.util, "find_spec", lambda name: None if name == "torch" else find_spec(name)
    )
    text = bench.run(1, tmp_path / "bench.json", TINY)
    rows = json.loads((tmp_path / "bench.json").read_text())["rows"]
    assert len(text.splitlines()) == len(rows) == 5
    medians = {row["what"]: row["median"] for row in rows}
    (again,) = (x for what, x in medians.items() if "processed tokens" in what)
    assert again == (60 + 72) / (72 + 18)
    (static,) = (x for what, x in medians.items() if what.startswith("static"))
    assert static > 1
