"""Claims of a paper, the criteria fixed for them beforehand, and the verdicts on our values."""

import difflib
import enum
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from common.logger import intervals

Statistic = Literal["mean", "low", "high", "min", "max"]
Relation = Literal[">=", "<=", "within"]
SMOKE_NOTE = "smoke run: no scientific claim"

_STATISTIC_WORDS = {
    "mean": "mean",
    "low": "lower end of the 95 % interval",
    "high": "upper end of the 95 % interval",
    "min": "smallest seed",
    "max": "largest seed",
}


class Verdict(enum.StrEnum):
    """What our values say about a claim; computed, never typed."""

    REPRODUCED = "reproduced"
    PARTLY = "partly"
    NOT_REPRODUCED = "not reproduced"


@dataclass(frozen=True)
class Criterion:
    """When a claim counts as reproduced, as data.

    Attributes:
      statistic: what is taken over the seeds: their mean, the lower or upper end of the 95 %
        interval of the mean, the smallest or the largest seed. With fewer than three seeds there
        is no interval: low falls back to the smallest seed and high to the largest.
      relation: how it is compared; `within` means |statistic - target| <= threshold.
      reproduced: threshold of the verdict "reproduced".
      partly: weaker threshold of the verdict "partly"; None if there is no such verdict.
      target: what `within` compares with; None for the other relations.
    """

    statistic: Statistic
    relation: Relation
    reproduced: float
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
                self.partly < self.reproduced
                if self.relation == ">="
                else self.partly > self.reproduced
            )
            if not is_weaker:
                raise ValueError(
                    f"partly ({self.relation} {self.partly}) must ask for less than "
                    f"reproduced ({self.relation} {self.reproduced})"
                )

    def describe(self) -> str:
        """Returns the criterion in words, such as "mean >= 0.9 (partly: >= 0.5)"."""
        of_target = "" if self.target is None else f" of {self.target:g}"
        condition = f"{self.relation} {self.reproduced:g}{of_target}"
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
      criterion: when it counts as reproduced.
      paper_value: the paper's number, None if it gives none.
      paper_spread: the paper's spread as printed, such as "± 0.02 (10 seeds)".
      unit: unit of the metric, empty for a plain number.
    """

    id: str
    source: str
    statement: str
    metric: str
    criterion: Criterion
    paper_value: float | None = None
    paper_spread: str | None = None
    unit: str = ""


def judge(criterion: Criterion, per_seed: Sequence[float]) -> Verdict:
    """Returns the verdict of `criterion` on one value per seed.

    A value that is not finite gives "not reproduced".

    Raises:
      ValueError: there is no value.
    """
    values = [float(value) for value in per_seed]
    if not values:
        raise ValueError("a criterion needs the value of one seed at least; there is none")
    if not all(map(math.isfinite, values)):
        return Verdict.NOT_REPRODUCED
    value = _over_seeds(criterion.statistic, values)
    if _holds(criterion, value, criterion.reproduced):
        return Verdict.REPRODUCED
    if criterion.partly is not None and _holds(criterion, value, criterion.partly):
        return Verdict.PARTLY
    return Verdict.NOT_REPRODUCED


def evaluate_claims(
    claims: Sequence[Claim],
    metrics: Mapping[str, Sequence[float]],
    notes: Mapping[str, str] | None = None,
    *,
    scientific: bool = True,
) -> list[dict[str, Any]]:
    """Returns the claim entries of a result record.

    Args:
      claims: what was claimed.
      metrics: values per seed by metric name.
      notes: a sentence by claim id, such as why a claim fails.
      scientific: False for a smoke run, whose entries have no verdict.

    Raises:
      KeyError: a claim's metric, or a note's claim, does not exist; the message names the closest.
    """
    notes = notes or {}
    for claim_id in notes:
        _check_known(claim_id, [claim.id for claim in claims], "a note is about the claim")
    entries = []
    for claim in claims:
        _check_known(claim.metric, list(metrics), f"claim '{claim.id}' needs the metric")
        per_seed = metrics[claim.metric]
        verdict = str(judge(claim.criterion, per_seed)) if scientific else None
        note = notes.get(claim.id, "") if scientific else SMOKE_NOTE
        entries.append(_entry(claim, intervals.summarise(per_seed), verdict, note))
    return entries


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
        "value": summary["mean"],
        "ci95": summary["ci95"],
        "per_seed": summary["per_seed"],
        "verdict": verdict,
        "note": note,
    }


def _over_seeds(statistic: Statistic, values: Sequence[float]) -> float:
    if statistic == "mean":
        return statistics.fmean(values)
    if statistic in ("low", "high"):
        low, high = intervals.bootstrap_interval(values) or (min(values), max(values))
        return low if statistic == "low" else high
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
