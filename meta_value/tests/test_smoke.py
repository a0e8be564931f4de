"""Tests of the real commands, from start to end, at the smallest sizes."""

import json
from dataclasses import asdict

import pytest
from PIL import Image

from common.logger import curves, results
from meta_value.experiments import EXPERIMENTS, PAPER
from meta_value.run.cli import Reproduce
from meta_value.tests import commands

pytestmark = pytest.mark.slow


def record_of(smoke_run, name):
    return results.read_record(smoke_run / "results" / "smoke" / f"{name}.json")


def test_a_smoke_run_is_of_all_experiments_and_a_quick_one_of_those_that_fit():
    assert Reproduce(preset="smoke").names(PAPER) == list(EXPERIMENTS)
    assert "figure_ablations" not in Reproduce().names(PAPER)
    assert Reproduce(preset="smoke", experiment=commands.TRAINED).names(PAPER) == [commands.TRAINED]


@pytest.mark.parametrize("name", commands.SMOKED)
def test_smoke_run_writes_valid_records_curves_and_figures(smoke_run, name):
    record = record_of(smoke_run, name)
    assert (record["experiment"], record["preset"]) == (name, "smoke")
    assert record["config"] == json.loads(json.dumps(asdict(EXPERIMENTS[name].configs["smoke"])))
    assert [claim["id"] for claim in record["claims"]] == [
        claim.id for claim in EXPERIMENTS[name].claims if claim.metric in record["metrics"]
    ]
    assert {claim["verdict"] for claim in record["claims"]} == {None}
    rows = curves.read_curves(smoke_run / "results" / "smoke" / f"{name}.csv")
    assert {row["seed"] for row in rows} == set(record["seeds"]) == {PAPER.first_seed}
    with Image.open(smoke_run / "results" / "smoke" / f"{name}.png") as image:
        image.load()
        assert len(image.convert("RGB").getcolors(maxcolors=2**20)) > 20


def test_smoke_run_prints_the_claim_table(smoke_run):
    printed = (smoke_run / "stdout").read_text()
    for name in commands.SMOKED:
        assert f"meta_value {name} (smoke)\n" in printed
    assert printed.endswith("records and figures: results/smoke\n")


def test_what_several_experiments_train_is_trained_once(smoke_run):
    """Both figures of the Logistic Game, and all that use the IPD's two trainings."""
    runs = [
        json.loads(path.read_text())["config"]
        for path in (smoke_run / "runs" / "meta_value").glob("*/run.json")
    ]
    trained = [(each["kind"], each["game"], each.get("opponent", "")) for each in runs]
    assert sorted(trained) == [
        ("ColaConfig", "logistic", ""),
        ("MetaValueConfig", "bilinear", "meva"),
        ("MetaValueConfig", "concave", "meva"),
        ("MetaValueConfig", "ipd", "meva"),
        ("MetaValueConfig", "ipd", "naive"),
        ("MetaValueConfig", "logistic", "meva"),
    ]
    first, second = (
        record_of(smoke_run, f"figure_logistic_{name}") for name in ("basins", "trajectories")
    )
    assert first["metrics"] == second["metrics"]


def test_what_a_training_prints_is_its_last_log_point(finished_run):
    """The evaluation of the final state, done once more, gives the values that were logged."""
    last = json.loads((finished_run / "metrics.jsonl").read_text().splitlines()[-1])
    assert last["step"] == 2 * commands.NUM_LOG_POINTS
    printed = (finished_run.parent / "stdout").read_text().splitlines()
    assert [line.split() for line in printed[1:-1]] == [
        [name, f"{last[name][0]:.3f}"]
        for name in last
        if name not in ("step", "loss", "short_td_error")
    ]
