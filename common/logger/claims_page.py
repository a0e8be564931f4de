"""What a reviewer reads of a paper: its README's first table, and the page of all its claims."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from common.logger import claims, intervals
from common.logger.claim_table import (
    DEFAULT_PRESET,
    KINDS,
    Entry,
    Record,
    command,
    kind,
    ours_text,
    paper_text,
    sized_state,
)
from common.logger.experiment import Experiment, Paper

PRESETS = ("quick", "day", "paper")  # whose records are committed, small sizes first
_KIND_WORDS = {  # of one claim, of several
    "holds": ("holds", "hold"),
    "partly": ("holds partly", "hold partly"),
    "fails": ("does not hold", "do not hold"),
    "open": ("is open", "are open"),
}


class Row(NamedTuple):
    """A row of the first table: what the paper says in a few words, and the claim's record."""

    wording: str
    record: Record
    claim: Entry


def with_not_run(paper: Paper, records: Sequence[Record]) -> list[Record]:
    """Returns the records in the paper's order; an experiment without one stands as not run."""
    found: list[Record] = []
    for name, experiment in paper.experiments.items():
        own = [record for record in records if record["experiment"] == name]
        preset = next((each for each in PRESETS if each in experiment.configs), "quick")
        found += own or [claims.not_run(paper.name, name, preset, experiment.claims_at(preset))]
    return found


def headline_rows(paper: Paper, records: Sequence[Record]) -> list[Row]:
    """Returns the rows of the first table, each at the largest size that was run.

    Raises:
      ValueError: a row is of no claim of its experiment.
    """
    rows = []
    for name, experiment in paper.experiments.items():
        own = [each for each in with_not_run(paper, records) if each["experiment"] == name]
        for claim_id, wording in experiment.headline.items():
            entries = [(r, c) for r in own for c in r["claims"] if c["id"] == claim_id]
            if not entries:
                raise ValueError(f"{name} has no claim '{claim_id}' for its headline")
            rows.append(Row(wording, *entries[-1]))
    return rows


def headline(paper: Paper, records: Sequence[Record]) -> str:
    """Returns the finding, the first table, a command that checks a row, and the counts."""
    rows = headline_rows(paper, records)
    cells = [
        (row.wording, paper_text(row.claim), ours_text(row.claim), sized_state(row[1], row[2]))
        for row in rows
    ]
    columns = ("the paper says", "paper", "here, mean [95 % interval] (seeds)", "verdict (size)")
    lines = [paper.finding, "", table(columns, cells), ""] if rows else [paper.finding, ""]
    name = next((name for name, each in paper.experiments.items() if each.headline), None)
    if name is not None:
        minutes = minutes_text(paper.experiments[name].minutes["quick"])
        made = command({"paper": paper.name, "experiment": name, "preset": "quick"})
        everything = default_run(paper, records)
        lines.append(f"Check one: `{made}`, {minutes} on two CPU cores; all: {everything}.")
    lines += [f"{counts_at(preset, records)}." for preset in PRESETS if counts_at(preset, records)]
    lines.append("Every claim with its criterion: [results/CLAIMS.md](results/CLAIMS.md).")
    return "\n".join(lines)


def default_run(paper: Paper, records: Iterable[Record]) -> str:
    """Returns the command of the default run, and what its records took."""
    seconds = (
        record["wall_seconds"]
        for record in records
        if record["preset"] == DEFAULT_PRESET
        and not paper.experiments[record["experiment"]].not_by_default
    )
    minutes = minutes_text(sum(seconds) / 60)
    return f"`make reproduce-{paper.name.replace('_', '-')}`, {minutes}"


def counts_at(preset: str, records: Iterable[Record]) -> str:
    """Returns how the claims of a size stand, in words; empty if nothing was run at it."""
    claims_there = [c for r in records if r["preset"] == preset for c in r["claims"]]
    noun = "claim" if len(claims_there) == 1 else "claims"
    said = kind_counts(claims_there)
    return f"{len(claims_there)} {noun} at size {preset}: {said}" if said else ""


def kind_counts(entries: Iterable[Entry]) -> str:
    """Returns how many claims hold, hold partly, do not, and are open; empty if there is none."""
    kinds = [kind(entry) for entry in entries]
    counts = {each: kinds.count(each) for each in KINDS if each in kinds}
    return ", ".join(f"{n} {_KIND_WORDS[each][n > 1]}" for each, n in counts.items())


def claims_page(paper: Paper, records: Sequence[Record]) -> str:
    """Returns results/CLAIMS.md: all claims by experiment, with criterion and verdict."""
    parts = [
        f"# Claims: {paper.title or paper.name}",
        "Made by `make report` from the records beside this page. A claim, its criterion and the "
        f"seeds are fixed before its run. Intervals: {intervals.METHOD}; none with fewer than "
        f"{intervals.MIN_SEEDS} seeds.",
    ]
    parts += [f"{counts_at(preset, records)}." for preset in PRESETS if counts_at(preset, records)]
    everything = with_not_run(paper, records)
    for name, experiment in paper.experiments.items():
        own = [record for record in everything if record["experiment"] == name]
        parts.append(_section(paper, name, experiment, own))
    return "\n\n".join(parts) + "\n"


def _section(paper: Paper, name: str, experiment: Experiment, records: Sequence[Record]) -> str:
    """An experiment: what is run, how, its figures, its claims, and what is said of failures."""
    notes = list(dict.fromkeys(c["note"] for r in records for c in r["claims"] if c["note"]))
    cells = []
    for record in records:
        for claim in record["claims"]:
            source = "" if claim["source"] == experiment.source else f" ({claim['source']})"
            mark = f" [^{name}-{notes.index(claim['note']) + 1}]" if claim["note"] else ""
            cells.append(
                (
                    claim["statement"] + source,
                    paper_text(claim),
                    ours_text(claim),
                    claim["criterion"],
                    sized_state(record, claim) + mark,
                )
            )
    parts = [
        f"## {name}",
        " ".join(_how(paper, name, experiment, records)),
        table(("claim", "paper", "ours", "criterion", "verdict"), cells),
    ]
    parts += [f"[^{name}-{number}]: {note}" for number, note in enumerate(notes, 1)]
    return "\n\n".join(parts)


def _how(
    paper: Paper, name: str, experiment: Experiment, records: Sequence[Record]
) -> Iterator[str]:
    """Sentences: place in the paper, what is run, by which command, how long, and the figures."""
    size = "quick" if "quick" in experiment.configs else next(iter(experiment.configs))
    made = command({"paper": paper.name, "experiment": name, "preset": size})
    yield f"{experiment.source}. {sentence(experiment.summary)}"
    yield f"`{made}`, {minutes_text(experiment.minutes[size])} on two CPU cores."
    if experiment.not_by_default:
        yield f"It runs by name only: {experiment.not_by_default}."
    for record in records:
        if any(claim["per_seed"] for claim in record["claims"]):
            yield f"[Figure at size {record['preset']}]({record['preset']}/{name}.png)."


def sentence(text: str) -> str:
    """Returns a text with a capital in front and a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def minutes_text(minutes: float) -> str:
    """Returns a time in words, such as "2 minutes" or "a minute at most"."""
    if minutes <= 1:
        return "a minute at most"
    return f"{minutes:.0f} minutes" if minutes < 100 else f"{minutes / 60:.0f} hours"


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Returns a table of Markdown; whatever would break a cell is mended."""
    cleaned = [[" ".join(str(cell).split()).replace("|", "\\|") for cell in row] for row in rows]
    lines = [columns, ["---"] * len(columns), *cleaned]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
