"""Tests of the tables of a benchmark."""

from common.logger import atomic, bench_table


def test_measures_are_grouped_by_setup(tmp_path):
    path = tmp_path / "bench.json"
    assert bench_table.markdown_tables(path) == ""
    atomic.write_json(path, made_up_bench())
    assert bench_table.markdown_tables(path).splitlines() == [
        "| | updates, 1/s | compilation, s |",
        "|---|---|---|",
        "| batch 8 | 1,230 (1,000 - 1,500) | 2.5 |",
        "| batch 4 | 12.3 (10 - 15) | 2.5 |",
        "",
        "| batch 8 | |",
        "|---|---|",
        "| rollout | 0.5 ms (0.25 - 1) |",
        "",
        "Median (lowest - highest) of 5 repeats after a warm-up, on 2x CPU, JAX 0.10.2, "
        "Python 3.11.",
    ]


def made_up_bench():
    def row(what, unit, median, low, high):
        return {"what": what, "unit": unit, "median": median, "range": [low, high]}

    rows = [
        row("batch 8: updates", "1/s", 1234.4, 1000.0, 1500.0),
        row("batch 8: compilation", "s", 2.5, 2.5, 2.5),
        row("batch 4: updates", "1/s", 12.34, 10.0, 15.0),
        row("batch 4: compilation", "s", 2.5, 2.5, 2.5),
        row("batch 8: rollout", "ms", 0.5, 0.25, 1.0),
    ]
    versions = {"jax": "0.10.2", "python": "3.11"}
    return {"rows": rows, "repeats": 5, "device": "2x CPU", "versions": versions}
