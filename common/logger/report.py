"""The tables of a paper's README and its figures, made from the files in results/ alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common.logger import atomic, bench_table, claim_table, claims, figures, results
from common.logger.errors import UserError
from common.logger.experiment import Paper

PRESETS = ("quick", "day", "paper")  # whose records are committed


def rebuild(
    paper: Paper, more_tables: Mapping[str, str] | None = None, folder: Path | None = None
) -> None:
    """Draws every figure anew and writes the README's tables.

    Args:
      paper: whose README and results these are.
      more_tables: of the paper's own, by the name of their markers.
      folder: holds README.md and results/; None for the paper's.

    Raises:
      FileNotFoundError: there is no README, or no curves beside a record.
      DamagedFileError: a record or a table of curves is damaged, or a record's verdict is not
        what its values say.
      UserError: the README lacks the markers of a table.
    """
    folder = folder or paper.folder
    results_dir, readme = folder / "results", folder / "README.md"
    records = read_records(paper, results_dir)
    for record in records:
        name = record["experiment"]
        figures.draw(paper.experiments[name], results_dir / record["preset"], name)
    tables = {
        "claims": claims_table(paper, records, is_default=True),
        "more_claims": claims_table(paper, records, is_default=False),
        "bench": bench_table.markdown_tables(results_dir / "bench.json"),
        **(more_tables or {}),
    }
    text = readme.read_text()
    try:
        for name, table in tables.items():
            text = claim_table.replace_between_markers(text, name, table)
    except ValueError as error:
        raise UserError(f"{readme}: {error}") from error
    atomic.write_text(readme, text)


def read_records(paper: Paper, results_dir: Path) -> list[dict[str, Any]]:
    """Returns the records of a paper in the order of its experiments, small sizes first.

    Raises:
      DamagedFileError: a record is damaged, or is of no experiment of the paper.
    """
    found = {
        (record["experiment"], preset): record
        for preset in PRESETS
        for record in results.read_records(results_dir / preset)
    }
    unknown = {name for name, _ in found} - set(paper.experiments)
    if unknown:
        raise atomic.DamagedFileError(f"{results_dir} has records of no experiment: {unknown}")
    places = [(name, preset) for name in paper.experiments for preset in PRESETS]
    return [found[place] for place in places if place in found]


def claims_table(paper: Paper, records: list[dict[str, Any]], *, is_default: bool) -> str:
    """Returns the claim table of records; experiments without one are listed as not run.

    Args:
      paper: whose claims these are.
      records: in the order of its experiments.
      is_default: whether of the experiments of the default run, or of those run by name only.
    """
    rows: list[dict[str, Any]] = []
    for name, experiment in paper.experiments.items():
        if is_default == (not experiment.not_by_default):
            found = [record for record in records if record["experiment"] == name]
            preset = next((each for each in PRESETS if each in experiment.configs), "quick")
            declared = experiment.claims_at(preset)
            rows += found or [claims.not_run(paper.name, name, preset, declared)]
    return claim_table.markdown_table(rows)
