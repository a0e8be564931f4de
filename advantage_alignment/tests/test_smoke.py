"""Tests of the real commands, from start to end, at the smallest sizes."""

import json
import shutil

from advantage_alignment.experiments import PAPER
from advantage_alignment.tests import commands
from common.logger import curves, results

DEFAULT = [name for name, experiment in PAPER.experiments.items() if not experiment.not_by_default]


def test_smoke_run_writes_valid_records_curves_and_figures_of_every_default_experiment(smoke_run):
    folder = smoke_run / "results" / "smoke"
    assert sorted(path.stem for path in folder.glob("*.json")) == sorted(DEFAULT)
    for name in DEFAULT:
        record = results.read_record(folder / f"{name}.json")
        assert (record["experiment"], record["preset"]) == (name, "smoke")
        assert {claim["verdict"] for claim in record["claims"]} == {None}
        assert record["claims"]
        rows = curves.read_curves(folder / f"{name}.csv")
        assert len(rows) >= 2
        for suffix in ("png", "svg"):
            assert (folder / f"{name}.{suffix}").stat().st_size > 1000


def test_smoke_run_prints_the_claim_table(smoke_run):
    printed = (smoke_run / "stdout").read_text()
    for name in DEFAULT:
        assert f"advantage_alignment {name} (smoke)\n" in printed
    assert printed.endswith("records and figures: results/smoke\n")


def test_every_claim_is_on_an_entrant_of_its_experiment():
    for experiment in PAPER.experiments.values():
        for preset in ("quick", "paper"):
            names = [name for name, _ in experiment.configs[preset].entrants]
            for claim in experiment.claims_at(preset):
                assert any(name in claim.metric for name in names), claim.metric


def test_a_newer_record_is_not_overwritten(smoke_run, environment, tmp_path):
    shutil.copytree(smoke_run / "results", tmp_path / "results")
    path = tmp_path / "results" / "smoke" / "figure_1_ipd.json"
    record = json.loads(path.read_text())
    record["started_at"] = "2999-01-01T00:00:00+00:00"
    path.write_text(json.dumps(record))
    words = (*commands.SMOKE, "--quiet", "--experiment", "figure_1_ipd")
    finished = commands.run(environment, tmp_path, *words)
    assert finished.returncode == 2
    assert "--force" in commands.the_line(finished.stderr)
