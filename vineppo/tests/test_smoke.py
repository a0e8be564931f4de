"""Tests of the real commands, from start to end, at the smallest sizes."""

import json

from PIL import Image

from common.logger import claims, curves, results
from vineppo.experiments import EXPERIMENTS
from vineppo.run import report
from vineppo.run.cli import main
from vineppo.tests import commands

MARKERS = ("claims", "methods", "more_claims", "bench")


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
    """Four experiments, of which the last three train nothing."""
    runs = sorted(path.parent.name for path in smoke_run.rglob("run.json"))
    assert runs == sorted(["sft_critical_3_0", "vineppo", "ppo", "grpo", "rloo", "restem", "dpo"])


def test_report_writes_the_claim_table_between_the_markers(smoke_run, tmp_path):
    quick = tmp_path / "results" / "quick"
    quick.mkdir(parents=True)
    name = "figure_error_by_step"
    record = json.loads((smoke_run / "results" / "smoke" / f"{name}.json").read_text())
    metrics = {claim.metric: [0.5] * 3 for claim in EXPERIMENTS[name].claims}
    declared = EXPERIMENTS[name].claims
    notes = {claim.id: EXPERIMENTS[name].note(claim.id) for claim in declared}
    record["claims"] = claims.evaluate_claims(
        declared, metrics, preset="quick", notes_on_failure=notes
    )
    results.write_record(quick, {**record, "preset": "quick"})
    curve = smoke_run / "results" / "smoke" / f"{name}.csv"
    (quick / curve.name).write_bytes(curve.read_bytes())
    markers = [f"<!-- BEGIN {n} -->\n<!-- END {n} -->" for n in MARKERS]
    (tmp_path / "README.md").write_text("\n".join(markers) + "\n")
    report.rebuild(tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert "does not hold" in text
    assert (quick / f"{name}.png").exists()


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
