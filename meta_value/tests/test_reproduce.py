"""Tests of what a reproduction writes down, on made-up runs, and of its choice of a run folder."""

import json
import math
from dataclasses import asdict

import pytest

from common.logger import results
from common.logger.claims import Claim, Criterion
from meta_value import findings, reproduce
from meta_value.configs import EXPERIMENTS, FIRST_SEED, Experiment
from meta_value.reproduce import Request
from meta_value.runs import RunOptions
from meta_value.tests import commands

SINGLE = "figure_zd_extortion"


def test_a_curve_has_a_row_per_log_point_and_seed():
    log = [
        {"step": 2, "loss": [0.5, 0.6], "value": [-1.0, -2.0]},
        {"step": 4, "loss": [0.3, 0.4], "value": [-1.5, -2.5]},
    ]
    assert findings.curve_rows(log, [100, 101]) == [
        {"update": 2, "seed": 100, "loss": 0.5, "value": -1.0},
        {"update": 2, "seed": 101, "loss": 0.6, "value": -2.0},
        {"update": 4, "seed": 100, "loss": 0.3, "value": -1.5},
        {"update": 4, "seed": 101, "loss": 0.4, "value": -2.5},
    ]


def test_curves_of_two_runs_stand_side_by_side_under_their_names():
    rows = [{"update": update, "seed": 100, "loss": 0.1 * update} for update in (1, 2)]
    others = [{"update": update, "seed": 100, "loss": 10.0 * update} for update in (1, 2)]
    assert findings.side_by_side({"default": rows, "no_u": others}) == [
        {"update": 1, "seed": 100, "default_loss": 0.1, "no_u_loss": 10.0},
        {"update": 2, "seed": 100, "default_loss": 0.2, "no_u_loss": 20.0},
    ]
    *_, last = findings.side_by_side({"default": rows, "no_u": others[:1]})
    assert (last["update"], last["default_loss"]) == (2, 0.2)
    assert math.isnan(last["no_u_loss"])  # not measured there


def test_resume_picks_the_newest_run_of_the_experiment_and_preset(tmp_path):
    parent = tmp_path / "meta_value" / "quick"
    stamps = ("20251231T235959000000", "20260102T030405000001", "20260102T030405000000")
    for stamp in stamps:
        (parent / f"{SINGLE}-{stamp}").mkdir(parents=True)
    (parent / f"{SINGLE}_again-29{stamps[0][2:]}").mkdir()
    (tmp_path / "meta_value" / "smoke" / f"{SINGLE}-29{stamps[0][2:]}").mkdir(parents=True)
    newest = reproduce.run_path(SINGLE, tmp_path, "quick", resume=True)
    assert newest == parent / f"{SINGLE}-{stamps[1]}"


def test_without_resume_or_without_an_earlier_run_the_folder_is_new(tmp_path):
    earlier = reproduce.run_path(SINGLE, tmp_path, "quick", resume=True)
    assert not earlier.exists()
    earlier.mkdir(parents=True)
    later = reproduce.run_path(SINGLE, tmp_path, "quick", resume=False)
    assert later.parent == earlier.parent == tmp_path / "meta_value" / "quick"
    assert later.name > earlier.name  # the names sort by time
    assert reproduce.run_path(SINGLE, tmp_path, "quick", resume=True) == earlier


@pytest.mark.parametrize("inner", [".", "meva"])
def test_a_resumed_run_is_as_old_as_its_first_start(tmp_path, inner):
    """Its record must not replace that of a run started in between."""
    name, path = SINGLE, tmp_path / f"runs/meta_value/smoke/{SINGLE}-2020"
    started_at = "2020-01-01T00:00:00+00:00"
    (path / inner).mkdir(parents=True)
    run = {"config": {}, "provenance": {"started_at": started_at}}
    (path / inner / "run.json").write_text(json.dumps(run))
    record = made_up_record(name, started_at="2021-01-01T00:00:00+00:00")
    results.write_record(tmp_path / "results" / "smoke", record)
    request = Request(
        preset="smoke",
        num_seeds=None,
        results_dir=tmp_path / "results",
        runs_dir=tmp_path / "runs",
        force=False,
        options=RunOptions(resume=True),
    )
    with pytest.raises(results.NewerRecordError, match="2021-01-01"):
        reproduce.reproduce(name, request)


def made_up_record(name, started_at):
    experiment = EXPERIMENTS[name]
    metrics = {claim.metric: [0.0] for claim in experiment.claims}
    return results.make_record(
        paper="meta_value",
        experiment=name,
        preset="smoke",
        claims=reproduce._judged(experiment, metrics, "smoke"),
        metrics=metrics,
        config={},
        seeds=[FIRST_SEED],
        provenance={
            "git_commit": None,
            "git_dirty": None,
            "command": "python -m meta_value reproduce",
            "versions": {},
            "device": "CPU",
            "num_devices": 1,
            "started_at": started_at,
        },
        wall_seconds=1.0,
        compile_seconds=None,
        peak_memory_bytes=None,
    )


def test_a_claim_that_fails_says_why_and_one_that_holds_does_not():
    holds, fails = (
        Claim(id=name, source="ours", statement=name, metric=name, criterion=criterion)
        for name, criterion in (
            ("holds", Criterion("mean", ">=", 1.0)),
            ("fails", Criterion("mean", ">=", 1.0, partly=0.5)),
        )
    )
    experiment = Experiment(
        source="ours",
        summary="",
        claims=(holds, fails),
        configs={},
        num_seeds={},
        minutes={},
        why_it_fails="Too short.",
    )
    metrics = {"holds": [1.0, 3.0], "fails": [0.5, 0.7]}
    first, second = reproduce._judged(experiment, metrics, "quick")
    assert (first["verdict"], first["note"], first["value"]) == ("reproduced", "", 2.0)
    assert (second["verdict"], second["note"]) == ("partly", "Too short.")
    smoke = reproduce._judged(experiment, metrics, "smoke")
    assert [(entry["verdict"], entry["note"]) for entry in smoke] == [
        (None, "smoke run: no scientific claim")
    ] * 2


def test_a_record_says_what_was_run_and_where_it_comes_from(smoke_run):
    name = commands.TRAINED
    record = results.read_record(smoke_run / "results" / "smoke" / f"{name}.json")
    assert record["config"] == asdict(EXPERIMENTS[name].configs["smoke"])
    assert record["seeds"] == [FIRST_SEED]
    assert record["command"].startswith("python -m meta_value reproduce --preset smoke")
    first, _ = (smoke_run / "runs" / "meta_value" / "smoke").glob(f"{name}-2*/*/run.json")
    origin = json.loads(first.read_text())["provenance"] | {"started_at": record["started_at"]}
    assert {key: record[key] for key in origin} == origin
    assert 0 < record["compile_seconds"] < record["wall_seconds"]
    assert record["peak_memory_bytes"] > 2**20
    assert {metric["ci95"] for metric in record["metrics"].values()} == {None}  # of one seed


def test_a_training_that_an_experiment_before_has_done_is_not_done_again(smoke_run):
    """Networks that others trained are judged as they are."""
    name = "beyond_exact_meta_value"
    folder, trained_before = smoke_run / "runs" / "meta_value" / "smoke", "beyond_one_model_for_all"
    assert (
        EXPERIMENTS[name].configs["smoke"].ipd == EXPERIMENTS[trained_before].configs["smoke"].meva
    )
    assert {path.name for path in folder.glob(f"{name}-*/*")} == {"concave", "bilinear"}
