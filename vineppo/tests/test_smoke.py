"""Tests of the real commands, from start to end, at the smallest sizes."""

import json

import pytest
from PIL import Image

from common.logger import curves, results
from vineppo.experiments import EXPERIMENTS
from vineppo.run.cli import main
from vineppo.tests import commands

pytestmark = pytest.mark.slow


def test_smoke_run_writes_valid_records_curves_and_figures(smoke_run):
    folder = smoke_run / "results" / "smoke"
    assert {path.stem for path in folder.glob("*.json")} == set(commands.SMOKED)
    for name in commands.SMOKED:
        record = results.read_record(folder / f"{name}.json")
        assert (record["experiment"], record["preset"]) == (name, "smoke")
        declared = [c.id for c in EXPERIMENTS[name].claims if c.metric in record["metrics"]]
        assert [claim["id"] for claim in record["claims"]] == declared
        assert {claim["verdict"] for claim in record["claims"]} == {None}
        rows = curves.read_curves(folder / f"{name}.csv")
        assert {row["seed"] for row in rows} == set(record["seeds"])
        with Image.open(folder / f"{name}.png") as image:
            assert len(image.convert("RGB").getcolors(maxcolors=2**20)) > 20


def test_smoke_run_prints_the_claim_table(smoke_run):
    printed = (smoke_run / "stdout").read_text()
    for name in commands.SMOKED:
        assert f"vineppo {name} (smoke)\n" in printed
    assert printed.endswith("records and figures: results/smoke\n")


def test_experiments_of_one_call_share_their_trainings(smoke_run):
    """Four experiments, of which the last three train nothing; each training has a folder."""
    configs = [
        json.loads(path.read_text())["config"] for path in smoke_run.glob("runs/vineppo/*/run.json")
    ]
    trained = sorted(config.get("method", config["kind"]) for config in configs)
    assert trained == sorted(
        ["SftConfig", "vineppo", "ppo", "grpo", "rloo", "RestEmConfig", "DpoConfig"]
    )


def test_show_writes_a_page_that_holds_the_values_of_every_step(finished_run, tmp_path, capsys):
    page = tmp_path / "page.html"
    words = ("show", str(finished_run / "policy"), "--responses", "2", "--rollouts", "4")
    assert main([*words, "--output", str(page)]) == 0
    text = page.read_text()
    assert "RESPONSES_AS_JSON" not in text
    data = json.loads(text.split('type="application/json" id="data">')[1].split("</script>")[0])
    assert len(data["responses"]) == 2
    for response in data["responses"]:
        for name in ("truth", "monte_carlo"):
            credit = [step["advantages"][name] for step in response["steps"]]
            first = response["steps"][0]["values"][name]
            assert abs(sum(credit) - (response["reward"] - first)) < 1e-3
    assert str(page) in capsys.readouterr().out
