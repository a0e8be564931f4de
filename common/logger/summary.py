"""Everything on one page: summary.html and summary.csv, and the table of the root README.

`python -m common.logger.summary PAPER...` reads the committed records and needs no package. The
page is one file: figures lie in it, and its filters are style sheets, so no script is needed.
"""

import base64
import csv
import importlib
import io
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from common.logger import atomic
from common.logger.claim_table import (
    KINDS,
    Entry,
    Record,
    command,
    kind,
    ours_text,
    paper_text,
    sized_state,
    state_text,
)
from common.logger.claims_page import (
    PRESETS,
    default_run,
    headline_rows,
    kind_counts,
    sentence,
    table,
    with_not_run,
)
from common.logger.experiment import Experiment, Paper
from common.logger.report import read_records, replace_between_markers

_KIND_WORDS = {"holds": "holds", "partly": "partly", "fails": "does not hold", "open": "open"}
Records = Mapping[str, Sequence[Record]]  # by name of the paper


def size_counts(records: Sequence[Record], preset: str) -> str:
    """Returns how many claims hold, hold partly and do not at a size; a dash if none was run."""
    entries = (claim for r in records if r["preset"] == preset for claim in r["claims"])
    return kind_counts(entries) or "-"


def root_table(papers: Sequence[Paper], records: Records) -> str:
    """Returns the table of the root README: what was found, and the counts at each size."""
    rows = [
        (
            f"[{paper.title}]({paper.name}/)",
            paper.finding,
            *(size_counts(records[paper.name], preset) for preset in PRESETS),
            default_run(paper, records[paper.name]),
        )
        for paper in papers
    ]
    columns = ("paper", "what was found", *PRESETS, "command, on two CPU cores")
    return table(columns, rows)


def claim_rows(papers: Sequence[Paper], records: Records) -> Iterator[dict[str, Any]]:
    """Gives every claim of every record as a row of summary.csv."""
    for paper in papers:
        for record in with_not_run(paper, records[paper.name]):
            for claim in record["claims"]:
                low, high = claim["ci95"] or (None, None)
                yield {
                    "paper": paper.name,
                    "experiment": record["experiment"],
                    "preset": record["preset"],
                    "claim": claim["id"],
                    "source": claim["source"],
                    "statement": claim["statement"],
                    "criterion": claim["criterion"],
                    "paper_value": claim["paper_value"],
                    "paper_spread": claim["paper_spread"],
                    "value": claim["value"],
                    "ci95_low": low,
                    "ci95_high": high,
                    "num_seeds": len(claim["per_seed"]),
                    "verdict": state_text(claim),
                    "note": claim["note"],
                    "command": command(record),
                    "git_commit": record.get("git_commit", ""),
                }


def csv_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """Returns rows as CSV, with a header."""
    listed = list(rows)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, listed[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(listed)
    return stream.getvalue()


def page(papers: Sequence[Paper], records: Records) -> str:
    """Returns summary.html: counts, first tables, every experiment with its figure, all claims."""
    counts = [
        [
            f'<a href="#{paper.name}">{escape(paper.title)}</a>',
            *(escape(size_counts(records[paper.name], preset)) for preset in PRESETS),
        ]
        for paper in papers
    ]
    template = Template(Path(__file__).with_name("summary.html").read_text())
    return template.substitute(
        filters=_filters(papers),
        counts=_table(("paper", *PRESETS), counts),
        papers="\n".join(_paper(paper, records[paper.name]) for paper in papers),
        choices=_choices(papers),
        claims=_claims(papers, records),
    )


def _paper(paper: Paper, records: Sequence[Record]) -> str:
    """A paper: what was found, its first table, and its experiments."""
    rows = [
        f'<tr class="{kind(claim)}"><td>{escape(wording)}</td>'
        f'<td data-column="paper">{escape(paper_text(claim))}</td>'
        f'<td data-column="here">{escape(ours_text(claim))}</td>'
        f'<td class="verdict">{escape(sized_state(record, claim))}</td></tr>'
        for wording, record, claim in headline_rows(paper, records)
    ]
    parts = [
        f'<h2 id="{paper.name}">{escape(paper.title)}</h2>',
        f"<p>{escape(paper.finding)}</p>",
        _body(("the paper says", "paper", "here", "verdict"), rows),
    ]
    for name, experiment in paper.experiments.items():
        own = [record for record in records if record["experiment"] == name]
        parts.append(_experiment(paper, name, experiment, own))
    return "\n".join(parts)


def _experiment(paper: Paper, name: str, experiment: Experiment, records: Sequence[Record]) -> str:
    """An experiment, folded: what is run, and of each record command, provenance and figure."""
    counted = "; ".join(f"{r['preset']}: {size_counts([r], r['preset'])}" for r in records)
    parts = [
        f"<details><summary><b>{name}</b>, {escape(experiment.source)}: "
        f"{escape(counted or 'not run')}</summary>",
        f"<p>{escape(sentence(experiment.summary))}</p>",
    ]
    for record in records:
        image = paper.folder / "results" / record["preset"] / f"{name}.png"
        encoded = base64.b64encode(image.read_bytes()).decode()
        minutes = record["wall_seconds"] / 60
        parts += [
            f"<p><code>{escape(command(record))}</code></p>",
            f'<p class="provenance">Commit {record["git_commit"][:12]}'
            f"{' with changes' if record['git_dirty'] else ''}, {escape(record['device'])}, seeds "
            f"{', '.join(map(str, record['seeds']))}, {minutes:.1f} minutes, "
            f"{escape(record['started_at'][:10])}.</p>",
            f'<img alt="figure of {name} at size {record["preset"]}" loading="lazy" '
            f'src="data:image/png;base64,{encoded}">',
        ]
    return "\n".join([*parts, "</details>"])


def _claims(papers: Sequence[Paper], records: Records) -> str:
    """The table of all claims; the classes of a row are what the filters go by."""
    rows = []
    for paper in papers:
        for record in with_not_run(paper, records[paper.name]):
            for claim in record["claims"]:
                rows.append(_claim(paper.name, record, claim))
    columns = ("claim", "experiment", "paper", "here", "criterion", "verdict")
    return _body(columns, rows)


def _claim(paper: str, record: Record, claim: Entry) -> str:
    note = f'<div class="note">{escape(claim["note"])}</div>' if claim["note"] else ""
    return (
        f'<tr class="claim {kind(claim)} of-{paper}">'
        f"<td>{escape(claim['statement'])} <i>{escape(claim['source'])}</i>{note}</td>"
        f'<td data-column="experiment">{paper} <code>{escape(record["experiment"])}</code></td>'
        f'<td data-column="paper">{escape(paper_text(claim))}</td>'
        f'<td data-column="here">{escape(ours_text(claim))}</td>'
        f'<td data-column="criterion">{escape(claim["criterion"])}</td>'
        f'<td class="verdict">{escape(sized_state(record, claim))}</td></tr>'
    )


def _choices(papers: Sequence[Paper]) -> str:
    """The buttons of the filters: by verdict, and by paper."""
    groups = {
        "verdict": [("all", "all"), *((each, _KIND_WORDS[each]) for each in KINDS)],
        "paper": [("all", "all"), *((paper.name, paper.name) for paper in papers)],
    }
    return "\n".join(
        f"<fieldset><legend>{group}</legend>"
        + "".join(
            f'<label><input type="radio" name="{group}" id="{group}-{value}"'
            f"{' checked' if value == 'all' else ''}> {word}</label>"
            for value, word in values
        )
        + "</fieldset>"
        for group, values in groups.items()
    )


def _filters(papers: Sequence[Paper]) -> str:
    """Style sheets that hide the claims which a button does not ask for."""
    shown = [(f"verdict-{each}", each) for each in KINDS]
    shown += [(f"paper-{paper.name}", f"of-{paper.name}") for paper in papers]
    return "\n".join(
        f"body:has(#{button}:checked) tr.claim:not(.{name}) {{ display: none !important; }}"
        for button, name in shown
    )


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already."""
    cells = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    return _body(columns, (f"<tr>{row}</tr>" for row in cells), "counts")


def _body(columns: Sequence[str], rows: Iterable[str], name: str = "claims") -> str:
    head = "".join(f"<th>{column}</th>" for column in columns)
    lines = "\n".join(rows)
    return f'<table class="{name}"><thead><tr>{head}</tr></thead><tbody>\n{lines}\n</tbody></table>'


def main(names: Sequence[str], folder: Path = Path()) -> None:
    """Writes summary.html, summary.csv and the root README's table into a folder."""
    papers = [importlib.import_module(f"{name}.experiments").PAPER for name in names]
    records = {paper.name: read_records(paper, paper.folder / "results") for paper in papers}
    atomic.write_text(folder / "summary.html", page(papers, records))
    atomic.write_text(folder / "summary.csv", csv_text(claim_rows(papers, records)))
    readme = folder / "README.md"
    text = replace_between_markers(readme.read_text(), "papers", root_table(papers, records))
    atomic.write_text(readme, text)


if __name__ == "__main__":
    main(sys.argv[1:])
