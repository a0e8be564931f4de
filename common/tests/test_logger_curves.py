"""Tests of learning curves as CSV."""

import math

import numpy as np
import pytest

from common.logger import atomic, curves

ROWS = [
    {"update": 0, "seed": 0, "loss": 0.1, "return": -1e-300},
    {"update": 0, "seed": 1, "loss": 1 / 3, "return": 1e22},
]


def test_curves_read_back_to_the_last_bit(tmp_path):
    path = tmp_path / "quick" / "figure_1.csv"
    curves.write_curves(path, ROWS)
    assert path.read_text() == (
        "update,seed,loss,return\n0,0,0.1,-1e-300\n0,1,0.3333333333333333,1e+22\n"
    )
    assert curves.read_curves(path) == ROWS


def test_values_of_arrays_are_kept_exactly(tmp_path):
    values = np.random.default_rng(0).normal(size=50).astype(np.float32)
    rows = [{"update": np.int64(i), "seed": 0, "loss": x} for i, x in enumerate(values)]
    curves.write_curves(tmp_path / "a.csv", rows)
    read = [row["loss"] for row in curves.read_curves(tmp_path / "a.csv")]
    assert np.array_equal(np.float32(read), values)


def test_nan_means_not_measured(tmp_path):
    curves.write_curves(tmp_path / "a.csv", [{"update": 1, "seed": 0, "score": math.nan}])
    assert math.isnan(curves.read_curves(tmp_path / "a.csv")[0]["score"])


@pytest.mark.parametrize(
    "rows", [[], [{"seed": 0, "update": 1}], [ROWS[0], {"update": 1, "seed": 0, "loss": 1.0}]]
)
def test_rows_that_are_no_table_are_refused(tmp_path, rows):
    with pytest.raises(ValueError, match="curve"):
        curves.write_curves(tmp_path / "a.csv", rows)
    assert not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize(
    "text", ["update,seed,loss\n1,0\n", "update,seed,loss\n1,0,x\n", "update,seed,loss\n\n"]
)
def test_damaged_table_names_its_file(tmp_path, text):
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(atomic.DamagedFileError, match=r"a\.csv"):
        curves.read_curves(path)
