"""Tests of the report: figures and README tables from the files in results/ alone."""

import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from PIL import Image

from common.logger import atomic, results
from common.logger.errors import UserError
from loqa import figures, report, reproduce
from loqa.tests import commands
from loqa.tests.commands import contents

README = (
    "# LOQA\n<!-- BEGIN claims -->\nold\n<!-- END claims -->\n\n{bench}\n"
    "<!-- BEGIN more_claims -->\nold\n<!-- END more_claims -->\nlast line\n"
)
BENCH_MARKERS = (
    "<!-- BEGIN bench -->\nold\n<!-- END bench -->\n"
    "<!-- BEGIN bench_original -->\nold\n<!-- END bench_original -->"
)
PLOTS = ("figure_1_ipd", "beyond_ipd_estimator_bias")
SIZES = {**dict.fromkeys(PLOTS, (1275, 510)), "figure_2_league": (1500, 900)}  # 150 dots an inch


@pytest.fixture
def paper(smoke_run, tmp_path):
    """A folder with a README and two records, which pass for results at quick size."""
    quick = tmp_path / "results" / "quick"
    quick.mkdir(parents=True)
    for name in PLOTS:
        record = json.loads((smoke_run / "results" / "smoke" / f"{name}.json").read_text())
        metrics = {key: metric["per_seed"] for key, metric in record["metrics"].items()}
        record["claims"] = reproduce._judged(EXPERIMENTS[name], metrics, "quick")
        results.write_record(quick, {**record, "preset": "quick"})
        shutil.copy(smoke_run / "results" / "smoke" / f"{name}.csv", quick)
    (tmp_path / "README.md").write_text(README.format(bench=BENCH_MARKERS))
    return tmp_path


@pytest.mark.parametrize("name", SIZES)
def test_figures_are_a_png_and_an_svg_that_can_be_opened(smoke_run, name):
    folder = smoke_run / "results" / "smoke"
    with Image.open(folder / f"{name}.png") as image:
        image.load()
        assert image.size == SIZES[name]
        assert len(image.convert("RGB").getcolors(maxcolors=2**20)) > 20
    root = ElementTree.parse(folder / f"{name}.svg").getroot()
    assert root.tag.endswith("svg")
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) > 50


def test_a_figure_drawn_again_without_jax_has_the_same_bytes(smoke_run, tmp_path):
    folder = tmp_path / "smoke"
    shutil.copytree(smoke_run / "results" / "smoke", folder)
    for path in folder.glob("*.[ps][nv]g"):
        path.unlink()
    code = (
        "import sys; from pathlib import Path; sys.modules['jax'] = None; "
        "from loqa import figures; [figures.draw(name, Path(sys.argv[1])) for name in sys.argv[2:]]"
    )
    command = [sys.executable, "-c", code, str(folder), *PLOTS]
    subprocess.run(command, cwd=commands.ROOT, check=True)
    drawn = {name: file for name, file in contents(folder).items() if name.endswith("g")}
    assert sorted(drawn) == sorted(
        f"{name}.{suffix}" for name in PLOTS for suffix in ("png", "svg")
    )
    for name, file in drawn.items():
        assert file == (smoke_run / "results" / "smoke" / name).read_bytes(), name


def test_a_figure_shows_the_spread_over_seeds(paper):
    """Other seeds give another picture: the intervals and dots are drawn."""
    path = paper / "results" / "quick" / "figure_1_ipd.json"
    figures.draw("figure_1_ipd", path.parent)
    narrow = path.with_suffix(".png").read_bytes()
    record = json.loads(path.read_text())
    for metric in record["metrics"].values():
        mean = metric["mean"]
        metric |= {"ci95": [mean - 0.1, mean + 0.1], "per_seed": [mean - 0.1, mean, mean + 0.1]}
    path.write_text(json.dumps(record))
    figures.draw("figure_1_ipd", path.parent)
    assert path.with_suffix(".png").read_bytes() != narrow


def test_rebuild_writes_both_tables_and_every_figure_and_is_stable(paper):
    atomic.write_json(paper / "results" / "bench.json", made_up_bench())
    atomic.write_json(paper / "results" / "bench_original.json", made_up_comparison())
    report.rebuild(paper)
    text = (paper / "README.md").read_text()
    for part in ("claims", "bench", "bench_original"):
        assert text.count(f"<!-- BEGIN {part} -->\n| ") == 1
    assert "old" not in text
    assert text.startswith("# LOQA\n")
    assert text.endswith("\nlast line\n")
    figures = {path.name for path in (paper / "results" / "quick").glob("*.[ps][nv]g")}
    assert figures == {f"{name}.{suffix}" for name in PLOTS for suffix in ("png", "svg")}
    once = contents(paper)
    report.rebuild(paper)
    assert contents(paper) == once


def test_claims_stand_in_the_order_of_the_experiments_with_their_verdicts(paper):
    table = report.claims_table(paper / "results", is_default=True)
    rows = [line for line in table.splitlines() if "`make reproduce-loqa" in line]
    expected = [
        (name, claim) for name in EXPERIMENTS if name in PLOTS for claim in EXPERIMENTS[name].claims
    ]
    assert len(rows) == len(expected)
    records = {name: results.read_record(paper / f"results/quick/{name}.json") for name in PLOTS}
    verdicts = {(n, c["id"]): c["verdict"] for n, r in records.items() for c in r["claims"]}
    for row, (name, claim) in zip(rows, expected, strict=True):
        assert f"`make reproduce-loqa EXPERIMENT={name}`" in row
        assert claim.criterion.describe() in row
        assert f"| {verdicts[name, claim.id]}" in row


def test_quick_and_paper_results_stand_next_to_each_other(paper):
    record = results.read_record(paper / "results" / "quick" / "figure_1_ipd.json")
    results.write_record(paper / "results" / "paper", {**record, "preset": "paper"})
    rows = report.claims_table(paper / "results", is_default=True).splitlines()
    named = [row.split("`")[1].removeprefix("make reproduce-loqa ") for row in rows if "`" in row]
    num_claims = len(EXPERIMENTS["figure_1_ipd"].claims)
    assert named[: 2 * num_claims] == (
        ["EXPERIMENT=figure_1_ipd"] * num_claims
        + ["EXPERIMENT=figure_1_ipd PRESET=paper"] * num_claims
    )


def test_experiments_run_by_name_have_a_table_of_their_own(paper):
    name = "ablation_ipd_critic_value"
    record = results.read_record(paper / "results" / "quick" / "figure_1_ipd.json")
    results.write_record(paper / "results" / "quick", {**record, "experiment": name})
    default, by_name = (
        report.claims_table(paper / "results", is_default=each) for each in (True, False)
    )
    assert "EXPERIMENT=figure_1_ipd`" in default
    assert name not in default
    assert by_name.count(f"EXPERIMENT={name}`") == by_name.count("EXPERIMENT=") > 0


def test_claims_carry_the_wording_of_today(paper):
    record = results.read_record(paper / "results" / "quick" / "figure_1_ipd.json")
    worded = {"verdict": "not reproduced", "note": "old", "statement": "older"}
    old = [{**claim, **worded} for claim in record["claims"]]
    results.write_record(paper / "results" / "quick", {**record, "claims": old})
    table = report.claims_table(paper / "results", is_default=True)
    assert "not reproduced: old" not in table
    assert "older" not in table
    assert EXPERIMENTS["figure_1_ipd"].why_it_fails in table


def made_up_bench():
    row = {"what": "updates", "unit": "1/s", "median": 1234.4, "range": [1000.0, 1500.0]}
    versions = {"jax": "0.10.2", "python": "3.11"}
    return {"rows": [row], "repeats": 5, "device": "2x CPU", "versions": versions}


def test_comparison_table_shows_both_codes_and_their_ratio(tmp_path):
    assert report.original_table(tmp_path) == ""
    atomic.write_json(tmp_path / "bench_original.json", made_up_comparison())
    assert report.original_table(tmp_path).splitlines() == [
        "| | seconds per update | the original takes |",
        "|---|---|---|",
        "| original, buffer of 600 | 2.5 s (2 - 3) | 1x |",
        "| ours, 512 opponents | 0.5 s (0.4 - 0.6) | 5x (4 - 6) |",
        "",
        "Median (lowest - highest) of 5 repeats of 10 updates, in turn, on 2x CPU. The original: "
        "somewhere, JAX 0.4.26, flax 0.8.3; ours: JAX 0.10.2.",
    ]


def made_up_comparison():
    def spread(median, low, high):
        return {"median": median, "range": [low, high]}

    rows = [
        {
            "what": "original, buffer of 600",
            "seconds": spread(2.5, 2.0, 3.0),
            "seconds_ratio": spread(1.0, 1.0, 1.0),
        },
        {
            "what": "ours, 512 opponents",
            "seconds": spread(0.5, 0.4, 0.6),
            "seconds_ratio": spread(5.0, 4.0, 6.0),
        },
    ]
    original = {"repository": "somewhere", "jax": "0.4.26", "flax": "0.8.3"}
    repeated = {"repeats": 5, "num_iterations": 10}
    versions = {"jax": "0.10.2"}
    return {"rows": rows, "original": original, "device": "2x CPU", "versions": versions} | repeated


def test_a_readme_without_markers_is_left_alone(paper):
    (paper / "README.md").write_text(README.format(bench=""))
    with pytest.raises(UserError, match=r"README\.md: expected the marker <!-- BEGIN bench -->"):
        report.rebuild(paper)
    assert (paper / "README.md").read_text() == README.format(bench="")


def test_a_damaged_record_is_named(paper):
    path = paper / "results" / "quick" / "figure_1_ipd.json"
    path.write_text(path.read_text()[:-5])
    before = contents(paper)
    with pytest.raises(atomic.DamagedFileError, match=r"figure_1_ipd\.json is damaged"):
        report.rebuild(paper)
    assert contents(paper) == before


def test_the_readme_of_this_folder_has_the_markers(tmp_path):
    shutil.copy(commands.ROOT / "loqa" / "README.md", tmp_path)
    report.rebuild(tmp_path)
    assert "| claim (paper) |" in (tmp_path / "README.md").read_text()
