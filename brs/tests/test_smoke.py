"""Tests of the real commands, from start to end, at the smallest sizes; and of every figure."""

import pytest

from brs.experiments import PAPER
from brs.tests import commands
from common.logger import curves, results

pytestmark = pytest.mark.slow

COMMITTED = [
    path
    for preset in ("quick", "day", "paper")
    for path in sorted((PAPER.folder / "results" / preset).glob("*.json"))
]


def test_smoke_run_writes_valid_records_curves_and_figures(smoke_run):
    folder = smoke_run / "results" / "smoke"
    assert {path.stem for path in folder.glob("*.json")} == set(commands.SMOKED)
    for name in commands.SMOKED:
        record = results.read_record(folder / f"{name}.json")
        assert (record["experiment"], record["preset"]) == (name, "smoke")
        assert [claim["id"] for claim in record["claims"]] == [
            claim.id
            for claim in PAPER.experiments[name].claims
            if claim.metric in record["metrics"]
        ]
        assert {claim["verdict"] for claim in record["claims"]} == {None}
        rows = curves.read_curves(folder / f"{name}.csv")
        assert {row["seed"] for row in rows} == set(record["seeds"])
        assert (folder / f"{name}.png").exists()
    printed = (smoke_run / "stdout").read_text()
    assert all(f"brs {name} (smoke)\n" in printed for name in commands.SMOKED)
    assert printed.endswith("records and figures: results/smoke\n")


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_limits_of_every_figure_hold_its_data(path):
    record, rows = results.read_record(path), curves.read_curves(path.with_suffix(".csv"))
    figure = PAPER.experiments[record["experiment"]].draw(record, rows)
    figure.draw_without_rendering()
    assert figure.axes
    for axes in figure.axes:
        drawn, shown = axes.dataLim, axes.viewLim
        assert drawn.x0 >= shown.x0 - 1e-9, axes
        assert drawn.x1 <= shown.x1 + 1e-9, axes
        assert drawn.y0 >= min(shown.y0, shown.y1) - 1e-9, axes
        assert drawn.y1 <= max(shown.y0, shown.y1) + 1e-9, axes
