"""Claims of a paper, the criteria fixed for them beforehand, and the verdicts on our values."""

import difflib
import enum
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from common.logger import intervals

Statistic = Literal["mean", "low", "high", "min", "max"]
Relation = Literal[">=", "<=", "within"]
Repeats = Literal["seeds", "exact", "once"]
COMPARABLE_PRESETS = ("day", "paper")
TOO_FEW_SEEDS = "too few seeds"
SMOKE_NOTE = "smoke run: no scientific claim"

_STATISTIC_WORDS = {
    "mean": "mean",
    "low": "lower end of the 95 % interval",
    "high": "upper end of the 95 % interval",
    "min": "smallest seed",
    "max": "largest seed",
}


class Verdict(enum.Enum):
    """What our values say about a claim; computed, never typed."""

    HOLDS = "holds"
    PARTLY = "partly"
    FAILS = "fails"


def word(verdict: Verdict, preset: str) -> str:
    """Returns a verdict in words; "reproduced" is said only where the paper's numbers compare."""
    if preset in COMPARABLE_PRESETS:
        words = ("reproduced", "partly", "not reproduced")
    else:
        words = ("holds", "holds partly", "does not hold")
    return dict(zip(Verdict, words, strict=True))[verdict]


@dataclass(frozen=True)
class Criterion:
    """When a claim holds, as data.

    Attributes:
      statistic: what is taken over the seeds: their mean, the lower or upper end of the 95 %
        interval of the mean, the smallest or the largest seed.
      relation: how it is compared; `within` means |statistic - target| <= threshold.
      threshold: from where on the claim holds.
      partly: weaker threshold, from where on it holds partly; None if there is no such verdict.
      target: what `within` compares with; None for the other relations.
    """

    statistic: Statistic
    relation: Relation
    threshold: float
    partly: float | None = None
    target: float | None = None

    def __post_init__(self) -> None:
        """Refuses criteria that no value could be judged by."""
        for value, choices in ((self.statistic, Statistic), (self.relation, Relation)):
            if value not in get_args(choices):
                raise ValueError(f"expected one of {', '.join(get_args(choices))}, got '{value}'")
        if (self.target is None) == (self.relation == "within"):
            raise ValueError("a target belongs to the relation 'within', and to no other")
        if self.partly is not None:
            is_weaker = (
                self.partly < self.threshold
                if self.relation == ">="
                else self.partly > self.threshold
            )
            if not is_weaker:
                raise ValueError(
                    f"partly ({self.relation} {self.partly}) must ask for less than "
                    f"the whole claim ({self.relation} {self.threshold})"
                )

    def describe(self) -> str:
        """Returns the criterion in words, such as "mean >= 0.9 (partly: >= 0.5)"."""
        of_target = "" if self.target is None else f" of {self.target:g}"
        condition = f"{self.relation} {self.threshold:g}{of_target}"
        partly = "" if self.partly is None else f" (partly: {self.relation} {self.partly:g})"
        return f"{_STATISTIC_WORDS[self.statistic]} {condition}{partly}"


@dataclass(frozen=True)
class Claim:
    """One claim of a paper, declared before it is tested.

    Attributes:
      id: short name, unique within its experiment.
      source: place in the paper, such as "Table 1".
      statement: the claim as a sentence.
      metric: name of the metric, one value per seed, that the criterion judges.
      criterion: when it holds.
      paper_value: the paper's number, None if it gives none.
      paper_spread: the paper's spread as printed, such as "± 0.02 (10 seeds)".
      unit: unit of the metric, empty for a plain number.
      repeats: what is repeated in a run: the seeds; or nothing, for the value is exact, or was
        measured once for all seeds. Only then may a run of fewer than three seeds judge it.
    """

    id: str
    source: str
    statement: str
    metric: str
    criterion: Criterion
    paper_value: float | None = None
    paper_spread: str | None = None
    unit: str = ""
    repeats: Repeats = "seeds"


def judge(criterion: Criterion, per_seed: Sequence[float]) -> Verdict:
    """Returns the verdict of `criterion` on one value per seed.

    A value that is not finite, or an interval that does not exist, fails.

    Raises:
      ValueError: there is no value.
    """
    values = [float(value) for value in per_seed]
    if not values:
        raise ValueError("a criterion needs the value of one seed at least; there is none")
    value = _over_seeds(criterion.statistic, values) if all(map(math.isfinite, values)) else None
    if value is None:
        return Verdict.FAILS
    if _holds(criterion, value, criterion.threshold):
        return Verdict.HOLDS
    if criterion.partly is not None and _holds(criterion, value, criterion.partly):
        return Verdict.PARTLY
    return Verdict.FAILS


def evaluate_claims(
    claims: Sequence[Claim],
    metrics: Mapping[str, Sequence[float]],
    preset: str,
    notes: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Returns the claim entries of a result record.

    Args:
      claims: what was claimed.
      metrics: values per seed by metric name.
      preset: decides the words; a smoke run has no verdicts.
      notes: a sentence by claim id on why a claim fails; that of a claim that holds is left out.

    Raises:
      KeyError: a claim's metric, or a note's claim, does not exist; the message names the closest.
    """
    notes = notes or {}
    for claim_id in notes:
        _check_known(claim_id, [claim.id for claim in claims], "a note is about the claim")
    entries = []
    for claim in claims:
        _check_known(claim.metric, list(metrics), f"claim '{claim.id}' needs the metric")
        summary = summarise(metrics[claim.metric], claim.repeats)
        verdict = verdict_of(claim.criterion, summary["per_seed"], claim.repeats, preset)
        is_failing = verdict not in (None, TOO_FEW_SEEDS, word(Verdict.HOLDS, preset))
        note = SMOKE_NOTE if preset == "smoke" else notes.get(claim.id, "") if is_failing else ""
        entries.append(_entry(claim, summary, verdict, note))
    return entries


def verdict_of(
    criterion: Criterion, per_seed: Sequence[float | None], repeats: str, preset: str
) -> str | None:
    """Returns the verdict in words as a record holds it; None of a smoke run."""
    if preset == "smoke":
        return None
    if repeats == "seeds" and len(per_seed) < intervals.MIN_SEEDS:
        return TOO_FEW_SEEDS
    values = [math.nan if value is None else value for value in per_seed]
    return word(judge(criterion, values), preset)


def check_verdicts(record: Mapping[str, Any]) -> None:
    """Recomputes the verdicts of a record from its values per seed.

    Raises:
      ValueError: a verdict is not what the values say; the message names the claim.
    """
    for entry in record["claims"]:
        criterion = Criterion(**entry["criterion_data"])
        expected = verdict_of(criterion, entry["per_seed"], entry["repeats"], record["preset"])
        if entry["verdict"] != expected:
            raise ValueError(
                f"{record['experiment']}, claim '{entry['id']}': the record says "
                f"'{entry['verdict']}', its values say '{expected}'"
            )


def summarise(per_seed: Sequence[float], repeats: Repeats) -> dict[str, Any]:
    """Returns mean, interval and values per seed; no interval where nothing was repeated."""
    summary = intervals.summarise(per_seed)
    return summary if repeats == "seeds" else {**summary, "ci95": None}


def not_run(
    paper: str, experiment: str, preset: str, claims: Sequence[Claim], reason: str = ""
) -> dict[str, Any]:
    """Returns what a claim table needs of an experiment that has no result record."""
    no_values: dict[str, Any] = {"mean": None, "ci95": None, "per_seed": []}
    entries = [_entry(claim, no_values, None, reason) for claim in claims]
    return {"paper": paper, "experiment": experiment, "preset": preset, "claims": entries}


def _entry(
    claim: Claim, summary: Mapping[str, Any], verdict: str | None, note: str
) -> dict[str, Any]:
    return {
        "id": claim.id,
        "source": claim.source,
        "statement": claim.statement,
        "metric": claim.metric,
        "unit": claim.unit,
        "paper_value": claim.paper_value,
        "paper_spread": claim.paper_spread,
        "criterion": claim.criterion.describe(),
        "criterion_data": asdict(claim.criterion),
        "repeats": claim.repeats,
        "value": summary["mean"],
        "ci95": summary["ci95"],
        "per_seed": summary["per_seed"],
        "verdict": verdict,
        "note": note,
    }


def _over_seeds(statistic: Statistic, values: Sequence[float]) -> float | None:
    if statistic == "mean":
        return statistics.fmean(values)
    if statistic in ("low", "high"):
        interval = intervals.bootstrap_interval(values)
        return interval and interval[statistic == "high"]
    return min(values) if statistic == "min" else max(values)


def _holds(criterion: Criterion, value: float, threshold: float) -> bool:
    if criterion.relation == ">=":
        return value >= threshold
    if criterion.relation == "<=":
        return value <= threshold
    assert criterion.target is not None
    return abs(value - criterion.target) <= threshold


def _check_known(name: str, known: Sequence[str], purpose: str) -> None:
    if name not in known:
        closest = difflib.get_close_matches(name, known, n=3, cutoff=0.3) or sorted(known)
        raise KeyError(f"{purpose} '{name}', which does not exist; closest: {', '.join(closest)}")
