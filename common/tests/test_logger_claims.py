"""Tests of criteria and verdicts on made-up values that must pass and that must fail."""

import json
import math
from dataclasses import replace

import pytest

from common.logger import claims, intervals
from common.logger.claims import Claim, Criterion, Verdict

AT_LEAST = Criterion("mean", ">=", 0.9, partly=0.5)
AT_MOST = Criterion("mean", "<=", 0.1, partly=0.3)
NEAR = Criterion("mean", "within", 0.1, partly=0.25, target=-1.0)
HOLDS, PARTLY, FAILS = Verdict
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
        (AT_LEAST, [1.0, 0.8], HOLDS),
        (AT_LEAST, [1.0, 0.0], PARTLY),
        (AT_LEAST, [0.9, 0.0], FAILS),
        (AT_MOST, [0.0, 0.2], HOLDS),
        (AT_MOST, [0.0, 0.6], PARTLY),
        (AT_MOST, [0.0, 0.7], FAILS),
        (NEAR, [-1.0, -0.9], HOLDS),
        (NEAR, [-1.4, -1.0], PARTLY),
        (NEAR, [-0.8, -0.6], FAILS),
        (NEAR, [1.0, 1.0], FAILS),
        (Criterion("mean", ">=", 0.9), [0.89], FAILS),
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
    assert claims.judge(Criterion(statistic, ">=", value), per_seed) == HOLDS
    assert claims.judge(Criterion(statistic, ">=", value + 1e-9), per_seed) == FAILS


def test_ends_of_the_interval_are_judged():
    per_seed = [1.0, 0.0, 5.0, 2.0, 2.0]
    low, high = intervals.bootstrap_interval(per_seed)
    assert 0.0 < low < 2.0 < high < 5.0
    assert claims.judge(Criterion("low", ">=", low), per_seed) == HOLDS
    assert claims.judge(Criterion("low", ">=", low + 1e-9), per_seed) == FAILS
    assert claims.judge(Criterion("high", "<=", high), per_seed) == HOLDS
    assert claims.judge(Criterion("high", "<=", high - 1e-9), per_seed) == FAILS


def test_interval_that_does_not_exist_never_holds():
    """Of two seeds: both lie far above, and the criterion does not fall back to one of them."""
    assert intervals.bootstrap_interval([0.8, 0.9]) is None
    assert claims.judge(Criterion("low", ">=", 0.2), [0.8, 0.9]) is FAILS
    assert claims.judge(Criterion("high", "<=", 1.0, partly=2.0), [0.8, 0.9]) is FAILS


@pytest.mark.parametrize("criterion", [AT_LEAST, AT_MOST, NEAR, Criterion("min", ">=", -1.0)])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite_fail(criterion, value):
    assert claims.judge(criterion, [value, 1.0, 1.0]) == FAILS


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


def evaluated(per_seed, claim=CLAIM, preset="quick", note=""):
    metrics = {"cooperation_rate": per_seed}
    return claims.evaluate_claims([claim], metrics, preset, {"cooperates": note})[0]


def test_claim_becomes_the_entry_of_a_record():
    entry = claims.evaluate_claims(
        [CLAIM], {"cooperation_rate": [0.5, 0.7, 0.6]}, "quick", {"cooperates": "Too few updates."}
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
        "criterion_data": {
            "statistic": "mean",
            "relation": ">=",
            "threshold": 0.9,
            "partly": 0.5,
            "target": None,
        },
        "repeats": "seeds",
        "value": pytest.approx(0.6),
        "ci95": pytest.approx([0.5, 0.7]),
        "per_seed": [0.5, 0.7, 0.6],
        "verdict": "holds partly",
        "note": "Too few updates.",
    }
    assert entry == expected
    assert list(entry) == list(expected)
    assert json.loads(json.dumps(entry)) == entry


@pytest.mark.parametrize(
    ("preset", "words"),
    [
        ("quick", ["holds", "holds partly", "does not hold"]),
        ("day", ["reproduced", "partly", "not reproduced"]),
        ("paper", ["reproduced", "partly", "not reproduced"]),
    ],
)
def test_reproduced_is_said_only_where_the_paper_s_numbers_compare(preset, words):
    assert [claims.word(verdict, preset) for verdict in Verdict] == words


def test_fewer_than_three_seeds_give_no_verdict_and_no_interval():
    entry = evaluated([1.0, 1.0], note="Why.")
    assert (entry["value"], entry["ci95"]) == (1.0, None)
    assert (entry["verdict"], entry["note"]) == ("too few seeds", "")
    assert evaluated([1.0, 1.0, 1.0])["verdict"] == "holds"


@pytest.mark.parametrize("repeats", ["exact", "once"])
def test_value_that_is_not_repeated_over_seeds_is_judged_and_has_no_interval(repeats):
    claim = replace(CLAIM, repeats=repeats)
    for values in ([0.95], [0.95, 0.95, 0.95]):
        entry = evaluated(values, claim)
        assert entry["value"] == pytest.approx(0.95)
        assert (entry["ci95"], entry["verdict"]) == (None, "holds")


def test_note_says_why_a_claim_fails_and_is_left_out_of_one_that_holds():
    assert evaluated([0.6, 0.6, 0.6], note="Too short.")["note"] == "Too short."
    assert evaluated([0.1, 0.1, 0.1], note="Too short.")["note"] == "Too short."
    assert evaluated([0.9, 0.9, 0.9], note="Too short.")["note"] == ""


def test_smoke_run_gives_values_but_no_verdict():
    entry = evaluated([1.0], preset="smoke", note="Why.")
    assert (entry["value"], entry["ci95"], entry["verdict"]) == (1.0, None, None)
    assert entry["note"] == "smoke run: no scientific claim"


def test_verdict_is_recomputed_from_the_values_of_the_record():
    """The value that was not finite is stored as None, and still does not hold."""
    for values in ([0.95, 0.9, 1.0], [0.5, 0.6, 0.7], [math.nan, 1.0, 1.0], [1.0]):
        entry = evaluated(values)
        record = {"experiment": "table_1", "preset": "quick", "claims": [entry]}
        claims.check_verdicts(record)
        entry["verdict"] = "holds" if entry["verdict"] != "holds" else "does not hold"
        with pytest.raises(ValueError, match=r"table_1, claim 'cooperates': the record says"):
            claims.check_verdicts(record)


def test_missing_metric_names_the_closest():
    with pytest.raises(KeyError, match=r"'cooperation_rate', which does not exist; .*rates"):
        claims.evaluate_claims([CLAIM], {"cooperation_rates": [1.0], "loss": [0.0]}, "quick")


def test_note_about_an_unknown_claim_names_the_closest():
    with pytest.raises(KeyError, match="closest: cooperates"):
        claims.evaluate_claims([CLAIM], {"cooperation_rate": [1.0]}, "quick", {"cooperate": "Why."})
