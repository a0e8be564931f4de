"""Tests of what is said of a new record beside the committed one."""

import pytest

from common.logger import claims
from common.logger.claims import Claim, Criterion
from common.logger.comparison import compared

LOW = Claim("low", "Table 1", "The loss is low.", "loss", Criterion("mean", "<=", 1.0))
COMMITTED = [0.25, 0.5, 0.75]  # mean .5, interval from smallest to largest


def record(per_seed, preset="quick", repeats="seeds"):
    claim = Claim(**{**vars(LOW), "repeats": repeats})
    entries = claims.evaluate_claims([claim], {"loss": per_seed}, preset)
    seeds = list(range(len(per_seed)))
    return {"experiment": "table_1", "preset": preset, "seeds": seeds, "claims": entries}


def difference(per_seed, committed=COMMITTED, **more):
    first, *lines = compared(record(per_seed, **more), record(committed, **more))
    seeds = f"({len(per_seed)} seeds here, {len(committed)} in the committed record)"
    assert first.startswith("table_1")
    assert seeds in first
    return lines[0].rpartition("committed: ")[2] if lines else first


@pytest.mark.parametrize(
    ("per_seed", "said"),
    [
        ([0.25, 0.5, 0.75 + 1e-9], "all 1 values are those of the committed record"),
        ([0.3, 0.5, 0.6], "within its interval"),
        ([0.1, 0.1, 0.1], "outside its interval"),
        ([2.0, 2.0, 2.0], "VERDICT CHANGED from 'holds' to 'does not hold'"),
        ([float("nan"), 0.5, 0.5], "VERDICT CHANGED from 'holds' to 'does not hold'"),
        ([0.3], "within its interval"),  # too few seeds is no verdict
        ([2.0, 2.0], "outside its interval"),
    ],
)
def test_difference_is_said_in_words_and_a_changed_verdict_before_all_else(per_seed, said):
    assert said in difference(per_seed)


def test_value_without_an_interval_is_the_same_or_another():
    assert difference([0.6], [0.5], repeats="exact") == "another value"
    assert "all 1 values are those" in difference([0.5], [0.5], repeats="exact")
    assert difference([float("nan")], [0.5], preset="smoke") == "one of them is not finite"


def test_both_values_are_printed_with_their_intervals():
    _, line = compared(record([0.3, 0.5, 0.6]), record(COMMITTED))
    assert line.strip().startswith(
        "low: 0.467 [0.300, 0.600] here, 0.500 [0.250, 0.750] committed: "
    )


def test_no_committed_record_is_said_with_the_size():
    line = "table_1: there is no committed record at preset day"
    assert compared(record(COMMITTED, preset="day"), None) == [line]


def test_claim_that_the_committed_record_lacks_is_left_out():
    committed = record(COMMITTED)
    committed["claims"][0]["id"] = "renamed"
    assert "renamed" not in "".join(compared(record(COMMITTED), committed))
