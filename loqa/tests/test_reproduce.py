"""Tests of what a reproduction writes down, on made-up runs, and of its choice of a run folder."""

import json
import math
from dataclasses import asdict

import numpy as np
import pytest

from common.logger import results
from common.logger.claims import Claim, Criterion
from loqa import reproduce, studies
from loqa.config import Experiment
from loqa.reproduce import Request
from loqa.run.training_run import RunOptions


def test_a_curve_has_a_row_per_log_point_and_seed():
    log = [
        {"step": 2, "loss": [0.5, 0.6], "value": [-1.0, -2.0]},
        {"step": 4, "loss": [0.3, 0.4], "value": [-1.5, -2.5]},
    ]
    assert studies.curve_rows(log, [42, 43]) == [
        {"update": 2, "seed": 42, "loss": 0.5, "value": -1.0},
        {"update": 2, "seed": 43, "loss": 0.6, "value": -2.0},
        {"update": 4, "seed": 42, "loss": 0.3, "value": -1.5},
        {"update": 4, "seed": 43, "loss": 0.4, "value": -2.5},
    ]


def test_curves_of_two_runs_stand_side_by_side_under_their_names():
    rows = [{"update": update, "seed": 42, "loss": 0.1 * update} for update in (1, 2)]
    others = [{"update": update, "seed": 42, "loss": 10.0 * update} for update in (1, 2)]
    assert studies.side_by_side({"sarsa": rows, "returns": others}) == [
        {"update": 1, "seed": 42, "sarsa_loss": 0.1, "returns_loss": 10.0},
        {"update": 2, "seed": 42, "sarsa_loss": 0.2, "returns_loss": 20.0},
    ]
    *_, last = studies.side_by_side({"sarsa": rows, "returns": others[:1]})
    assert (last["update"], last["sarsa_loss"]) == (2, 0.2)
    assert math.isnan(last["returns_loss"])  # not measured there


def test_critics_are_compared_under_the_names_that_claims_use():
    means = {
        "sarsa": {"cosine_learned": -0.5, "signal_learned": 1.0, "cosine_exact": 0.6},
        "returns": {"cosine_learned": 0.9, "signal_learned": 2.0, "cosine_exact": 0.8},
    }
    for values, exact_value in zip(means.values(), (0.7, 1.0), strict=True):
        values["cosine_exact_value"] = exact_value
    arrays = {
        run: {n: np.array([v, -v]) for n, v in values.items()} for run, values in means.items()
    }
    compared = studies.compared_critics(arrays)
    expected = {
        "cosine_sarsa_critic": -0.5,
        "cosine_returns_critic": 0.9,
        "signal_sarsa_critic": 1.0,
        "signal_returns_critic": 2.0,
        "cosine_exact_critic": 0.7,  # means over both runs
        "cosine_exact_critic_value": 0.85,
        "cosine_gain_of_critic_value": 0.15,
    }
    assert compared.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(compared[name], [value, -value], err_msg=name)


def test_resume_picks_the_newest_run_of_the_experiment_and_preset(tmp_path):
    parent = tmp_path / "loqa" / "quick"
    stamps = ("20251231T235959000000", "20260102T030405000001", "20260102T030405000000")
    for stamp in stamps:
        (parent / f"figure_1_ipd-{stamp}").mkdir(parents=True)
    (parent / f"figure_1_ipd_as_published-29{stamps[0][2:]}").mkdir()
    (tmp_path / "loqa" / "smoke" / f"figure_1_ipd-29{stamps[0][2:]}").mkdir(parents=True)
    newest = reproduce.run_path("figure_1_ipd", tmp_path, "quick", resume=True)
    assert newest == parent / f"figure_1_ipd-{stamps[1]}"


def test_without_resume_or_without_an_earlier_run_the_folder_is_new(tmp_path):
    earlier = reproduce.run_path("figure_1_ipd", tmp_path, "quick", resume=True)
    assert not earlier.exists()
    earlier.mkdir(parents=True)
    later = reproduce.run_path("figure_1_ipd", tmp_path, "quick", resume=False)
    assert later.parent == earlier.parent == tmp_path / "loqa" / "quick"
    assert later.name > earlier.name  # the names sort by time
    assert reproduce.run_path("figure_1_ipd", tmp_path, "quick", resume=True) == earlier


@pytest.mark.parametrize("inner", [".", "sarsa"])
def test_a_resumed_run_is_as_old_as_its_first_start(tmp_path, inner):
    """Its record must not replace that of a run started in between."""
    name, path = "ablation_ipd_naive", tmp_path / "runs/loqa/smoke/ablation_ipd_naive-2020"
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
        paper="loqa",
        experiment=name,
        preset="smoke",
        claims=reproduce._judged(experiment, metrics, "smoke"),
        metrics=metrics,
        config={},
        seeds=[42],
        provenance={
            "git_commit": None,
            "git_dirty": None,
            "command": "python -m loqa reproduce",
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
    record = results.read_record(smoke_run / "results" / "smoke" / "figure_1_ipd.json")
    experiment = EXPERIMENTS["figure_1_ipd"]
    assert record["config"] == asdict(experiment.configs["smoke"])
    assert record["seeds"] == [FIRST_SEED]
    assert record["command"].startswith("python -m loqa reproduce --preset smoke")
    (run,) = (smoke_run / "runs" / "loqa" / "smoke").glob("figure_1_ipd-2*")
    origin = json.loads((run / "run.json").read_text())["provenance"]
    assert {name: record[name] for name in origin} == origin
    assert 0 < record["compile_seconds"] < record["wall_seconds"]
    assert record["peak_memory_bytes"] > 2**20


def test_metrics_of_a_record_are_those_of_the_last_log_point(smoke_run):
    """The evaluation of the final state, done once more, gives the values that were logged."""
    record = results.read_record(smoke_run / "results" / "smoke" / "figure_1_ipd.json")
    (run,) = (smoke_run / "runs" / "loqa" / "smoke").glob("figure_1_ipd-2*")
    last = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])
    assert last["step"] == 4
    for name, metric in record["metrics"].items():
        assert metric["per_seed"] == last[name]
        assert metric["ci95"] is None  # of one seed
