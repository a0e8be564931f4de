"""Tests of the list of experiments, which needs no package."""

import subprocess
import sys
from pathlib import Path

from common.logger import listing
from common.tests.made_up_paper import NAME, PAPER

ROOT = Path(__file__).resolve().parents[2]
EXPERIMENTS = """
from pathlib import Path
from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment, Paper

CLAIM = Claim("low", "Table 1", "The loss is low.", "loss", Criterion("mean", "<=", 1.0))
TABLE = Experiment(
    "Table 1", "a table", (CLAIM,), {"day": 1}, {"day": 3}, {"day": 90}, run=None, draw=None
)
PAPER = Paper("small_paper", Path(), {"table_1": TABLE}, 0)
"""


def test_every_experiment_has_its_place_times_summary_and_claims():
    assert list(listing.lines(PAPER)) == [
        f"{NAME} table_1_walk (Table 1; smoke 0.1 min, quick 1.5 min, paper 60 min)",
        "    a walk with drift",
        "    - drifts: The walk drifts.; mean >= 0.5",
        "    - far: The walk goes far.; smallest seed >= 1e+06",
        f"{NAME} figure_2_walk_down (Figure 2; quick 1 min)",
        "    a walk with drift downwards",
        "    - drifts: The walk drifts.; mean >= 0.5",
        f"{NAME} beyond_table_of_walks (beyond the paper; quick 1 min)",
        "    a table without a training",
        "    by name only: it is no walk",
        "    - drifts: The walk drifts.; mean >= 0.5",
    ]


def test_list_of_a_paper_needs_the_standard_library_only(tmp_path):
    """-S leaves out site-packages; the paper lies in the current folder."""
    (tmp_path / "small_paper").mkdir()
    (tmp_path / "small_paper" / "experiments.py").write_text(EXPERIMENTS)
    code = f"import runpy, sys; sys.path.append({str(ROOT)!r}); sys.argv[1:] = ['small_paper']\n"
    code += "runpy.run_module('common.logger.listing', run_name='__main__')"
    command = [sys.executable, "-E", "-S", "-c", code]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.splitlines() == [
        "small_paper table_1 (Table 1; day 90 min)",
        "    a table",
        "    - low: The loss is low.; mean <= 1",
    ]
