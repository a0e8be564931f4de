"""Tests of what a reproduction writes down, on made-up runs, and of its choice of a run folder."""

import json
import math
from dataclasses import asdict

import pytest

from common.logger import results
from common.logger.claims import Claim, Criterion
from riemannian_diffusion import findings, reproduce
from riemannian_diffusion.configs import EXPERIMENTS, FIRST_SEED, Experiment
from riemannian_diffusion.reproduce import Request
from riemannian_diffusion.runs import RunOptions

SINGLE = "figure_so3"


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
    parent = tmp_path / "riemannian_diffusion" / "quick"
    stamps = ("20251231T235959000000", "20260102T030405000001", "20260102T030405000000")
    for stamp in stamps:
        (parent / f"{SINGLE}-{stamp}").mkdir(parents=True)
    (parent / f"{SINGLE}_again-29{stamps[0][2:]}").mkdir()
    (tmp_path / "riemannian_diffusion" / "smoke" / f"{SINGLE}-29{stamps[0][2:]}").mkdir(
        parents=True
    )
    newest = reproduce.run_path(SINGLE, tmp_path, "quick", resume=True)
    assert newest == parent / f"{SINGLE}-{stamps[1]}"


def test_without_resume_or_without_an_earlier_run_the_folder_is_new(tmp_path):
    earlier = reproduce.run_path(SINGLE, tmp_path, "quick", resume=True)
    assert not earlier.exists()
    earlier.mkdir(parents=True)
    later = reproduce.run_path(SINGLE, tmp_path, "quick", resume=False)
    assert later.parent == earlier.parent == tmp_path / "riemannian_diffusion" / "quick"
    assert later.name > earlier.name  # the names sort by time
    assert reproduce.run_path(SINGLE, tmp_path, "quick", resume=True) == earlier


@pytest.mark.parametrize("inner", [".", "meva"])
def test_a_resumed_run_is_as_old_as_its_first_start(tmp_path, inner):
    """Its record must not replace that of a run started in between."""
    name, path = SINGLE, tmp_path / f"runs/riemannian_diffusion/smoke/{SINGLE}-2020"
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
        paper="riemannian_diffusion",
        experiment=name,
        preset="smoke",
        claims=reproduce._judged(experiment, metrics, "smoke"),
        metrics=metrics,
        config={},
        seeds=[FIRST_SEED],
        provenance={
            "git_commit": None,
            "git_dirty": None,
            "command": "python -m riemannian_diffusion reproduce",
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
    record = results.read_record(smoke_run / "results" / "smoke" / f"{SINGLE}.json")
    # Tuples become lists in JSON.
    assert record["config"] == json.loads(json.dumps(asdict(EXPERIMENTS[SINGLE].configs["smoke"])))
    assert record["seeds"] == [FIRST_SEED]
    assert record["command"].startswith("python -m riemannian_diffusion reproduce --preset smoke")
    (first,) = (smoke_run / "runs" / "riemannian_diffusion" / "smoke").glob(
        f"{SINGLE}-2*/*/run.json"
    )
    origin = json.loads(first.read_text())["provenance"] | {"started_at": record["started_at"]}
    assert {key: record[key] for key in origin} == origin
    assert 0 < record["compile_seconds"] < record["wall_seconds"]
    assert record["peak_memory_bytes"] > 2**20
    assert {metric["ci95"] for metric in record["metrics"].values()} == {None}  # of one seed


def test_experiments_share_their_trainings_where_they_can():
    """At quick, those of the two figures of times, and of the exact targets."""
    configs = {name: each.configs["quick"].trainings() for name, each in EXPERIMENTS.items()}
    settings = {name: {config for _, config in pairs} for name, pairs in configs.items()}
    assert settings["figure_2_variance_reduction"] < settings["beyond_time_sampling"]
    assert settings["figure_so3"] < settings["beyond_exact_targets"]
    assert settings["figure_ramachandran"] < settings["beyond_exact_targets"]
    assert settings["figure_hyperbolic"] & settings["beyond_exact_targets"]
    assert settings["beyond_exact_heat_kernel"] & settings["beyond_exact_targets"]
    earth = settings["table_1_flood"] | settings["table_1_fire"]
    assert settings["figure_earth_density"] < earth
