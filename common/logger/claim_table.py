"""How a claim reads, in whatever table it stands; and the table of a terminal.

Of a record only `paper`, `experiment`, `preset` and `claims` are used, so that what
`claims.not_run` returns can stand among records.
"""

import math
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]
Entry = Mapping[str, Any]  # of a claim in a record

DEFAULT_PRESET = "quick"
KINDS = ("holds", "partly", "fails", "open")  # of a verdict, whatever its word
_KINDS = {
    "holds": "holds",
    "reproduced": "holds",
    "holds partly": "partly",
    "partly": "partly",
    "does not hold": "fails",
    "not reproduced": "fails",
}
_COLOURS = {"holds": "\x1b[32m", "partly": "\x1b[33m", "fails": "\x1b[31m", "open": "\x1b[2m"}
_END_COLOUR = "\x1b[0m"
_STATE_WIDTH = len("NOT REPRODUCED (QUICK)")


def state_text(claim: Entry) -> str:
    """Returns the verdict in the record's word, "no verdict" or "not run"."""
    return claim["verdict"] or ("no verdict" if claim["per_seed"] else "not run")


def sized_state(record: Record, claim: Entry) -> str:
    """Returns the state, and at which size it was reached, such as "holds (quick)"."""
    state = state_text(claim)
    return f"{state} ({record['preset']})" if state in _KINDS else state


def kind(claim: Entry) -> str:
    """Returns which of `KINDS` a claim's state is; open means that there is no verdict."""
    return _KINDS.get(state_text(claim), "open")


def counts_text(claims: Iterable[Entry]) -> str:
    """Returns how many claims are in which state, such as "3 holds, 1 not run"."""
    states = Counter(map(state_text, claims))
    return ", ".join(f"{number} {state}" for state, number in states.items())


def paper_text(claim: Entry) -> str:
    """Returns the paper's number with spread and unit; a dash if it prints none."""
    if claim["paper_value"] is None:
        return claim["paper_spread"] or "-"
    value, spread, unit = f"{claim['paper_value']:g}", claim["paper_spread"] or "", claim["unit"]
    if spread and spread[0] not in "±(":  # words on the value, not a spread
        return " ".join(part for part in (value, unit, f"({spread})") if part)
    return " ".join(part for part in (value, spread, unit) if part)


def ours_text(claim: Entry) -> str:
    """Returns our value with interval and number of seeds, such as "0.43 [0.40, 0.46] (5)"."""
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


def command(record: Record) -> str:
    """Returns what makes a record: "make reproduce-PAPER EXPERIMENT=NAME", and the preset."""
    preset = "" if record["preset"] == DEFAULT_PRESET else f" PRESET={record['preset']}"
    paper = record["paper"].replace("_", "-")
    return f"make reproduce-{paper} EXPERIMENT={record['experiment']}{preset}"


def terminal_table(records: Sequence[Record], width: int = 80, *, colour: bool = False) -> str:
    """Returns the claims as plain text: state and numbers aligned, sentences wrapped below.

    Args:
      records: result records.
      width: columns of the terminal.
      colour: whether to colour the states; pass `stream.isatty()`.
    """
    claims = [claim for record in records for claim in record["claims"]]
    ours_width = max((len(ours_text(claim)) for claim in claims), default=0)
    lines = []
    for record in records:
        lines.append(f"{record['paper']} {record['experiment']} ({record['preset']})")
        for claim in record["claims"]:
            shown_state = _terminal_state(record, claim, colour)
            lines.append(
                f"  {shown_state}  ours {ours_text(claim):<{ours_width}}  paper {paper_text(claim)}"
            )
            lines += _wrapped_sentences(claim, width)
        lines.append("")
    noun = "claim" if len(claims) == 1 else "claims"
    summary = f"{len(claims)} {noun}" + (f": {counts_text(claims)}" if claims else "")
    return "\n".join([*lines, summary])


def _terminal_state(record: Record, claim: Entry, colour: bool) -> str:
    shown = f"{sized_state(record, claim).upper():<{_STATE_WIDTH}}"
    return f"{_COLOURS[kind(claim)]}{shown}{_END_COLOUR}" if colour else shown


def _wrapped_sentences(claim: Entry, width: int) -> list[str]:
    sentences = (f"{claim['statement']} ({claim['source']})", claim["criterion"], claim["note"])
    wrapper = textwrap.TextWrapper(width, initial_indent=" " * 6, subsequent_indent=" " * 8)
    return [line for sentence in sentences for line in wrapper.wrap(sentence)]
