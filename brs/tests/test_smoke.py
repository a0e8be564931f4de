"""Tests of the real commands, from start to end, at the smallest sizes."""

from brs.experiments import PAPER
from brs.tests import commands
from common.logger import curves, results


def test_smoke_run_writes_valid_records_curves_and_figures(smoke_run):
    folder = smoke_run / "results" / "smoke"
    assert {path.stem for path in folder.glob("*.json")} == set(commands.SMOKED)
    for name in commands.SMOKED:
        record = results.read_record(folder / f"{name}.json")
        assert (record["experiment"], record["preset"]) == (name, "smoke")
        assert [claim["id"] for claim in record["claims"]] == [
            claim.id
            for claim in PAPER.experiments[name].claims
            if claim.metric in record["metrics"]
        ]
        assert {claim["verdict"] for claim in record["claims"]} == {None}
        rows = curves.read_curves(folder / f"{name}.csv")
        assert {row["seed"] for row in rows} == set(record["seeds"])
        assert (folder / f"{name}.png").exists()


def test_smoke_run_prints_the_claim_table(smoke_run):
    printed = (smoke_run / "stdout").read_text()
    for name in commands.SMOKED:
        assert f"brs {name} (smoke)\n" in printed
    assert printed.endswith("records and figures: results/smoke\n")
