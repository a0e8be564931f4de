"""Result records: one JSON file per experiment and preset."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import NoneType
from typing import Any

from common.logger import atomic, intervals, json_text
from common.logger import claims as claim_rules

SCHEMA_VERSION = 2

_NUMBER = (int, float)
_OPTIONAL_NUMBER = (int, float, NoneType)
_RECORD_TYPES: dict[str, tuple[type, ...]] = {
    "schema_version": (int,),
    "paper": (str,),
    "experiment": (str,),
    "preset": (str,),
    "claims": (list,),
    "metrics": (dict,),
    "interval_method": (str,),
    "config": (dict,),
    "seeds": (list,),
    "git_commit": (str, NoneType),
    "git_dirty": (bool, NoneType),
    "command": (str,),
    "versions": (dict,),
    "device": (str,),
    "num_devices": (int,),
    "wall_seconds": _NUMBER,
    "compile_seconds": _OPTIONAL_NUMBER,
    "peak_memory_bytes": (int, NoneType),
    "started_at": (str,),
}
_SUMMARY_TYPES: dict[str, tuple[type, ...]] = {"ci95": (list, NoneType), "per_seed": (list,)}
_METRIC_TYPES = {"mean": _OPTIONAL_NUMBER, **_SUMMARY_TYPES}
_CLAIM_TYPES = {
    **dict.fromkeys(("id", "source", "statement", "metric", "unit", "criterion", "note"), (str,)),
    "criterion_data": (dict,),
    "repeats": (str,),
    "paper_value": _OPTIONAL_NUMBER,
    "paper_spread": (str, NoneType),
    "value": _OPTIONAL_NUMBER,
    **_SUMMARY_TYPES,
    "verdict": (str, NoneType),
}


class NewerRecordError(ValueError):
    """The results folder already holds the record of a run that started later."""


def make_record(
    *,
    paper: str,
    experiment: str,
    preset: str,
    claims: Sequence[Mapping[str, Any]],
    metrics: Mapping[str, Sequence[float]],
    config: Mapping[str, Any],
    seeds: Sequence[int],
    provenance: Mapping[str, Any],
    wall_seconds: float,
    compile_seconds: float | None,
    peak_memory_bytes: int | None,
) -> dict[str, Any]:
    """Returns the result record of one experiment, valid and made of JSON values.

    Args:
      paper: folder name of the paper.
      experiment: name of the experiment.
      preset: smoke, quick, day or paper.
      claims: what `claims.evaluate_claims` gave.
      metrics: values per seed by metric name; their summaries go into the record.
      config: the settings, JSON values.
      seeds: the seeds, in the order of the values.
      provenance: what `provenance.collect` gave when the run started.
      wall_seconds: duration of the experiment, compilation included.
      compile_seconds: the part of it spent compiling, None if not measured.
      peak_memory_bytes: see `provenance.peak_memory_bytes`, None if not measured.
    """
    record = {
        "schema_version": SCHEMA_VERSION,
        "paper": paper,
        "experiment": experiment,
        "preset": preset,
        "claims": claims,
        "metrics": {name: intervals.summarise(values) for name, values in metrics.items()},
        "interval_method": intervals.METHOD,
        "config": config,
        "seeds": seeds,
        **provenance,
        "wall_seconds": wall_seconds,
        "compile_seconds": compile_seconds,
        "peak_memory_bytes": peak_memory_bytes,
    }
    plain_record: dict[str, Any] = json_text.plain(record)
    validate_record(plain_record)
    return plain_record


def validate_record(record: Mapping[str, Any]) -> None:
    """Checks keys and types of a result record.

    Raises:
      ValueError: a key is missing or holds a value of the wrong type; the message names it.
    """
    _check_types(record, _RECORD_TYPES, "")
    if record["schema_version"] != SCHEMA_VERSION:
        raise ValueError(
            f"schema_version is {record['schema_version']}; this code reads {SCHEMA_VERSION}"
        )
    _started_at(record)
    for name, metric in record["metrics"].items():
        _check_summary(metric, _METRIC_TYPES, f"metrics.{name}.")
    for index, claim in enumerate(record["claims"]):
        _check_summary(claim, _CLAIM_TYPES, f"claims[{index}].")
    claim_rules.check_verdicts(record)


def write_record(folder: Path | str, record: Mapping[str, Any], *, force: bool = False) -> Path:
    """Writes a record to folder/EXPERIMENT.json atomically and returns that path.

    Raises:
      NewerRecordError: the file there is of a run that started later, and not `force`.
      DamagedFileError: the file there is not a valid record, and not `force`.
      ValueError: `record` is not a valid record.
    """
    validate_record(record)
    path = Path(folder) / f"{record['experiment']}.json"
    if not force:
        check_not_newer(path, record["started_at"])
    atomic.write_json(path, record)
    return path


def check_not_newer(path: Path | str, started_at: str) -> None:
    """Checks that a run started at `started_at` (ISO 8601) may replace the record at `path`.

    Raises:
      NewerRecordError: the record there is of a run that started later.
      DamagedFileError: the file there is not a valid record.
    """
    if not Path(path).exists():
        return
    present = read_record(path)
    if _started_at(present) > _started_at({"started_at": started_at}):
        raise NewerRecordError(
            f"{path} is of a run started at {present['started_at']}, later than this one "
            f"({started_at}); use --force or another results folder"
        )


def read_record(path: Path | str) -> dict[str, Any]:
    """Reads and validates one record.

    Raises:
      FileNotFoundError: there is no such file.
      DamagedFileError: it is not valid JSON or not a valid record; the message names the check.
    """
    record = atomic.read_json(path)
    try:
        validate_record(record)
    except ValueError as error:
        raise atomic.DamagedFileError(f"{path} is not a valid result record: {error}") from error
    return record


def read_records(folder: Path | str) -> list[dict[str, Any]]:
    """Reads all records of a folder in the order of their file names; none if it is missing."""
    return [read_record(path) for path in sorted(Path(folder).glob("*.json"))]


def _started_at(record: Mapping[str, Any]) -> datetime:
    try:
        moment = datetime.fromisoformat(record["started_at"])
    except ValueError as error:
        raise ValueError(f"started_at is not an ISO 8601 time: {error}") from error
    if moment.tzinfo is None:
        raise ValueError(f"started_at needs a time zone: {record['started_at']}")
    return moment


def _check_summary(
    summary: Mapping[str, Any], types: Mapping[str, tuple[type, ...]], where: str
) -> None:
    _check_types(summary, types, where)
    if summary["ci95"] is not None and len(summary["ci95"]) != 2:
        raise ValueError(f"{where}ci95 needs a lower and an upper end; got {summary['ci95']}")
    for key, expected in (("ci95", _NUMBER), ("per_seed", _OPTIONAL_NUMBER)):
        for index, value in enumerate(summary[key] or []):
            _check_type(value, expected, f"{where}{key}[{index}]")


def _check_types(
    values: Mapping[str, Any], types: Mapping[str, tuple[type, ...]], where: str
) -> None:
    _check_type(values, (dict,), where.rstrip(".") or "the record")
    for key, expected in types.items():
        if key not in values:
            raise ValueError(f"{where}{key} is missing")
        _check_type(values[key], expected, f"{where}{key}")


def _check_type(value: Any, expected: tuple[type, ...], where: str) -> None:
    is_false_number = isinstance(value, bool) and bool not in expected
    if is_false_number or not isinstance(value, expected):
        names = " or ".join(kind.__name__ for kind in expected)
        raise ValueError(f"{where} is a {type(value).__name__}; expected {names}")
