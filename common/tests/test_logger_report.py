"""Tests of the report: pages and figures from the files in results/ alone."""

import json
from types import SimpleNamespace

import pytest
from PIL import Image

from common.logger import atomic, claims_page, report, reproduce
from common.logger.errors import UserError
from common.logger.reproduce import Request
from common.tests.made_up_paper import PAPER, Noise

NAME = "beyond_table_of_walks"
README = "# Walks\n<!-- BEGIN headline -->\nold\n<!-- END headline -->\n"
NOTES = "# Notes\n<!-- BEGIN bench -->\nold\n<!-- END bench -->\n"


@pytest.fixture
def paper(tmp_path):
    """A folder with README and NOTES, and the record of the experiment that runs by name."""
    paper = PAPER._replace(folder=tmp_path)
    request = Request("quick", None, tmp_path / "results")
    trainer = SimpleNamespace(origin=None, compile_seconds=None, seeds=[7, 8, 9])
    reproduce.reproduce(paper, NAME, Noise(), trainer, request)
    (tmp_path / "README.md").write_text(README)
    (tmp_path / "NOTES.md").write_text(NOTES)
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
    readme, notes = ((paper.folder / page).read_text() for page in ("README.md", "NOTES.md"))
    assert readme.startswith(f"# Walks\n<!-- BEGIN headline -->\n{paper.finding}\n")
    assert notes == NOTES.replace("\nold\n", "\n\n")
    assert "\nold\n" not in readme
    page = (paper.folder / "results" / "CLAIMS.md").read_text()
    assert page == claims_page.claims_page(
        paper, report.read_records(paper, paper.folder / "results")
    )
    assert figure.read_bytes() == drawn
    assert Image.open(figure).size == (300, 150)
    once = contents(paper.folder)
    report.rebuild(paper)
    assert contents(paper.folder) == once


def test_tables_of_the_paper_s_own_go_between_their_markers(paper):
    notes = paper.folder / "NOTES.md"
    notes.write_text(NOTES + "<!-- BEGIN mine -->\n<!-- END mine -->")
    report.rebuild(paper, {"mine": "my table"})
    assert "<!-- BEGIN mine -->\nmy table\n<!-- END mine -->" in notes.read_text()


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
    with pytest.raises(UserError, match=r"README\.md: expected the marker <!-- BEGIN headline -->"):
        report.rebuild(paper)
    assert readme.read_text() == "# Walks"


def test_content_is_replaced_between_markers_and_nowhere_else():
    text = "a\n<!-- BEGIN claims -->\nold\n<!-- END claims -->\nb <!-- BEGIN x -->\n"
    replaced = report.replace_between_markers(text, "claims", "new \\1")
    expected = text.replace("old", "new \\1")
    assert replaced == expected
    assert report.replace_between_markers(replaced, "claims", "new \\1") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<!-- BEGIN claims -->",
        "<!-- END claims -->",
        "<!-- END claims --><!-- BEGIN claims -->",
        "<!-- BEGIN claims --><!-- BEGIN claims --><!-- END claims -->",
    ],
)
def test_missing_doubled_and_swapped_markers_are_refused(text):
    with pytest.raises(ValueError, match=r"marker <!-- (BEGIN|END) claims -->"):
        report.replace_between_markers(text, "claims", "new")
