"""What a new record says beside the committed one: the same, within its interval, or otherwise."""

import math
from collections.abc import Mapping
from typing import Any

from common.logger.claim_table import estimate_text
from common.logger.claims import TOO_FEW_SEEDS

Record = Mapping[str, Any]


def compared(new: Record, committed: Record | None) -> list[str]:
    """Returns lines on how the claims of a new record compare with those of the committed one.

    Args:
      new: record of the run that has just ended.
      committed: record of the same experiment and preset in the paper's results; None if none.
    """
    name = new["experiment"]
    if committed is None:
        return [f"{name}: there is no committed record at preset {new['preset']}"]
    seeds = f"{len(new['seeds'])} seeds here, {len(committed['seeds'])} in the committed record"
    before = {claim["id"]: claim for claim in committed["claims"]}
    lines = [_line(claim, before[claim["id"]]) for claim in new["claims"] if claim["id"] in before]
    if all(line.endswith("same") for line in lines):
        return [f"{name}: all {len(lines)} values are those of the committed record ({seeds})"]
    return [f"{name}, beside the committed record ({seeds}):", *(f"    {line}" for line in lines)]


def _line(claim: Record, before: Record) -> str:
    ours = estimate_text(claim["value"], claim["ci95"])
    theirs = estimate_text(before["value"], before["ci95"])
    return f"{claim['id']}: {ours} here, {theirs} committed: {_difference(claim, before)}"


def _difference(claim: Record, before: Record) -> str:
    """In words; a changed verdict is said before all else."""
    value, expected, interval = claim["value"], before["value"], before["ci95"]
    verdicts = (before["verdict"], claim["verdict"])
    if verdicts[0] != verdicts[1] and not {None, TOO_FEW_SEEDS} & {*verdicts}:
        return f"VERDICT CHANGED from '{before['verdict']}' to '{claim['verdict']}'"
    if value is None or expected is None:
        return "same" if value == expected else "one of them is not finite"
    if math.isclose(value, expected, rel_tol=1e-6, abs_tol=1e-9):
        return "same"
    if interval is None:
        return "another value"
    return "within its interval" if interval[0] <= value <= interval[1] else "outside its interval"
