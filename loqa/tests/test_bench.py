"""Tests of the benchmark, at sizes of no interest."""

import json

import pytest

from loqa.run import bench
from loqa.run.coin_game_bench import CoinGameRun


@pytest.mark.slow
@pytest.mark.usefixtures("keys_unchecked")
def test_benchmark_measures_runs_phases_and_games_and_writes_them(tmp_path):
    coin_game = CoinGameRun(batch_size=2, num_opponents=1, hidden_size=2)
    sizes = bench.Sizes(((2, 3, 1),), num_updates=2, num_coin_games=2, coin_game=(coin_game,))
    table = bench.run(2, tmp_path / "bench.json", sizes)
    written = json.loads((tmp_path / "bench.json").read_text())
    rows = {row["what"]: row for row in written["rows"]}
    assert list(rows) == [
        "IPD, batch 2, T 3, 1 seed: updates",
        "IPD, batch 2, T 3, 1 seed: environment steps",
        "IPD, batch 2, T 3, 1 seed: compilation",
        "IPD, batch 2, T 3, 1 seed: rollout",
        "IPD, batch 2, T 3, 1 seed: rollout and actor step",
        "IPD, batch 2, T 3, 1 seed: rollout and critic step",
        "Coin Game 3x3, 2 games, T 50, random moves, observed: steps",
        "Coin Game 3x3, 2 games, T 50, random moves, observed: compilation",
        *(
            f"{coin_game.name()}: {what}"
            for what in (
                "one update",
                "environment steps, learning",
                "compilation",
                "drawing and rollout",
                "environment steps, two GRU agents playing",
                "drawing, rollout and actor step",
                "drawing, rollout and critic step",
            )
        ),
        "peak memory of the whole benchmark",
    ]
    assert [line.split("  ")[0] for line in table.splitlines()] == list(rows)
    for row in rows.values():
        low, high = row["range"]
        assert 0 < low <= row["median"] <= high
    updates, steps = (
        rows[f"IPD, batch 2, T 3, 1 seed: {unit}"] for unit in ("updates", "environment steps")
    )
    assert steps["median"] == pytest.approx(2 * 3 * updates["median"])
    assert written["repeats"] == 2
    assert {"schema_version", "git_commit", "device", "versions", "started_at"} <= written.keys()
