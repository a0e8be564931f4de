"""README tables and figures of LOQA, made from the files in results/ alone; needs no JAX."""

from itertools import groupby
from pathlib import Path
from typing import Any

from common.logger import atomic, claim_table, results
from loqa.configs import EXPERIMENTS
from loqa.errors import UserError
from loqa.figures import draw

FOLDER = Path(__file__).parent


def rebuild(folder: Path = FOLDER) -> None:
    """Draws every figure anew and writes the README's tables.

    Args:
      folder: holds README.md and results/.

    Raises:
      FileNotFoundError: there is no README, or no curves beside a record.
      DamagedFileError: a record or a table of curves is damaged.
      UserError: the README lacks the markers of a table.
    """
    results_dir, readme = folder / "results", folder / "README.md"
    for preset in ("quick", "paper"):
        for record in results.read_records(results_dir / preset):
            draw(record["experiment"], results_dir / preset)
    tables = {
        "claims": claims_table(results_dir, is_default=True),
        "more_claims": claims_table(results_dir, is_default=False),
        "bench": bench_table(results_dir),
        "bench_original": original_table(results_dir),
    }
    text = readme.read_text()
    try:
        for name, table in tables.items():
            text = claim_table.replace_between_markers(text, name, table)
    except ValueError as error:
        raise UserError(f"{readme}: {error}") from error
    atomic.write_text(readme, text)


def claims_table(results_dir: Path, *, is_default: bool) -> str:
    """Returns the claim table of the committed records, in the order of the experiments.

    Args:
      results_dir: folder of the presets' records.
      is_default: whether of the experiments of the default run, or of those run by name only.
    """
    by_name = {
        (preset, record["experiment"]): record
        for preset in ("quick", "paper")
        for record in results.read_records(results_dir / preset)
    }
    ordered = [
        _with_wording(by_name[preset, name])
        for name, experiment in EXPERIMENTS.items()
        for preset in ("quick", "paper")
        if (preset, name) in by_name and is_default == (not experiment.not_by_default)
    ]
    return claim_table.markdown_table(ordered)


def _with_wording(record: dict[str, Any]) -> dict[str, Any]:
    """A record worded as of today: what a claim says, and why it fails, may be put better later."""
    experiment = EXPERIMENTS[record["experiment"]]
    statements = {c.id: c.statement for c in experiment.claims_at(record["preset"])}

    def worded(claim: dict[str, Any]) -> dict[str, Any]:
        statement = statements.get(claim["id"], claim["statement"])
        is_failing = claim["verdict"] != "reproduced"
        note = experiment.note(claim["id"]) if is_failing else claim["note"]
        return {**claim, "statement": statement, "note": note}

    return {**record, "claims": [worded(claim) for claim in record["claims"]]}


def bench_table(results_dir: Path) -> str:
    """Returns the benchmark of bench.json as tables; empty if there is none.

    A row is named `setup: measure`. Setups with the same measures share a table, one line each.
    """
    path = results_dir / "bench.json"
    if not path.exists():
        return ""
    bench = atomic.read_json(path)
    setups = [
        (setup, {row["what"].rpartition(": ")[2]: row for row in rows})
        for setup, rows in groupby(bench["rows"], lambda row: row["what"].rpartition(": ")[0])
    ]
    tables = [
        _measures_side_by_side(dict(alike)) if len(alike) > 1 else _measures_listed(*alike[0])
        for alike in (list(group) for _, group in groupby(setups, lambda setup: list(setup[1])))
    ]
    versions = bench["versions"]
    machine = f"{bench['device']}, JAX {versions['jax']}, Python {versions['python']}"
    repeats = (
        f"Median (lowest - highest) of {bench['repeats']} repeats after a warm-up, on {machine}."
    )
    return "\n\n".join([*tables, repeats])


def _measures_side_by_side(setups: dict[str, dict[str, Any]]) -> str:
    """A line for each setup, a column for each measure."""
    measures = next(iter(setups.values()))
    titles = [f"{name}, {row['unit']}" for name, row in measures.items()]
    lines = [f"| | {' | '.join(titles)} |", "|---" * (1 + len(titles)) + "|"]
    for setup, rows in setups.items():
        cells = [_with_range(row, "") for row in rows.values()]
        lines.append(f"| {setup} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _measures_listed(setup: str, rows: dict[str, Any]) -> str:
    """A line for each measure of one setup."""
    lines = [f"| {setup} | |", "|---|---|"]
    lines += [f"| {name} | {_with_range(row, ' ' + row['unit'])} |" for name, row in rows.items()]
    return "\n".join(lines)


def original_table(results_dir: Path) -> str:
    """Returns the comparison of bench_original.json as a table; empty if there is none."""
    path = results_dir / "bench_original.json"
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
        cells = [_with_range(row[kind], "x" if "ratio" in kind else " s") for kind in kinds]
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


def _with_range(spread: dict[str, Any], unit: str) -> str:
    """Median (lowest - highest); one number where only one was measured."""
    low, high = spread["range"]
    median = f"{_three_digits(spread['median'])}{unit}"
    return median if low == high else f"{median} ({_three_digits(low)} - {_three_digits(high)})"


def _three_digits(value: float) -> str:
    rounded = f"{value:.3g}"
    return rounded if value < 1000 else f"{float(rounded):,.0f}"
