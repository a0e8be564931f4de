"""Tests of the data sets: parsing, splits, what is said of missing and damaged files."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest

from common.logger.errors import UserError
from riemannian_diffusion.data import data_files, datasets, point_sets
from riemannian_diffusion.run.cli import main

DATA_DIR = Path(os.environ.get(data_files.DATA_DIR_VARIABLE, "data"))
ROWS = {"volcano": 267, "earthquake": 5447, "flood": 4861, "fire": 12802}  # distinct


def protein_file(folder, lines):
    path = folder / "torus" / "protein.tsv"
    path.parent.mkdir()
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


PROTEIN = (
    "119L:ChainA:ASN2\t-90\t180\tGeneral",
    "119L:ChainA:GLY3\t60\t0\tGlycine",
    "119L:ChainA:ILE4\t-90\t180\tGeneral",
    "119L:ChainA:ILE5\t0\t90\tGeneral",
)


def test_a_class_of_the_protein_file_becomes_points_of_the_torus(tmp_path):
    protein_file(tmp_path, PROTEIN)
    target = datasets.load("general", tmp_path)
    assert target.manifold.name == "T^2"
    expected = [[0, -1, -1, 0], [0, -1, -1, 0], [1, 0, 0, 1]]
    np.testing.assert_allclose(target.points, expected, atol=1e-6)
    assert len(datasets.load("general", tmp_path, deduplicate=True).points) == 2


def test_a_file_may_lie_right_in_the_folder(tmp_path):
    path = protein_file(tmp_path, PROTEIN)
    path.rename(tmp_path / path.name)
    assert len(datasets.load("glycine", tmp_path).points) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("119L\tx\t3\tGeneral", "line 5 should hold 2 angles in degrees"),
        ("119L\tnan\t3\tGeneral", "line 5"),
        ("119L\t1e9\t3\tGeneral", "line 5"),
        ("General", "line 5"),
    ],
)
def test_a_damaged_line_is_named(tmp_path, line, message):
    protein_file(tmp_path, [*PROTEIN, line])
    with pytest.raises(UserError, match=message):
        datasets.load("general", tmp_path)


def test_a_class_without_rows_and_a_file_that_is_no_text_say_so(tmp_path):
    path = protein_file(tmp_path, PROTEIN)
    with pytest.raises(UserError, match="no rows of class Pre-Pro"):
        datasets.load("pre_pro", tmp_path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="it is not text"):
        datasets.load("general", tmp_path)


def test_a_missing_file_says_where_it_is_looked_for_and_where_to_get_it(tmp_path):
    with pytest.raises(UserError) as caught:
        datasets.load("flood", tmp_path)
    for part in (str(tmp_path / "earth"), "oxcsml/riemannian-score-sde", "--data-dir", "list"):
        assert part in str(caught.value)


def test_a_file_of_another_checksum_or_size_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "flood.csv"
    path.write_text("# floods\nlat,long\n1.0,2.0\n")
    with pytest.raises(UserError, match="SHA-256 is not ffb1e318"):
        datasets.load("flood", tmp_path)
    own = replace(data_files.FILES["flood"], sha256="")
    monkeypatch.setitem(datasets.FILES, "flood", own)
    with pytest.raises(UserError, match="flood has 4875 rows, found 1"):
        datasets.load("flood", tmp_path)


def offer_only(monkeypatch, contents, path):
    """Replaces all data files by one, for a download from a local address."""
    path.write_bytes(contents)
    sha256 = hashlib.sha256(b"right").hexdigest()
    offered = replace(data_files.FILES["flood"], sha256=sha256, address=path.as_uri())
    monkeypatch.setattr(data_files, "FILES", {"flood": offered})


def test_a_download_is_checked_and_found_again(tmp_path, monkeypatch):
    offer_only(monkeypatch, b"right", tmp_path / "offered")
    folder = tmp_path / "data"
    line, is_there = next(data_files.check(folder, download=False))
    assert (line.startswith("flood.csv: missing; `python -m"), is_there) == (True, False)
    for download in (True, False):
        said = list(data_files.check(folder, download=download))
        assert said == [(f"{folder / 'earth' / 'flood.csv'}: sound", True)]


def test_the_command_exits_with_1_while_a_file_is_missing(tmp_path, monkeypatch, capsys):
    offer_only(monkeypatch, b"right", tmp_path / "offered")
    words = ["data", "--data-dir", str(tmp_path / "data")]
    assert [main(words), main([*words, "--download"]), main(words)] == [1, 0, 0]
    said = [line.partition(": ")[2] for line in capsys.readouterr().out.splitlines()]
    assert said[0].startswith("missing; ")
    assert said[1:] == ["sound", "sound"]


def test_a_download_of_another_checksum_leaves_nothing(tmp_path, monkeypatch):
    offer_only(monkeypatch, b"wrong", tmp_path / "offered")
    with pytest.raises(UserError, match="damaged or another version"):
        list(data_files.check(tmp_path / "data", download=True))
    assert not (tmp_path / "data").exists()


def test_without_a_network_the_command_says_so_in_one_line(tmp_path, monkeypatch, capsys):
    offer_only(monkeypatch, b"right", tmp_path / "offered")
    (tmp_path / "offered").unlink()
    assert main(["data", "--download", "--data-dir", str(tmp_path / "data")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_splits_are_disjoint_and_differ_by_seed(tmp_path):
    lines = [f"119L\t{angle}\t0\tGeneral" for angle in range(100)]
    protein_file(tmp_path, lines)
    target = datasets.load("general", tmp_path)
    orders = [point_sets.random_order(target, jax.random.key(seed)) for seed in (0, 1)]
    assert not np.array_equal(*orders)
    key = jax.random.key(2)
    batch = point_sets.training_batch(target, orders[0], key, 4000)
    valid = point_sets.validation_points(target, orders[0], key, 1000)
    test = point_sets.test_points(target, orders[0], key, 1000)
    parts = [{tuple(np.round(row, 5)) for row in np.asarray(part)} for part in (batch, valid, test)]
    assert [len(part) for part in parts] == [80, 10, 10]
    assert len(set.union(*parts)) == 100


@pytest.mark.data
@pytest.mark.parametrize("name", ROWS)
def test_events_on_the_earth_have_the_documented_rows(name):
    if data_files.find_file(data_files.FILES[name], DATA_DIR) is None:
        pytest.skip(f"{data_files.FILES[name].file} is not in {DATA_DIR}")
    target = datasets.load(name, DATA_DIR)
    np.testing.assert_allclose(np.linalg.norm(target.points, axis=1), 1, atol=1e-6)
    assert len(datasets.load(name, DATA_DIR, deduplicate=True).points) == ROWS[name]


@pytest.mark.data
def test_rna_closure_angles_follow_from_the_others():
    """The known defect: nearest neighbours in (beta, gamma, delta) share epsilon and zeta."""
    if data_files.find_file(data_files.FILES["rna"], DATA_DIR) is None:
        pytest.skip(f"rna.tsv is not in {DATA_DIR}")
    degrees = datasets.read_degrees("rna", DATA_DIR)
    assert degrees.shape == (9478, 7)
    radians = np.deg2rad(degrees)
    embedded = np.concatenate([np.cos(radians[:, 1:4]), np.sin(radians[:, 1:4])], axis=1)
    some = np.random.default_rng(0).integers(0, 9478, 300)
    distances = ((embedded[some, None] - embedded[None]) ** 2).sum(-1)
    distances[np.arange(300), some] = np.inf
    turns = np.angle(np.exp(1j * (radians[distances.argmin(1)] - radians[some])))
    assert np.median(np.abs(np.rad2deg(turns[:, 4:6]))) < 2.0
    assert np.median(np.abs(np.rad2deg(turns[:, 6]))) > 3.0
