"""README tables and figures, made from the files in results/ alone; needs no JAX."""

from pathlib import Path
from typing import Any

from common.logger import atomic, bench_table, claim_table, results
from vineppo.configs import EXPERIMENTS
from vineppo.errors import UserError
from vineppo.figures import NAMES, draw

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
        "methods": methods_table(results_dir),
        "more_claims": claims_table(results_dir, is_default=False),
        "bench": bench_table.markdown_tables(results_dir / "bench.json"),
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


def methods_table(results_dir: Path) -> str:
    """Returns what each method of the main table was given and reached; empty if it was not run."""
    path = results_dir / "quick" / "table_main.json"
    if not path.exists():
        return ""
    record = results.read_record(path)
    rows = [
        "| method | test accuracy [95 % interval] | learning rate | responses | tokens sampled |",
        "|---|---|---|---|---|",
    ]
    metrics = record["metrics"]
    for name, _ in record["config"]["contestants"]:
        accuracy = metrics[f"{name}_test_accuracy"]
        rate, responses, tokens = (
            metrics[f"{name}_{given}"]["mean"]
            for given in ("learning_rate", "training_responses", "sampled_tokens")
        )
        rows.append(
            f"| {NAMES[name]} | {claim_table.estimate_text(accuracy['mean'], accuracy['ci95'])} "
            f"| {rate:g} | {responses:,.0f} | {tokens:,.0f} |"
        )
    initial = metrics["sft_test_accuracy"]["mean"]
    rows.append(f"| {NAMES['sft']}, where all begin | {initial:.3f} | | | |")
    return "\n".join(rows)
