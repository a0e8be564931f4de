"""The table of the released code beside ours, from the record of a comparison on one machine."""

from pathlib import Path

from common.logger import atomic, bench_table


def markdown(folder: Path) -> str:
    """Returns the comparison of bench_original.json as a table; empty if there is none."""
    path = folder / "results" / "bench_original.json"
    if not path.exists():
        return ""
    bench = atomic.read_json(path)
    kinds = {
        "seconds": "seconds per update",
        "seconds_ratio": "the original takes",
        "cpu_seconds": "CPU seconds",
        "cpu_seconds_ratio": "the original takes",
    }
    kinds = {kind: title for kind, title in kinds.items() if kind in bench["rows"][0]}
    rows = ["| | " + " | ".join(kinds.values()) + " |", "|---" * (1 + len(kinds)) + "|"]
    for row in bench["rows"]:
        cells = [
            bench_table.with_range(row[kind], "x" if "ratio" in kind else " s") for kind in kinds
        ]
        rows.append(f"| {row['what']} | " + " | ".join(cells) + " |")
    original, ours = bench["original"], bench["versions"]
    return "\n".join(
        [
            *rows,
            "",
            f"Median (lowest - highest) of {bench['repeats']} repeats of {bench['num_iterations']} "
            f"updates, in turn, on {bench['device']}. The original: {original['repository']}, "
            f"JAX {original['jax']}, flax {original['flax']}; ours: JAX {ours['jax']}.",
        ]
    )
