"""Tests of the real commands, from start to end, at the smallest sizes."""

import json
import shutil

import pytest

from common.logger import curves, results
from loqa.experiments import PAPER
from loqa.tests import commands

pytestmark = pytest.mark.slow

EXPERIMENTS = PAPER.experiments
DEFAULT = [name for name, experiment in EXPERIMENTS.items() if not experiment.not_by_default]


def test_smoke_run_writes_valid_records_and_curves_of_every_default_experiment(smoke_run):
    folder = smoke_run / "results" / "smoke"
    assert sorted(path.stem for path in folder.glob("*.json")) == sorted(DEFAULT)
    for name in DEFAULT:
        record = results.read_record(folder / f"{name}.json")
        assert (record["experiment"], record["preset"]) == (name, "smoke")
        assert [claim["id"] for claim in record["claims"]] == [
            claim.id for claim in EXPERIMENTS[name].claims if claim.metric in record["metrics"]
        ]
        assert {claim["verdict"] for claim in record["claims"]} == {None}
        rows = curves.read_curves(folder / f"{name}.csv")
        assert [row["seed"] for row in rows] == record["seeds"] * 2  # two log points
        trainings = [record["config"], *(each for _, each in record["config"].get("entrants", ()))]
        assert rows[-1]["update"] in [training.get("num_updates") for training in trainings]


def test_smoke_run_draws_every_figure(smoke_run):
    figures = {path.name for path in (smoke_run / "results" / "smoke").glob("*.png")}
    assert figures == {f"{name}.png" for name in DEFAULT}


def test_smoke_run_prints_the_claim_table(smoke_run):
    printed = (smoke_run / "stdout").read_text()
    for name in DEFAULT:
        assert f"loqa {name} (smoke)\n" in printed
    paths = [smoke_run / "results" / "smoke" / f"{name}.json" for name in DEFAULT]
    num_claims = sum(len(results.read_record(path)["claims"]) for path in paths)
    assert f"\n{num_claims} claims: {num_claims} no verdict\n" in printed
    assert "there is no committed record at preset smoke\n" in printed
    assert printed.endswith("records and figures: results/smoke\n")


def test_a_second_reproduction_finds_what_lies_finished(smoke_run, environment, tmp_path):
    """Nothing is trained again; metrics, curves, figure and origin are those of the first."""
    name = "ablation_replay_buffer"
    shutil.copytree(smoke_run / "runs", tmp_path / "runs")
    before = commands.contents(tmp_path / "runs")
    finished = commands.run(environment, tmp_path, *commands.SMOKE, "--experiment", name)
    assert finished.returncode == 0
    assert finished.stderr.count("found finished, not trained again: runs/loqa/") == 2
    first, again = (
        json.loads((folder / "results" / "smoke" / f"{name}.json").read_text())
        for folder in (smoke_run, tmp_path)
    )
    measured = {"wall_seconds", "compile_seconds", "peak_memory_bytes"}
    assert [key for key in first if first[key] != again[key] and key not in measured] == []
    for suffix in ("csv", "png"):
        file = f"results/smoke/{name}.{suffix}"
        assert (tmp_path / file).read_bytes() == (smoke_run / file).read_bytes()
    assert commands.contents(tmp_path / "runs").keys() == before.keys()


def test_tensorboard_files_hold_the_metrics(environment, tmp_path):
    pytest.importorskip("tensorboardX", reason="tensorboardX is not installed")
    words = (*commands.TRAIN, "--num-updates", "4", "--tensorboard", "--run-dir", "run")
    finished = commands.run(environment, tmp_path, *words)
    assert (finished.returncode, finished.stderr) == (0, "")
    (events,) = (tmp_path / "run" / "tensorboard").iterdir()
    assert events.read_bytes().count(b"self_play_value/0") == 2
