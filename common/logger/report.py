"""A paper's pages and figures, made from the files in results/ alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common.logger import atomic, bench_table, claims_page, figures, results
from common.logger.claims_page import PRESETS
from common.logger.errors import UserError
from common.logger.experiment import Paper


def rebuild(
    paper: Paper, more_tables: Mapping[str, str] | None = None, folder: Path | None = None
) -> None:
    """Draws every figure anew, writes results/CLAIMS.md, and the tables of README and NOTES.

    Args:
      paper: whose pages and results these are.
      more_tables: of the paper's own in NOTES.md, by the name of their markers.
      folder: holds README.md, NOTES.md and results/; None for the paper's.

    Raises:
      FileNotFoundError: there is no README or NOTES, or no curves beside a record.
      DamagedFileError: a record or a table of curves is damaged, or a record's verdict is not
        what its values say.
      UserError: a page lacks the markers of a table.
    """
    folder = folder or paper.folder
    results_dir = folder / "results"
    records = read_records(paper, results_dir)
    for record in records:
        name = record["experiment"]
        figures.draw(paper.experiments[name], results_dir / record["preset"], name)
    bench = bench_table.markdown_tables(results_dir / "bench.json")
    pages = {
        folder / "README.md": {"headline": claims_page.headline(paper, records)},
        folder / "NOTES.md": {"bench": bench, **(more_tables or {})},
    }
    texts = {page: _filled(page, tables) for page, tables in pages.items()}
    texts[results_dir / "CLAIMS.md"] = claims_page.claims_page(paper, records)
    for page, text in texts.items():
        atomic.write_text(page, text)


def _filled(page: Path, tables: Mapping[str, str]) -> str:
    """The text of a page with its tables between their markers."""
    text = page.read_text()
    try:
        for name, table in tables.items():
            text = replace_between_markers(text, name, table)
    except ValueError as error:
        raise UserError(f"{page}: {error}") from error
    return text


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


def replace_between_markers(text: str, name: str, content: str) -> str:
    """Returns `text` with `content` between `<!-- BEGIN name -->` and `<!-- END name -->`.

    Raises:
      ValueError: the two markers are not there exactly once each, in this order.
    """
    begin, end = f"<!-- BEGIN {name} -->", f"<!-- END {name} -->"
    for marker in (begin, end):
        if text.count(marker) != 1:
            raise ValueError(f"expected the marker {marker} once, found it {text.count(marker)}x")
    before, _, rest = text.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"the marker {end} stands before {begin}")
    return f"{before}{begin}\n{content}\n{end}{after}"
