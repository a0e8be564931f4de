"""Tests of the real commands, from start to end, at the smallest sizes."""

import pytest

from advantage_alignment.experiments import PAPER
from advantage_alignment.tests import commands
from common.logger import curves, results

pytestmark = pytest.mark.slow


def test_smoke_run_writes_valid_records_curves_and_figures_of_its_experiments(smoke_run):
    folder = smoke_run / "results" / "smoke"
    assert sorted(path.stem for path in folder.glob("*.json")) == sorted(commands.SMOKED)
    for name in commands.SMOKED:
        record = results.read_record(folder / f"{name}.json")
        assert (record["experiment"], record["preset"]) == (name, "smoke")
        assert {claim["verdict"] for claim in record["claims"]} == {None}
        assert record["claims"]
        rows = curves.read_curves(folder / f"{name}.csv")
        assert len(rows) >= 2
        assert (folder / f"{name}.png").stat().st_size > 1000


def test_smoke_run_prints_the_claim_table(smoke_run):
    printed = (smoke_run / "stdout").read_text()
    for name in commands.SMOKED:
        assert f"advantage_alignment {name} (smoke)\n" in printed
    assert printed.endswith("records and figures: results/smoke\n")


def test_every_claim_is_on_an_entrant_of_its_experiment():
    for experiment in PAPER.experiments.values():
        for preset in ("quick", "paper"):
            names = [name for name, _ in experiment.configs[preset].entrants]
            for claim in experiment.claims_at(preset):
                assert any(name in claim.metric for name in names), claim.metric
