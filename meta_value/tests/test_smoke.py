"""Tests of the real commands, from start to end, at the smallest sizes."""

import json
import shutil

import pytest

from common.logger import curves, results
from meta_value.configs import EXPERIMENTS
from meta_value.tests import commands


def test_smoke_run_writes_valid_records_and_curves(smoke_run):
    folder = smoke_run / "results" / "smoke"
    assert {path.stem for path in folder.glob("*.json")} == set(commands.SMOKED)
    for name in commands.SMOKED:
        record = results.read_record(folder / f"{name}.json")
        assert (record["experiment"], record["preset"]) == (name, "smoke")
        assert [claim["id"] for claim in record["claims"]] == [
            claim.id for claim in EXPERIMENTS[name].claims if claim.metric in record["metrics"]
        ]
        assert {claim["verdict"] for claim in record["claims"]} == {None}
        rows = curves.read_curves(folder / f"{name}.csv")
        assert {row["seed"] for row in rows} == set(record["seeds"])


def test_smoke_run_draws_every_figure(smoke_run):
    figures = {path.name for path in (smoke_run / "results" / "smoke").glob("*.[ps][nv]g")}
    assert figures == {f"{name}.{suffix}" for name in commands.SMOKED for suffix in ("png", "svg")}


def test_smoke_run_prints_the_claim_table(smoke_run):
    printed = (smoke_run / "stdout").read_text()
    for name in commands.SMOKED:
        assert f"meta_value {name} (smoke)\n" in printed
    paths = [smoke_run / "results" / "smoke" / f"{name}.json" for name in commands.SMOKED]
    num_claims = sum(len(results.read_record(path)["claims"]) for path in paths)
    assert f"\n{num_claims} claims: {num_claims} no verdict\n" in printed
    assert printed.endswith("records and figures: results/smoke\n")


def test_a_reproduction_stopped_between_its_trainings_is_resumed(
    smoke_run, smoke_environment, tmp_path
):
    """Metrics, curves, figures and origin are those of the run that was not stopped."""
    name = "figure_logistic_basins"
    shutil.copytree(smoke_run / "runs", tmp_path / "runs")
    (second,) = (tmp_path / "runs" / "meta_value" / "smoke").glob(f"{name}-*/cola")
    shutil.rmtree(second)
    before = commands.contents(tmp_path / "runs")
    words = (*commands.SMOKE, "--quiet", "--resume", "--experiment", name)
    finished = commands.run(smoke_environment, tmp_path, *words)
    assert finished.returncode == 0
    place = second.relative_to(tmp_path)
    assert commands.the_line(finished.stderr) == (
        f"meta_value: no run to resume in {place}; starting one there"
    )
    first, again = (
        json.loads((folder / "results" / "smoke" / f"{name}.json").read_text())
        for folder in (smoke_run, tmp_path)
    )
    measured = {"wall_seconds", "compile_seconds", "peak_memory_bytes"}
    assert [key for key in first if first[key] != again[key] and key not in measured] == []
    for suffix in ("csv", "png", "svg"):
        file = f"results/smoke/{name}.{suffix}"
        assert (tmp_path / file).read_bytes() == (smoke_run / file).read_bytes()
    shutil.rmtree(second)
    assert commands.contents(tmp_path / "runs") == before


def test_tensorboard_files_hold_the_metrics(environment, tmp_path):
    pytest.importorskip("tensorboardX", reason="tensorboardX is not installed")
    words = (*commands.TRAIN, "--num-updates", "4", "--tensorboard", "--run-dir", "run")
    finished = commands.run(environment, tmp_path, *words)
    assert (finished.returncode, finished.stderr) == (0, "")
    (events,) = (tmp_path / "run" / "tensorboard").iterdir()
    assert events.read_bytes().count(b"short_td_error/0") == 2
