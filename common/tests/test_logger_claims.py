"""Tests of criteria and verdicts on made-up values that must pass and that must fail."""

import json
import math

import pytest

from common.logger import claims, intervals
from common.logger.claims import Claim, Criterion, Verdict

AT_LEAST = Criterion("mean", ">=", 0.9, partly=0.5)
AT_MOST = Criterion("mean", "<=", 0.1, partly=0.3)
NEAR = Criterion("mean", "within", 0.1, partly=0.25, target=-1.0)
CLAIM = Claim(
    id="cooperates",
    source="Table 1",
    statement="LOQA cooperates with itself.",
    metric="cooperation_rate",
    criterion=AT_LEAST,
    paper_value=0.98,
    paper_spread="± 0.01",
)


@pytest.mark.parametrize(
    ("criterion", "per_seed", "expected"),
    [
        (AT_LEAST, [1.0, 0.8], "reproduced"),
        (AT_LEAST, [1.0, 0.0], "partly"),
        (AT_LEAST, [0.9, 0.0], "not reproduced"),
        (AT_MOST, [0.0, 0.2], "reproduced"),
        (AT_MOST, [0.0, 0.6], "partly"),
        (AT_MOST, [0.0, 0.7], "not reproduced"),
        (NEAR, [-1.0, -0.9], "reproduced"),
        (NEAR, [-1.4, -1.0], "partly"),
        (NEAR, [-0.8, -0.6], "not reproduced"),
        (NEAR, [1.0, 1.0], "not reproduced"),
        (Criterion("mean", ">=", 0.9), [0.89], "not reproduced"),
    ],
)
def test_verdicts_on_the_mean(criterion, per_seed, expected):
    assert claims.judge(criterion, per_seed) == expected


@pytest.mark.parametrize(
    ("statistic", "value"), [("mean", 2.0), ("min", 0.0), ("max", 5.0), ("low", 0.0), ("high", 5.0)]
)
def test_each_statistic_passes_at_its_value_and_fails_above(statistic, value):
    """The interval of three seeds is smallest to largest."""
    per_seed = [1.0, 0.0, 5.0]
    assert claims.judge(Criterion(statistic, ">=", value), per_seed) == "reproduced"
    assert claims.judge(Criterion(statistic, ">=", value + 1e-9), per_seed) == "not reproduced"


def test_ends_of_the_interval_are_judged():
    per_seed = [1.0, 0.0, 5.0, 2.0, 2.0]
    low, high = intervals.bootstrap_interval(per_seed)
    assert 0.0 < low < 2.0 < high < 5.0
    assert claims.judge(Criterion("low", ">=", low), per_seed) == "reproduced"
    assert claims.judge(Criterion("low", ">=", low + 1e-9), per_seed) == "not reproduced"
    assert claims.judge(Criterion("high", "<=", high), per_seed) == "reproduced"
    assert claims.judge(Criterion("high", "<=", high - 1e-9), per_seed) == "not reproduced"


def test_ends_of_the_interval_are_smallest_and_largest_seed_when_there_is_none():
    assert claims.judge(Criterion("low", ">=", 0.2), [0.2, 0.9]) == "reproduced"
    assert claims.judge(Criterion("high", "<=", 0.8), [0.2, 0.9]) == "not reproduced"


@pytest.mark.parametrize("criterion", [AT_LEAST, AT_MOST, NEAR, Criterion("min", ">=", -1.0)])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite_reproduce_nothing(criterion, value):
    assert claims.judge(criterion, [value, 1.0, 1.0]) == "not reproduced"


def test_no_seed_is_no_verdict():
    with pytest.raises(ValueError, match="one seed at least"):
        claims.judge(AT_LEAST, [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("median", ">=", 1.0), "'median'"),
        (("mean", ">", 1.0), "'>'"),
        (("mean", ">=", 1.0, 1.5), "less than"),
        (("mean", "<=", 1.0, 0.5), "less than"),
        (("mean", "within", 0.1, 0.05, 1.0), "less than"),
        (("mean", "within", 0.1), "target"),
        (("mean", ">=", 0.1, None, 1.0), "target"),
    ],
)
def test_criteria_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Criterion(*arguments)


def test_criteria_in_words():
    assert AT_LEAST.describe() == "mean >= 0.9 (partly: >= 0.5)"
    assert NEAR.describe() == "mean within 0.1 of -1 (partly: within 0.25)"
    assert Criterion("low", ">=", 0).describe() == "lower end of the 95 % interval >= 0"


def test_claim_becomes_the_entry_of_a_record():
    entry = claims.evaluate_claims(
        [CLAIM], {"cooperation_rate": [0.5, 0.7, 0.6]}, {"cooperates": "Too few updates."}
    )[0]
    expected = {
        "id": "cooperates",
        "source": "Table 1",
        "statement": "LOQA cooperates with itself.",
        "metric": "cooperation_rate",
        "unit": "",
        "paper_value": 0.98,
        "paper_spread": "± 0.01",
        "criterion": "mean >= 0.9 (partly: >= 0.5)",
        "value": pytest.approx(0.6),
        "ci95": pytest.approx([0.5, 0.7]),
        "per_seed": [0.5, 0.7, 0.6],
        "verdict": "partly",
        "note": "Too few updates.",
    }
    assert entry == expected
    assert list(entry) == list(expected)
    assert json.loads(json.dumps(entry)) == entry


def test_smoke_run_gives_values_but_no_verdict():
    entry = claims.evaluate_claims([CLAIM], {"cooperation_rate": [1.0]}, scientific=False)[0]
    assert (entry["value"], entry["ci95"], entry["verdict"]) == (1.0, None, None)
    assert entry["note"] == "smoke run: no scientific claim"


def test_missing_metric_names_the_closest():
    with pytest.raises(KeyError, match=r"'cooperation_rate', which does not exist; .*rates"):
        claims.evaluate_claims([CLAIM], {"cooperation_rates": [1.0], "loss": [0.0]})


def test_note_about_an_unknown_claim_names_the_closest():
    with pytest.raises(KeyError, match="closest: cooperates"):
        claims.evaluate_claims([CLAIM], {"cooperation_rate": [1.0]}, {"cooperate": "Why."})


def test_verdicts_are_the_three_words():
    assert [str(verdict) for verdict in Verdict] == ["reproduced", "partly", "not reproduced"]
