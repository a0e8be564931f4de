"""Tests of result records: what is valid, what is refused, what is never overwritten."""

import copy
import json

import pytest

from common.logger import atomic, claims, provenance, results
from common.logger.claims import Claim, Criterion

METRICS = {"loss": [0.25, 0.5, 0.75], "broken": [float("nan"), 1.0, 1.0]}
CLAIM = Claim("low_loss", "Table 1", "The loss is low.", "loss", Criterion("mean", "<=", 1.0))
RECORD = results.make_record(
    paper="loqa",
    experiment="table_1",
    preset="quick",
    claims=claims.evaluate_claims([CLAIM], METRICS, "quick"),
    metrics=METRICS,
    config={"sizes": (3, 4)},
    seeds=[0, 1, 2],
    provenance={
        "git_commit": None,
        "git_dirty": None,
        "command": "python -m loqa reproduce",
        "versions": {"python": "3.11.7"},
        "device": "2x CPU",
        "num_devices": 1,
        "started_at": "2026-11-02T12:00:00+00:00",
    },
    wall_seconds=2.0,
    compile_seconds=None,
    peak_memory_bytes=None,
)
DESIGNED_KEYS = {
    *("schema_version", "paper", "experiment", "preset", "claims", "metrics", "config", "seeds"),
    *("git_commit", "git_dirty", "command", "versions", "device", "num_devices"),
    *("wall_seconds", "compile_seconds", "peak_memory_bytes", "started_at", "interval_method"),
}


def started(moment):
    return {**RECORD, "started_at": moment}


def test_record_has_the_designed_keys_and_json_values():
    assert set(RECORD) == DESIGNED_KEYS
    assert json.loads(json.dumps(RECORD, allow_nan=False)) == RECORD
    assert RECORD["config"] == {"sizes": [3, 4]}
    assert RECORD["metrics"]["loss"]["ci95"] == [0.25, 0.75]
    assert RECORD["metrics"]["broken"] == {"mean": None, "ci95": None, "per_seed": [None, 1, 1]}


def test_collected_provenance_fits_a_record():
    results.validate_record({**RECORD, **provenance.collect()})


def test_record_reads_back(tmp_path):
    path = results.write_record(tmp_path / "results" / "quick", RECORD)
    assert path == tmp_path / "results" / "quick" / "table_1.json"
    assert results.read_record(path) == RECORD


@pytest.mark.parametrize("key", sorted(DESIGNED_KEYS))
def test_missing_key_is_named(key):
    with pytest.raises(ValueError, match=f"^{key} is missing"):
        results.validate_record({name: value for name, value in RECORD.items() if name != key})


@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        (["num_devices"], "1", r"^num_devices is a str; expected int"),
        (["num_devices"], True, r"^num_devices is a bool"),
        (["wall_seconds"], None, r"^wall_seconds is a NoneType; expected int or float"),
        (["schema_version"], 1, r"^schema_version is 1; this code reads 2"),
        (["started_at"], "yesterday", r"^started_at is not an ISO 8601 time"),
        (["started_at"], "2026-11-02T12:00:00", r"^started_at needs a time zone"),
        (["metrics", "loss"], [1.0], r"^metrics\.loss is a list"),
        (["metrics", "loss", "mean"], "1", r"^metrics\.loss\.mean is a str"),
        (["metrics", "loss", "ci95"], [1.0], r"^metrics\.loss\.ci95 needs"),
        (["metrics", "loss", "ci95"], [1.0, None], r"^metrics\.loss\.ci95\[1\] is a NoneType"),
        (["metrics", "loss", "per_seed"], ["1"], r"^metrics\.loss\.per_seed\[0\] is a str"),
        (["claims", 0], None, r"^claims\[0\] is a NoneType"),
        (["claims", 0, "note"], None, r"^claims\[0\]\.note is a NoneType"),
        (["claims", 0, "criterion_data"], "mean", r"^claims\[0\]\.criterion_data is a str"),
        (
            ["claims", 0, "verdict"],
            "reproduced",
            r"^table_1, claim 'low_loss': the record says 're",
        ),
        (["claims", 0, "per_seed"], [9.0, 9.0, 9.0], r"its values say 'does not hold'$"),
        (["preset"], "paper", r"says 'holds', its values say 'reproduced'$"),
    ],
)
def test_value_of_the_wrong_type_is_named(keys, value, message):
    record = copy.deepcopy(RECORD)
    *parents, last = keys
    place = record
    for key in parents:
        place = place[key]
    place[last] = value
    with pytest.raises(ValueError, match=message):
        results.validate_record(record)


def test_record_of_a_later_run_is_kept_unless_forced(tmp_path):
    newer = started("2026-11-02T12:00:01+00:00")
    path = results.write_record(tmp_path, newer)
    with pytest.raises(results.NewerRecordError, match=r"table_1\.json .* --force"):
        results.write_record(tmp_path, RECORD)
    assert results.read_record(path) == newer
    results.write_record(tmp_path, RECORD, force=True)
    assert results.read_record(path) == RECORD


def test_times_are_compared_as_times_and_not_as_text(tmp_path):
    """11:30 in a zone two hours behind is 13:30 UTC."""
    results.write_record(tmp_path, started("2026-11-02T11:30:00-02:00"))
    with pytest.raises(results.NewerRecordError):
        results.write_record(tmp_path, RECORD)


def test_record_of_an_earlier_or_the_same_run_is_replaced(tmp_path):
    for record in (RECORD, RECORD, started("2026-11-03T00:00:00+00:00")):
        path = results.write_record(tmp_path, record)
        assert results.read_record(path) == record


@pytest.mark.parametrize("text", ["{", '{"paper": "loqa"}', "[]"])
def test_damaged_record_names_its_file_and_is_overwritten_by_force_only(tmp_path, text):
    path = tmp_path / "table_1.json"
    path.write_text(text)
    for act in (lambda: results.read_record(path), lambda: results.write_record(tmp_path, RECORD)):
        with pytest.raises(
            atomic.DamagedFileError, match=r"table_1\.json is (damaged|not a valid)"
        ):
            act()
    assert path.read_text() == text
    results.write_record(tmp_path, RECORD, force=True)
    assert results.read_record(path) == RECORD


def test_records_come_in_the_order_of_their_names(tmp_path):
    assert results.read_records(tmp_path / "missing") == []
    for name in ("table_2", "figure_1", "table_1"):
        results.write_record(tmp_path, {**RECORD, "experiment": name})
    (tmp_path / "curves.csv").write_text("")
    names = [record["experiment"] for record in results.read_records(tmp_path)]
    assert names == ["figure_1", "table_1", "table_2"]
