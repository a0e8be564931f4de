"""Tests of the real commands, from start to end, at the smallest sizes."""

import json
import shutil

import pytest

from common.logger import curves, results
from loqa.configs import EXPERIMENTS
from loqa.tests import commands

DEFAULT = [name for name, experiment in EXPERIMENTS.items() if not experiment.not_by_default]


def test_smoke_run_writes_valid_records_and_curves_of_every_default_experiment(smoke_run):
    folder = smoke_run / "results" / "smoke"
    assert sorted(path.stem for path in folder.glob("*.json")) == sorted(DEFAULT)
    for name in DEFAULT:
        record = results.read_record(folder / f"{name}.json")
        assert (record["experiment"], record["preset"]) == (name, "smoke")
        assert [claim["id"] for claim in record["claims"]] == [
            claim.id for claim in EXPERIMENTS[name].claims
        ]
        assert {claim["verdict"] for claim in record["claims"]} == {None}
        rows = curves.read_curves(folder / f"{name}.csv")
        assert [row["update"] for row in rows] == [row["update"] for row in rows if row["seed"]]
        assert rows[-1]["update"] == record["config"]["num_updates"]


def test_smoke_run_draws_every_figure(smoke_run):
    figures = {path.name for path in (smoke_run / "results" / "smoke").glob("*.[ps][nv]g")}
    assert figures == {f"{name}.{suffix}" for name in DEFAULT for suffix in ("png", "svg")}


def test_smoke_run_prints_the_claim_table(smoke_run):
    printed = (smoke_run / "stdout").read_text()
    for name in DEFAULT:
        assert f"loqa {name} (smoke)\n" in printed
    num_claims = sum(len(EXPERIMENTS[name].claims) for name in DEFAULT)
    assert f"\n{num_claims} claims: {num_claims} no verdict\n" in printed
    assert printed.endswith("records and figures: results/smoke\n")


def test_resumed_reproduction_records_the_run_that_is_there(smoke_run, environment, tmp_path):
    """Nothing is trained anew: metrics, curves and origin are those of the first call."""
    shutil.copytree(smoke_run / "runs", tmp_path / "runs")
    before = commands.contents(tmp_path / "runs")
    name = "beyond_ipd_estimator_bias"
    words = (*commands.SMOKE, "--quiet", "--resume", "--experiment", name)
    finished = commands.run(environment, tmp_path, *words)
    assert (finished.returncode, finished.stderr) == (0, "")
    first, again = (
        json.loads((folder / "results" / "smoke" / f"{name}.json").read_text())
        for folder in (smoke_run, tmp_path)
    )
    measured = {"wall_seconds", "compile_seconds", "peak_memory_bytes"}
    assert [key for key in first if first[key] != again[key] and key not in measured] == []
    assert commands.contents(tmp_path / "runs") == before
    for suffix in ("csv", "png", "svg"):
        figure = f"results/smoke/{name}.{suffix}"
        assert (tmp_path / figure).read_bytes() == (smoke_run / figure).read_bytes()


def test_tensorboard_files_hold_the_metrics(environment, tmp_path):
    pytest.importorskip("tensorboardX", reason="tensorboardX is not installed")
    words = (*commands.TRAIN, "--num-updates", "4", "--tensorboard", "--run-dir", "run")
    finished = commands.run(environment, tmp_path, *words)
    assert (finished.returncode, finished.stderr) == (0, "")
    (events,) = (tmp_path / "run" / "tensorboard").iterdir()
    assert events.read_bytes().count(b"self_play_value/0") == 2
