"""The claim table, for a README and for a terminal, from result records.

Of a record only `paper`, `experiment`, `preset` and `claims` are used, so that what
`claims.not_run` returns can stand among records.
"""

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from common.logger import intervals

DEFAULT_PRESET = "quick"
_COLUMNS = (
    "claim (paper)",
    "paper",
    "ours, mean [95 % interval] (seeds)",
    "criterion",
    "command",
    "state",
)
_GREEN, _YELLOW, _RED, _DIM = "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[2m"
_COLOURS = {
    "holds": _GREEN,
    "reproduced": _GREEN,
    "holds partly": _YELLOW,
    "partly": _YELLOW,
    "does not hold": _RED,
    "not reproduced": _RED,
}
_END_COLOUR = "\x1b[0m"
_STATE_WIDTH = len("NOT REPRODUCED (QUICK)")


def markdown_table(records: Sequence[Mapping[str, Any]]) -> str:
    """Returns one row per claim in the order of the records, and a line on the intervals."""
    rows = [_COLUMNS, ("---",) * len(_COLUMNS)]
    for record in records:
        rows += [_markdown_row(record, claim) for claim in record["claims"]]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    note = f"Intervals: {intervals.METHOD}; none with fewer than {intervals.MIN_SEEDS} seeds."
    return "\n".join([*lines, "", note])


def terminal_table(
    records: Sequence[Mapping[str, Any]], width: int = 80, *, colour: bool = False
) -> str:
    """Returns the claims as plain text: state and numbers aligned, sentences wrapped below.

    Args:
      records: result records.
      width: columns of the terminal.
      colour: whether to colour the states; pass `stream.isatty()`.
    """
    claims = [claim for record in records for claim in record["claims"]]
    ours_width = max((len(_ours(claim)) for claim in claims), default=0)
    lines = []
    for record in records:
        lines.append(f"{record['paper']} {record['experiment']} ({record['preset']})")
        for claim in record["claims"]:
            shown_state = _terminal_state(record, claim, colour)
            lines.append(
                f"  {shown_state}  ours {_ours(claim):<{ours_width}}  paper {_paper(claim)}"
            )
            lines += _wrapped_sentences(claim, width)
        lines.append("")
    return "\n".join([*lines, _summary(claims)])


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


def estimate_text(value: float | None, ci95: Sequence[float] | None) -> str:
    """Returns a mean and its interval with the same decimals, such as "0.431 [0.402, 0.460]".

    Three significant digits of the mean or of half the interval, whichever is larger; a mean that
    is None (no run, or a value that was not finite) gives a dash.
    """
    if value is None:
        return "-"
    half_width = 0.0 if ci95 is None else (ci95[1] - ci95[0]) / 2
    scale = max(abs(value), half_width)
    exponent = math.floor(math.log10(scale)) if scale > 0 else 0
    form = f".{max(0, 2 - exponent)}f" if -5 < exponent < 6 else ".2e"
    # Adding zero after rounding turns -0.00 into 0.00.
    mean, *ends = [
        format(float(format(number, form)) + 0.0, form) for number in (value, *(ci95 or ()))
    ]
    return f"{mean} [{', '.join(ends)}]" if ends else mean


def _markdown_row(record: Mapping[str, Any], claim: Mapping[str, Any]) -> tuple[str, ...]:
    state = ": ".join(part for part in (_sized_state(record, claim), claim["note"]) if part)
    cells = (
        f"{claim['statement']} ({claim['source']})",
        _paper(claim),
        _ours(claim),
        claim["criterion"],
        f"`{_command(record)}`",
        state,
    )
    return tuple(" ".join(cell.split()).replace("|", "\\|") for cell in cells)


def _terminal_state(record: Mapping[str, Any], claim: Mapping[str, Any], colour: bool) -> str:
    shown = f"{_sized_state(record, claim).upper():<{_STATE_WIDTH}}"
    return f"{_COLOURS.get(_state(claim), _DIM)}{shown}{_END_COLOUR}" if colour else shown


def _sized_state(record: Mapping[str, Any], claim: Mapping[str, Any]) -> str:
    """The state, and at which size it was reached."""
    state = _state(claim)
    return f"{state} ({record['preset']})" if claim["verdict"] in _COLOURS else state


def _wrapped_sentences(claim: Mapping[str, Any], width: int) -> list[str]:
    sentences = (f"{claim['statement']} ({claim['source']})", claim["criterion"], claim["note"])
    wrapper = textwrap.TextWrapper(width, initial_indent=" " * 6, subsequent_indent=" " * 8)
    return [line for sentence in sentences for line in wrapper.wrap(sentence)]


def _state(claim: Mapping[str, Any]) -> str:
    return claim["verdict"] or ("no verdict" if claim["per_seed"] else "not run")


def _command(record: Mapping[str, Any]) -> str:
    preset = "" if record["preset"] == DEFAULT_PRESET else f" PRESET={record['preset']}"
    return f"make reproduce-{record['paper']} EXPERIMENT={record['experiment']}{preset}"


def _paper(claim: Mapping[str, Any]) -> str:
    if claim["paper_value"] is None:
        return claim["paper_spread"] or "-"
    value, spread, unit = f"{claim['paper_value']:g}", claim["paper_spread"] or "", claim["unit"]
    if spread and spread[0] not in "±(":  # words on the value, not a spread
        return " ".join(part for part in (value, unit, f"({spread})") if part)
    return " ".join(part for part in (value, spread, unit) if part)


def _ours(claim: Mapping[str, Any]) -> str:
    num_seeds = len(claim["per_seed"])
    if num_seeds == 0:
        return "-"
    values = claim["per_seed"]
    is_one_number = num_seeds > 1 and min(values, key=str) == max(values, key=str)
    interval, repeats = claim["ci95"], f"({num_seeds})"
    if claim["repeats"] != "seeds":
        interval, repeats = None, "exact" if claim["repeats"] == "exact" else "measured once"
    elif is_one_number:
        interval, repeats = None, f"in every seed ({num_seeds})"
    parts = (estimate_text(claim["value"], interval), claim["unit"], repeats)
    return " ".join(part for part in parts if part)


def _summary(claims: Sequence[Mapping[str, Any]]) -> str:
    states = [_state(claim) for claim in claims]
    counts = [f"{states.count(state)} {state}" for state in dict.fromkeys(states)]
    noun = "claim" if len(claims) == 1 else "claims"
    return f"{len(claims)} {noun}" + (f": {', '.join(counts)}" if counts else "")
