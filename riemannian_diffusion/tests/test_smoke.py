"""Tests of the real commands, from start to end, at the smallest sizes."""

from common.logger import curves, results
from riemannian_diffusion.experiments import PAPER
from riemannian_diffusion.tests import commands


def test_smoke_run_writes_valid_records_and_curves_of_every_kind_of_experiment(smoke_run):
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


def test_smoke_run_draws_every_figure(smoke_run):
    figures = {path.name for path in (smoke_run / "results" / "smoke").glob("*.png")}
    assert figures == {f"{name}.png" for name in commands.SMOKED}


def test_smoke_run_prints_the_claim_table(smoke_run):
    printed = (smoke_run / "stdout").read_text()
    for name in commands.SMOKED:
        assert f"riemannian_diffusion {name} (smoke)\n" in printed
    paths = [smoke_run / "results" / "smoke" / f"{name}.json" for name in commands.SMOKED]
    num_claims = sum(len(results.read_record(path)["claims"]) for path in paths)
    assert f"\n{num_claims} claim" in printed
    assert f": {num_claims} no verdict\n" in printed
    assert printed.endswith("records and figures: results/smoke\n")
