"""Tests of provenance, in git repositories made for the purpose."""

import json
import os
import subprocess
from datetime import UTC, datetime

import jax
import numpy as np
import pytest

from common.logger import provenance

IDENTITY = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org")


def git(folder, *arguments):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    finished = subprocess.run(
        ["git", *IDENTITY, *arguments],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return finished.stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    """A repository with code, a README, a result and an ignore file, all committed."""
    for name in ("loqa/train.py", "loqa/README.md", "loqa/results/quick/a.json", ".gitignore"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("*.log\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message=first")
    return tmp_path


def is_dirty(folder):
    return provenance.collect(code_folder=folder)["git_dirty"]


def test_clean_checkout_gives_its_commit(checkout):
    collected = provenance.collect(code_folder=checkout / "loqa")
    assert collected["git_commit"] == git(checkout, "rev-parse", "HEAD")
    assert collected["git_dirty"] is False


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("loqa/train.py", True),
        ("new code.py", True),
        ("loqa/results.py", True),
        ("results", True),
        ("loqa/README.md", False),
        ("new/README.md", False),
        ("loqa/results/quick/a.json", False),
        ("loqa/results/quick/new/b.csv", False),
        ("loqa/train.log", False),
    ],
)
def test_only_changed_code_is_dirty(checkout, name, expected):
    path = checkout / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("changed")
    assert is_dirty(checkout) is expected
    git(checkout, "add", ".")
    assert is_dirty(checkout) is expected


def test_code_renamed_into_results_is_dirty(checkout):
    git(checkout, "mv", "loqa/train.py", "loqa/results/train.py")
    assert is_dirty(checkout) is True


def test_renamed_result_is_not_dirty(checkout):
    (checkout / "results").mkdir()
    git(checkout, "mv", "loqa/results/quick/a.json", "results/a.json")
    git(checkout, "commit", "--quiet", "--message=second")
    git(checkout, "mv", "results/a.json", "results/b.json")
    assert is_dirty(checkout) is False


def test_folder_outside_a_checkout_has_no_commit(tmp_path):
    collected = provenance.collect(code_folder=tmp_path)
    assert (collected["git_commit"], collected["git_dirty"]) == (None, None)


def test_machine_without_git_has_no_commit(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "")
    collected = provenance.collect(code_folder=checkout)
    assert (collected["git_commit"], collected["git_dirty"]) == (None, None)


def test_repository_of_a_running_hook_is_not_mistaken_for_ours(checkout, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert provenance.collect(code_folder=checkout)["git_commit"] is not None


def test_command_is_what_one_would_type(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [
        "/home/ana/.venv/bin/python3.11",
        "-m",
        "loqa",
        "--run-folder",
        str(tmp_path / "runs" / "a b"),
        "--data-dir=/home/ana/lr=1/data",
        "/home/ana/seed=1/player",
        "--name=x",
    ]
    expected = "python -m loqa --run-folder 'runs/a b' --data-dir=data player --name=x"
    assert provenance.command_text(words) == expected


def test_collected_values_are_json_without_paths_of_this_machine(monkeypatch, tmp_path):
    collected = provenance.collect()
    assert json.loads(json.dumps(collected)) == collected
    assert str(provenance.CODE_FOLDER.parents[1]) not in json.dumps(collected)
    assert collected["versions"]["numpy"] == np.__version__
    assert collected["versions"]["jax"] == jax.__version__
    assert collected["num_devices"] == jax.device_count()
    age = datetime.now(UTC) - datetime.fromisoformat(collected["started_at"])
    assert -1 <= age.total_seconds() < 60


def test_peak_memory_counts_what_was_allocated():
    """64 MiB are touched, so the peak is at least that, and it never falls."""
    before = provenance.peak_memory_bytes()
    block = np.ones(8 * 2**20)
    after = provenance.peak_memory_bytes()
    assert block.nbytes < after < 2**40
    assert after >= before
