"""Tests of a README's first table and of CLAIMS.md, against pages written by hand."""

from dataclasses import replace

import pytest

from common.logger import claims, claims_page
from common.tests.made_up_paper import NAME, PAPER

WALK = PAPER.experiments["table_1_walk"]
MADE = f"make reproduce-{NAME.replace('_', '-')} EXPERIMENT="


def record(preset, drifts, experiment="table_1_walk"):
    walk = PAPER.experiments[experiment]
    metrics = {claim.metric: drifts for claim in walk.claims_at(preset)}
    notes = {claim.id: walk.note(claim.id) for claim in walk.claims_at(preset)}
    entries = claims.evaluate_claims(walk.claims_at(preset), metrics, preset, notes)
    return {
        "paper": NAME,
        "experiment": experiment,
        "preset": preset,
        "claims": entries,
        "wall_seconds": 240.0,
    }


QUICK = record("quick", [1.0, 2.0, 3.0])
AT_PAPER_SIZE = record("paper", [0.0, 0.0, 0.0])


def test_headline_is_the_one_written_by_hand():
    assert claims_page.headline(PAPER, [QUICK]) == (
        "Walks drift & <wander>.\n\n"
        "| the paper says | paper | here, mean [95 % interval] (seeds) | verdict (size) |\n"
        "| --- | --- | --- | --- |\n"
        "| a walk drifts | - | 2.00 [1.00, 3.00] (3) | holds (quick) |\n\n"
        f"Check one: `{MADE}table_1_walk`, 2 minutes on two CPU cores; "
        f"all: `{MADE.removesuffix(' EXPERIMENT=')}`, 4 minutes.\n"
        "2 claims at size quick: 1 holds, 1 does not hold.\n"
        "Every claim with its criterion: [results/CLAIMS.md](results/CLAIMS.md)."
    )


def test_headline_shows_the_largest_size_that_was_run():
    shown = claims_page.headline(PAPER, [QUICK, AT_PAPER_SIZE])
    assert "| a walk drifts | - | 0.00 in every seed (3) | not reproduced (paper) |" in shown
    assert "1 claim at size paper: 1 does not hold." in shown
    assert "| a walk drifts | - | - | not run |" in claims_page.headline(PAPER, [])


def test_headline_of_an_unknown_claim_is_refused():
    walk = replace(WALK, headline={"drift": "a walk drifts"})
    paper = PAPER._replace(experiments={"table_1_walk": walk})
    with pytest.raises(ValueError, match="table_1_walk has no claim 'drift' for its headline"):
        claims_page.headline(paper, [QUICK])


def test_page_has_every_experiment_with_criteria_verdicts_and_footnotes():
    page = claims_page.claims_page(PAPER, [QUICK, AT_PAPER_SIZE])
    section = page.partition("## table_1_walk\n\n")[2].partition("\n\n## ")[0]
    assert section == (
        f"Table 1. A walk with drift. `{MADE}table_1_walk`, 2 minutes on two CPU cores. "
        "[Figure at size quick](quick/table_1_walk.png). "
        "[Figure at size paper](paper/table_1_walk.png).\n\n"
        "| claim | paper | ours | criterion | verdict |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| The walk drifts. | - | 2.00 [1.00, 3.00] (3) | mean >= 0.5 | holds (quick) |\n"
        "| The walk goes far. | - | 2.00 [1.00, 3.00] (3) | smallest seed >= 1e+06 "
        "| does not hold (quick) [^table_1_walk-1] |\n"
        "| The walk drifts. | - | 0.00 in every seed (3) | mean >= 0.5 | not reproduced (paper) |"
        "\n\n[^table_1_walk-1]: Twelve steps are few."
    )
    assert "| The walk drifts. (Table 1) | - | - | mean >= 0.5 | not run |" in page
    assert "It runs by name only: it is no walk." in page


def test_experiment_that_is_not_run_stands_at_its_smallest_size():
    walk = replace(WALK, configs={"paper": WALK.configs["paper"], "day": WALK.configs["quick"]})
    (alone,) = claims_page.with_not_run(PAPER._replace(experiments={"walk": walk}), [])
    assert (alone["preset"], len(alone["claims"])) == ("day", 2)


def test_cells_cannot_break_a_table():
    assert claims_page.table(("a",), [("1|2\n3",)]).splitlines()[2] == "| 1\\|2 3 |"


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0.3, "a minute at most"), (2.4, "2 minutes"), (99, "99 minutes"), (180, "3 hours")],
)
def test_times_read_at_a_glance(minutes, text):
    assert claims_page.minutes_text(minutes) == text
