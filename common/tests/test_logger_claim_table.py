"""Tests of the claim tables against tables written by hand."""

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


def test_markdown_table_is_the_one_written_by_hand():
    assert claim_table.markdown_table([QUICK, PAPER]) == (
        "| claim (paper) | paper | ours, mean [95 % interval] (seeds) "
        "| criterion | command | state |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| LOQA cooperates with itself. (Figure 1) | 0.98 ± 0.01 | 0.950 [0.930, 0.970] (3) "
        "| mean >= 0.9 (partly: >= 0.5) | `make reproduce-loqa EXPERIMENT=figure_1_ipd` "
        "| holds (quick) |\n"
        "| LOQA gives always-defect \\|less\\| than always-cooperate does. (Figure 1) | - "
        "| -1.43 [-12.30, 4.00] points (3) | smallest seed >= 0 "
        "| `make reproduce-loqa EXPERIMENT=figure_1_ipd` "
        "| does not hold (quick): One seed is exploited. |\n"
        "| LOQA cooperates with itself. (Figure 1) | 0.98 ± 0.01 | - "
        "| mean >= 0.9 (partly: >= 0.5) "
        "| `make reproduce-loqa EXPERIMENT=figure_1_ipd PRESET=paper` "
        "| not run: 3 h on one GPU |\n"
        "\n"
        "Intervals: percentile bootstrap over seeds, 10000 resamples; none with fewer than 3 seeds."
    )


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
    smoke = claims.evaluate_claims([COOPERATES], metrics, "smoke")
    broken = claims.evaluate_claims([COOPERATES], metrics, "quick")
    lines = claim_table.markdown_table(
        [{**QUICK, "preset": "smoke", "claims": smoke}, {**QUICK, "claims": broken}]
    ).splitlines()
    assert lines[2].endswith("| no verdict: smoke run: no scientific claim |")
    assert "| - (3) |" in lines[3]
    assert lines[3].endswith("| does not hold (quick) |")


@pytest.mark.parametrize(
    ("spread", "shown"),
    [("± 0.1", "9 ± 0.1 times"), ("up to", "9 times (up to)"), (None, "9 times")],
)
def test_words_on_the_paper_s_value_stand_behind_its_unit(spread, shown):
    claim = {**QUICK["claims"][0], "paper_value": 9.0, "paper_spread": spread, "unit": "times"}
    assert f"| {shown} |" in claim_table.markdown_table([{**QUICK, "claims": [claim]}])


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
    entries = claims.evaluate_claims([claim], {"cooperation_rate": values}, "quick")
    assert f"| {shown} |" in claim_table.markdown_table([{**QUICK, "claims": entries}])


def test_state_says_at_which_size_a_verdict_was_reached_and_nothing_else_has_a_size():
    for preset, values, state in [
        ("day", [1.0, 1.0, 1.0], "reproduced (day)"),
        ("paper", [0.6, 0.6, 0.6], "partly (paper)"),
        ("quick", [1.0, 1.0], "too few seeds"),
    ]:
        entries = claims.evaluate_claims([COOPERATES], {"cooperation_rate": values}, preset)
        record = {**QUICK, "preset": preset, "claims": entries}
        assert claim_table.markdown_table([record]).splitlines()[2].endswith(f"| {state} |")
        assert f"  {state.upper()} " in claim_table.terminal_table([record])


def test_no_records_give_an_empty_table():
    assert claim_table.markdown_table([]).count("\n| ") == 1
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


def test_content_is_replaced_between_markers_and_nowhere_else():
    text = "a\n<!-- BEGIN claims -->\nold\n<!-- END claims -->\nb <!-- BEGIN x -->\n"
    replaced = claim_table.replace_between_markers(text, "claims", "new \\1")
    expected = text.replace("old", "new \\1")
    assert replaced == expected
    assert claim_table.replace_between_markers(replaced, "claims", "new \\1") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<!-- BEGIN claims -->",
        "<!-- END claims -->",
        "<!-- END claims --><!-- BEGIN claims -->",
        "<!-- BEGIN claims --><!-- BEGIN claims --><!-- END claims -->",
    ],
)
def test_missing_doubled_and_swapped_markers_are_refused(text):
    with pytest.raises(ValueError, match=r"marker <!-- (BEGIN|END) claims -->"):
        claim_table.replace_between_markers(text, "claims", "new")
