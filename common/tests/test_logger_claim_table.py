"""Tests of how claims read, and of the terminal's table against one written by hand."""

from dataclasses import replace

import pytest

from common.logger import claim_table, claims
from common.logger.claims import Claim, Criterion

COOPERATES = Claim(
    id="cooperates",
    source="Figure 1",
    statement="LOQA cooperates with itself.",
    metric="cooperation_rate",
    criterion=Criterion("mean", ">=", 0.9, partly=0.5),
    paper_value=0.98,
    paper_spread="± 0.01",
)
RETALIATES = Claim(
    id="retaliates",
    source="Figure 1",
    statement="LOQA gives always-defect |less| than always-cooperate does.",
    metric="margin",
    criterion=Criterion("min", ">=", 0.0),
    unit="points",
)
QUICK = {
    "paper": "loqa",
    "experiment": "figure_1_ipd",
    "preset": "quick",
    "claims": claims.evaluate_claims(
        [COOPERATES, RETALIATES],
        {"cooperation_rate": [0.95, 0.93, 0.97], "margin": [-12.3, 4.0, 4.0]},
        "quick",
        {"retaliates": "One seed is exploited."},
    ),
}
PAPER = claims.not_run("loqa", "figure_1_ipd", "paper", [COOPERATES], "3 h on one GPU")


def test_terminal_table_is_the_one_written_by_hand():
    expected = """\
loqa figure_1_ipd (quick)
  HOLDS (QUICK)           ours 0.950 [0.930, 0.970] (3)         paper 0.98 ± 0.01
      LOQA cooperates with itself. (Figure 1)
      mean >= 0.9 (partly: >= 0.5)
  DOES NOT HOLD (QUICK)   ours -1.43 [-12.30, 4.00] points (3)  paper -
      LOQA gives always-defect |less| than always-cooperate
        does. (Figure 1)
      smallest seed >= 0
      One seed is exploited.

loqa figure_1_ipd (paper)
  NOT RUN                 ours -                                paper 0.98 ± 0.01
      LOQA cooperates with itself. (Figure 1)
      mean >= 0.9 (partly: >= 0.5)
      3 h on one GPU

3 claims: 1 holds, 1 does not hold, 1 not run"""
    assert claim_table.terminal_table([QUICK, PAPER], width=60) == expected


def test_colour_adds_nothing_but_colour():
    plain = claim_table.terminal_table([QUICK, PAPER], width=60)
    coloured = claim_table.terminal_table([QUICK, PAPER], width=60, colour=True)
    assert "\x1b[32mHOLDS (QUICK)" in coloured
    assert "\x1b[31mDOES NOT HOLD (QUICK)" in coloured
    for code in ("\x1b[32m", "\x1b[31m", "\x1b[2m", "\x1b[0m"):
        coloured = coloured.replace(code, "")
    assert coloured == plain


def test_smoke_run_and_broken_value_are_not_mistaken_for_results():
    metrics = {"cooperation_rate": [float("nan"), 1.0, 1.0]}
    (smoke,) = claims.evaluate_claims([COOPERATES], metrics, "smoke")
    (broken,) = claims.evaluate_claims([COOPERATES], metrics, "quick")
    assert claim_table.sized_state({**QUICK, "preset": "smoke"}, smoke) == "no verdict"
    assert claim_table.kind(smoke) == "open"
    assert claim_table.ours_text(broken) == "- (3)"
    assert claim_table.sized_state(QUICK, broken) == "does not hold (quick)"
    assert claim_table.kind(broken) == "fails"


@pytest.mark.parametrize(
    ("spread", "shown"),
    [("± 0.1", "9 ± 0.1 times"), ("up to", "9 times (up to)"), (None, "9 times")],
)
def test_words_on_the_paper_s_value_stand_behind_its_unit(spread, shown):
    claim = {**QUICK["claims"][0], "paper_value": 9.0, "paper_spread": spread, "unit": "times"}
    assert claim_table.paper_text(claim) == shown


@pytest.mark.parametrize(
    ("values", "repeats", "shown"),
    [
        ([2.0, 2.0, 2.0], "seeds", "2.00 in every seed (3)"),
        ([2.0, 2.0, 2.0], "exact", "2.00 exact"),
        ([2.0], "once", "2.00 measured once"),
        ([2.0, 4.0, 3.0], "seeds", "3.00 [2.00, 4.00] (3)"),
    ],
)
def test_interval_of_no_width_is_never_printed(values, repeats, shown):
    claim = replace(COOPERATES, repeats=repeats)
    (entry,) = claims.evaluate_claims([claim], {"cooperation_rate": values}, "quick")
    assert claim_table.ours_text(entry) == shown


def test_state_says_at_which_size_a_verdict_was_reached_and_nothing_else_has_a_size():
    for preset, values, state in [
        ("day", [1.0, 1.0, 1.0], "reproduced (day)"),
        ("paper", [0.6, 0.6, 0.6], "partly (paper)"),
        ("quick", [1.0, 1.0], "too few seeds"),
    ]:
        entries = claims.evaluate_claims([COOPERATES], {"cooperation_rate": values}, preset)
        record = {**QUICK, "preset": preset, "claims": entries}
        assert claim_table.sized_state(record, entries[0]) == state
        assert f"  {state.upper()} " in claim_table.terminal_table([record])


def test_no_records_give_an_empty_table():
    assert claim_table.terminal_table([]) == "0 claims"


@pytest.mark.parametrize(
    ("value", "ci95", "text"),
    [
        (0.4312, [0.4018, 0.46], "0.431 [0.402, 0.460]"),
        (0.9, None, "0.900"),
        (12.345, [12.0, 13.0], "12.3 [12.0, 13.0]"),
        (1234.5, [1200.0, 1300.0], "1234 [1200, 1300]"),
        (0.00012, [-0.3, 0.3], "0.000 [-0.300, 0.300]"),
        (-0.0001, [-0.3, 0.3], "0.000 [-0.300, 0.300]"),
        (0.0, [0.0, 0.0], "0.00 [0.00, 0.00]"),
        (3.2e-7, [1e-7, 9e-7], "3.20e-07 [1.00e-07, 9.00e-07]"),
        (2.5e9, None, "2.50e+09"),
        (None, None, "-"),
    ],
)
def test_numbers_have_three_digits_and_share_their_decimals(value, ci95, text):
    assert claim_table.estimate_text(value, ci95) == text
