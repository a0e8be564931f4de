"""Tests of the tables of a benchmark."""

from common.logger import atomic, bench_table

HOW = "Median (lowest - highest) of 5 repeats after a warm-up, on 2x CPU, JAX 0.10.2, Python 3.11."


def row(what, unit, median, low, high, **more):
    return {"what": what, "unit": unit, "median": median, "range": [low, high], **more}


def lines_of(tmp_path, rows, **more):
    versions = {"jax": "0.10.2", "python": "3.11"}
    bench = {"rows": rows, "repeats": 5, "device": "2x CPU", "versions": versions, **more}
    atomic.write_json(tmp_path / "bench.json", bench)
    return bench_table.markdown_tables(tmp_path / "bench.json").splitlines()


def test_no_benchmark_gives_no_table(tmp_path):
    assert bench_table.markdown_tables(tmp_path / "bench.json") == ""


def test_setups_with_the_same_measures_share_a_table_and_the_rest_is_listed(tmp_path):
    rows = [
        row("batch 8: updates", "1/s", 1234.4, 1000.0, 1500.0),
        row("batch 8: compilation", "s", 2.5, 2.5, 2.5),
        row("batch 4: updates", "1/s", 12.34, 10.0, 15.0),
        row("batch 4: compilation", "s", 2.5, 2.5, 2.5),
        row("batch 8: rollout", "ms", 0.5, 0.25, 1.0),
        row("peak memory", "MiB", 512.0, 512.0, 512.0),
    ]
    assert lines_of(tmp_path, rows) == [
        "| | updates, 1/s | compilation, s |",
        "|---|---|---|",
        "| batch 8 | 1,230 (1,000 - 1,500) | 2.5 |",
        "| batch 4 | 12.3 (10 - 15) | 2.5 |",
        "",
        "| | |",
        "|---|---|",
        "| batch 8: rollout | 0.5 ms (0.25 - 1) |",
        "| peak memory | 512 MiB |",
        "",
        HOW,
    ]


def test_targets_and_the_note_are_shown(tmp_path):
    rows = [
        row("ours over theirs: time", "times", 5.06, 5.06, 5.06, target=5.0),
        row("peak memory", "MiB", 512.0, 512.0, 512.0),
    ]
    assert lines_of(tmp_path, rows, note="Theirs was not measured.") == [
        "| | | target |",
        "|---|---|---|",
        "| ours over theirs: time | 5.06 times | 5 or more |",
        "| peak memory | 512 MiB |  |",
        "",
        f"{HOW} Theirs was not measured.",
    ]
