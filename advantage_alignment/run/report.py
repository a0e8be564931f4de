"""README tables and figures made from the files in results/ alone; needs no JAX."""

from pathlib import Path
from typing import Any

from advantage_alignment.experiments import PAPER
from advantage_alignment.run.figures import draw
from common.logger import atomic, bench_table, claim_table, claims, results
from common.logger.errors import UserError

_PRESETS = ("quick", "paper")


def rebuild(folder: Path = PAPER.folder) -> None:
    """Draws every figure anew and writes the README's tables.

    Args:
      folder: holds README.md and results/.

    Raises:
      FileNotFoundError: there is no README, or no curves beside a record.
      DamagedFileError: a record or a table of curves is damaged.
      UserError: the README lacks the markers of a table.
    """
    results_dir, readme = folder / "results", folder / "README.md"
    for preset in _PRESETS:
        for record in results.read_records(results_dir / preset):
            draw(record["experiment"], results_dir / preset)
    tables = {
        "claims": claims_table(results_dir, is_default=True),
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
    """Returns the claim table of the committed records; experiments without one are "not run".

    Args:
      results_dir: folder of the presets' records.
      is_default: whether of the experiments of the default run, or of those run by name only.
    """
    by_name = {
        (preset, record["experiment"]): record
        for preset in _PRESETS
        for record in results.read_records(results_dir / preset)
    }
    ordered: list[dict[str, Any]] = []
    for name, experiment in PAPER.experiments.items():
        if is_default != (not experiment.not_by_default):
            continue
        found = [by_name[preset, name] for preset in _PRESETS if (preset, name) in by_name]
        declared = experiment.claims_at("quick")
        missing = claims.not_run(PAPER.name, name, "quick", declared)
        ordered += [_with_wording(record) for record in found] or [missing]
    return claim_table.markdown_table(ordered)


def _with_wording(record: dict[str, Any]) -> dict[str, Any]:
    """A record worded as of today: what a claim says, and why it fails, may be put better later."""
    experiment = PAPER.experiments[record["experiment"]]
    statements = {c.id: c.statement for c in experiment.claims_at(record["preset"])}

    def worded(claim: dict[str, Any]) -> dict[str, Any]:
        statement = statements.get(claim["id"], claim["statement"])
        is_failing = claim["verdict"] != "reproduced"
        note = experiment.note(claim["id"]) if is_failing else claim["note"]
        return {**claim, "statement": statement, "note": note}

    return {**record, "claims": [worded(claim) for claim in record["claims"]]}
