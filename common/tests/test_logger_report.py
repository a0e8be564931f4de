"""Tests of the report: README tables and figures from the files in results/ alone."""

import json
from types import SimpleNamespace

import pytest
from PIL import Image

from common.logger import atomic, report, reproduce
from common.logger.errors import UserError
from common.logger.reproduce import Request
from common.tests.made_up_paper import PAPER, Noise

NAME = "beyond_table_of_walks"
TABLES = ("claims", "more_claims", "bench")
README = "# Walks\n" + "\n".join(f"<!-- BEGIN {t} -->\nold\n<!-- END {t} -->" for t in TABLES)


@pytest.fixture
def paper(tmp_path):
    """A folder with a README, and the record of the experiment that runs by name."""
    paper = PAPER._replace(folder=tmp_path)
    request = Request("quick", None, tmp_path / "results")
    trainer = SimpleNamespace(origin=None, compile_seconds=None, seeds=[7, 8, 9])
    reproduce.reproduce(paper, NAME, Noise(), trainer, request)
    (tmp_path / "README.md").write_text(README)
    return paper


def record_of(paper):
    return paper.folder / "results" / "quick" / f"{NAME}.json"


def edit_claim(paper, **changes):
    record = json.loads(record_of(paper).read_text())
    record["claims"][0] |= changes
    record_of(paper).write_text(json.dumps(record))


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_rebuild_writes_tables_and_figures_and_is_stable(paper):
    figure = record_of(paper).with_suffix(".png")
    drawn = figure.read_bytes()
    figure.unlink()
    report.rebuild(paper)
    text = (paper.folder / "README.md").read_text()
    assert text.startswith("# Walks\n<!-- BEGIN claims -->\n| claim (paper) |")
    assert "\nold\n" not in text
    assert figure.read_bytes() == drawn
    assert Image.open(figure).size == (300, 150)
    once = contents(paper.folder)
    report.rebuild(paper)
    assert contents(paper.folder) == once


def test_tables_of_the_paper_s_own_go_between_their_markers(paper):
    readme = paper.folder / "README.md"
    readme.write_text(README + "<!-- BEGIN mine -->\n<!-- END mine -->")
    report.rebuild(paper, {"mine": "my table"})
    assert "<!-- BEGIN mine -->\nmy table\n<!-- END mine -->" in readme.read_text()


def test_experiments_without_a_record_are_listed_as_not_run_in_their_order(paper):
    records = report.read_records(paper, paper.folder / "results")
    default, by_name = (report.claims_table(paper, records, is_default=d) for d in (True, False))
    rows = [line.split("`")[1] for line in default.splitlines() if "| not run |" in line]
    walk, down = "EXPERIMENT=table_1_walk", "EXPERIMENT=figure_2_walk_down"
    assert [row.split(" ", 2)[2] for row in rows] == [walk, walk, down]
    assert f"EXPERIMENT={NAME}` | holds (quick) |" in by_name
    assert NAME not in default


def test_experiment_that_is_not_run_is_listed_at_its_smallest_size(paper):
    walk = paper.experiments["table_1_walk"]
    configs = {"paper": walk.configs["paper"], "day": walk.configs["quick"]}
    changed = walk.__class__(**{**vars(walk), "configs": configs})
    table = report.claims_table(paper._replace(experiments={"walk": changed}), [], is_default=True)
    assert table.count("EXPERIMENT=walk PRESET=day`") == 2


def test_records_of_several_sizes_stand_next_to_each_other(paper):
    record = json.loads(record_of(paper).read_text())
    record["preset"] = "paper"
    record["claims"][0]["verdict"] = "reproduced"
    atomic.write_json(paper.folder / "results" / "paper" / f"{NAME}.json", record)
    records = report.read_records(paper, paper.folder / "results")
    table = report.claims_table(paper, records, is_default=False)
    assert table.index("holds (quick)") < table.index("PRESET=paper` | reproduced (paper)")


@pytest.mark.parametrize("change", [{"verdict": "does not hold"}, {"per_seed": [0.0, 0.0, 0.1]}])
def test_record_whose_verdict_is_not_what_its_values_say_is_refused(paper, change):
    edit_claim(paper, **change)
    before = contents(paper.folder)
    with pytest.raises(atomic.DamagedFileError, match=r"claim 'drifts': the record says '"):
        report.rebuild(paper)
    assert contents(paper.folder) == before


def test_damaged_record_and_missing_curves_are_named(paper):
    record_of(paper).with_suffix(".csv").unlink()
    with pytest.raises(FileNotFoundError, match=rf"{NAME}\.csv"):
        report.rebuild(paper)
    record_of(paper).write_text(record_of(paper).read_text()[:-5])
    with pytest.raises(atomic.DamagedFileError, match=rf"{NAME}\.json is damaged"):
        report.rebuild(paper)


def test_record_of_no_experiment_of_the_paper_is_refused(paper):
    rest = {name: paper.experiments[name] for name in paper.experiments if name != NAME}
    with pytest.raises(atomic.DamagedFileError, match=f"records of no experiment: {{'{NAME}'}}"):
        report.rebuild(paper._replace(experiments=rest))


def test_readme_without_a_marker_is_left_alone(paper):
    readme = paper.folder / "README.md"
    readme.write_text("# Walks")
    with pytest.raises(UserError, match=r"README\.md: expected the marker <!-- BEGIN claims -->"):
        report.rebuild(paper)
    assert readme.read_text() == "# Walks"
