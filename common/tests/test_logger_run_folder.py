"""Tests of run folders and of the metrics log, torn and whole."""

import numpy as np
import pytest

from common.logger import atomic
from common.logger.run_folder import MetricsLog, RunFolder, experiment_of
from common.logger.settings import as_settings
from common.tests.made_up_paper import PAPER, WalkConfig

CONFIG = {"learning_rate": 0.1, "sizes": (3, 4)}
PROVENANCE = {"git_commit": None}


def append_steps(log, steps):
    for step in steps:
        log.append(step, {"loss": 1 / step})


@pytest.fixture
def log(tmp_path):
    return MetricsLog(tmp_path / "metrics.jsonl")


def test_run_folder_opens_as_it_was_created(tmp_path):
    created = RunFolder.create(tmp_path / "runs" / "a", CONFIG, PROVENANCE)
    assert created.config == {"learning_rate": 0.1, "sizes": [3, 4]}
    assert RunFolder.open(created.path) == created


def test_empty_folder_may_be_used_but_never_one_in_use(tmp_path):
    RunFolder.create(tmp_path, CONFIG, PROVENANCE)
    before = (tmp_path / "run.json").read_bytes()
    with pytest.raises(FileExistsError, match="not empty"):
        RunFolder.create(tmp_path, {}, {})
    assert (tmp_path / "run.json").read_bytes() == before


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(FileExistsError):
        RunFolder.create(tmp_path / "a", CONFIG, PROVENANCE)


def test_folder_without_run_file_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"not a run folder: it holds no run\.json"):
        RunFolder.open(tmp_path)


@pytest.mark.parametrize("contents", ['{"config": {', '{"config": {}}', '{"config": 1}'])
def test_damaged_run_file_says_so(tmp_path, contents):
    (tmp_path / "run.json").write_text(contents)
    with pytest.raises(atomic.DamagedFileError, match=r"run\.json is damaged"):
        RunFolder.open(tmp_path)


def test_metrics_read_back(tmp_path):
    run = RunFolder.create(tmp_path, CONFIG, PROVENANCE)
    run.metrics.append(5, {"loss": np.float32(0.5), "returns": np.array([1.0, 2.0])})
    assert run.metrics.read() == [{"step": 5, "loss": 0.5, "returns": [1.0, 2.0]}]
    assert run.metrics.path.read_text() == '{"step": 5, "loss": 0.5, "returns": [1.0, 2.0]}\n'


def test_metrics_that_are_not_finite_are_named_and_not_written(log):
    with pytest.raises(ValueError, match=r"returns\[1\] is nan"):
        log.append(1, {"returns": [0.0, float("nan")]})
    with pytest.raises(ValueError, match="'step'"):
        log.append(1, {"step": 2})
    assert not log.path.exists()


def test_resumed_run_has_the_bytes_of_an_uninterrupted_one(log):
    """Kills at every byte after the checkpoint of step 2, resumes, and compares."""
    append_steps(log, [1, 2])
    num_checkpointed = log.path.stat().st_size
    append_steps(log, [3, 4])
    uninterrupted = log.path.read_bytes()
    for num_written in range(num_checkpointed, len(uninterrupted) + 1):
        log.path.write_bytes(uninterrupted[:num_written])
        log.truncate_after(2)
        append_steps(log, [3, 4])
        assert log.path.read_bytes() == uninterrupted


def test_truncation_before_any_line_is_harmless(log):
    log.truncate_after(0)
    append_steps(log, [1])
    log.truncate_after(0)
    assert log.read() == []


def test_torn_last_line_is_not_read(log):
    append_steps(log, [1, 2])
    log.path.write_bytes(log.path.read_bytes()[:-1])
    assert [line["step"] for line in log.read()] == [1]


@pytest.mark.parametrize("line", [b"{\n", b"[]\n", b'{"loss": 1}\n', b"\n", b"\xff\n"])
def test_damage_before_the_last_line_is_refused_by_line_number(log, line):
    append_steps(log, [1])
    log.path.write_bytes(log.path.read_bytes() + line + b'{"step": 3}\n')
    with pytest.raises(atomic.DamagedFileError, match="line 2"):
        log.read()


@pytest.mark.parametrize(
    ("place", "command", "settings", "name"),
    [
        ("runs/figure_2_walk_down/1", "", WalkConfig(8), "figure_2_walk_down"),
        ("runs/1", "python -m x train table_1_walk", WalkConfig(8), "table_1_walk"),
        ("runs/WalkConfig-1", "", WalkConfig(direction="down"), "figure_2_walk_down"),
        ("runs/WalkConfig-1", "", WalkConfig(8), "WalkConfig"),
    ],
)
def test_experiment_of_a_run(tmp_path, place, command, settings, name):
    RunFolder.create(tmp_path / place, as_settings(settings, [7]), {"command": command})
    assert experiment_of(tmp_path / place, PAPER) == name
