"""Tests of summary.html, summary.csv and the root README's table: complete, and one file."""

import csv
import shutil
import subprocess
from html.parser import HTMLParser
from io import StringIO
from types import SimpleNamespace

import pytest

from common.logger import report, reproduce, summary
from common.logger.reproduce import Request
from common.tests.made_up_paper import NAME, PAPER, Noise

EXPERIMENT = "beyond_table_of_walks"
VOID = {"meta", "img", "input", "br"}
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


class Page(HTMLParser):
    """Checks that tags are closed, and keeps what a page loads, its ids and its rows."""

    def __init__(self, text):
        super().__init__()
        self.open, self.sources, self.ids, self.rows = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.sources += [attributes[a] for a in ("src", "href") if attributes.get(a)]
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.rows += [attributes.get("class", "")] if tag == "tr" else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def paper(tmp_path_factory):
    """The made-up paper with the record of one experiment."""
    folder = tmp_path_factory.mktemp("paper")
    trainer = SimpleNamespace(origin=None, compile_seconds=None, seeds=[7, 8, 9])
    request = Request("quick", None, folder / "results")
    reproduce.reproduce(PAPER, EXPERIMENT, Noise(), trainer, request)
    return PAPER._replace(folder=folder, name="walks")


@pytest.fixture(scope="module")
def records(paper):
    named = paper._replace(name=NAME)
    return {"walks": report.read_records(named, paper.folder / "results")}


def test_page_is_one_well_formed_file_that_loads_nothing(paper, records):
    text = summary.page([paper], records)
    page = Page(text)
    assert "<script" not in text
    assert len(page.ids) == len(set(page.ids))
    inside = {f"#{name}" for name in page.ids}
    assert all(each in inside or each.startswith("data:image/png") for each in page.sources)
    assert sum(each.startswith("data:") for each in page.sources) == 1
    assert "Walks drift &amp; &lt;wander&gt;." in text


def test_page_has_a_row_per_claim_that_its_filters_know(paper, records):
    text = summary.page([paper], records)
    rows = [row for row in Page(text).rows if row.startswith("claim ")]
    assert sorted(rows) == ["claim holds of-walks", *["claim open of-walks"] * 3]
    for kind in ("holds", "partly", "fails", "open"):
        assert f"body:has(#verdict-{kind}:checked) tr.claim:not(.{kind})" in text


def test_csv_has_a_row_per_claim(paper, records):
    rows = list(csv.DictReader(StringIO(summary.csv_text(summary.claim_rows([paper], records)))))
    assert [row["verdict"] for row in rows] == ["not run", "not run", "not run", "holds"]
    assert rows[-1]["num_seeds"] == "3"
    assert float(rows[-1]["ci95_low"]) <= float(rows[-1]["value"]) <= float(rows[-1]["ci95_high"])


def test_root_table_counts_the_claims_of_each_size(paper, records):
    *_, row = summary.root_table([paper], records).splitlines()
    assert row == (
        "| [Walks (Fair 1900)](walks/) | Walks drift & <wander>. | 1 holds | - | - "
        "| `make reproduce-walks`, a minute at most |"
    )


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
@pytest.mark.parametrize("width", [1280, 400])
def test_page_opens_in_a_browser_and_is_no_wider_than_its_window(paper, records, width, tmp_path):
    path = tmp_path / "summary.html"
    measure = (
        "<script>addEventListener('load', () => document.title = "
        "document.documentElement.scrollWidth + ' ' + innerWidth)</script>"
    )
    path.write_text(summary.page([paper], records).replace("</body>", f"{measure}</body>"))
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
    words = (CHROMIUM, *flags, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom")
    opened = subprocess.run(
        [*words, f"--window-size={width},900", path.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
    )
    title = opened.stdout.partition("<title>")[2].partition("</title>")[0]
    needed, given = map(int, title.split())
    assert needed <= given
