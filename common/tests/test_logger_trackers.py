"""Tests of the optional trackers; those of a library run when it is installed."""

import importlib.util
import json
import sys

import numpy as np
import pytest

from common.logger import trackers

CONFIG = {"sizes": (3, 4)}
METRICS = {"loss": np.float32(0.5), "returns": [[0.1, 0.2]]}


def needs(package):
    is_missing = importlib.util.find_spec(package) is None
    return pytest.mark.skipif(is_missing, reason=f"{package} is not installed")


def test_nothing_is_opened_unless_asked_for(tmp_path):
    assert trackers.open_trackers(tmp_path, CONFIG, tensorboard=False, wandb=False) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("package", "chosen"),
    [
        ("tensorboardX", {"tensorboard": True, "wandb": False}),
        ("wandb", {"tensorboard": False, "wandb": True}),
    ],
)
def test_missing_library_is_named_with_the_package_to_install(
    tmp_path, monkeypatch, package, chosen
):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ValueError, match=f"pip install {package}"):
        trackers.open_trackers(tmp_path, CONFIG, **chosen)


@needs("tensorboardX")
def test_tensorboard_files_hold_every_scalar(tmp_path):
    (tracker,) = trackers.open_trackers(tmp_path, CONFIG, tensorboard=True, wandb=False)
    tracker.log(3, METRICS)
    tracker.close()
    (event_file,) = (tmp_path / "tensorboard").iterdir()
    contents = event_file.read_bytes()
    assert all(name in contents for name in (b"loss", b"returns/0/0", b"returns/0/1"))


@needs("wandb")
def test_wandb_runs_offline_below_the_run_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("WANDB_MODE", raising=False)
    (tracker,) = trackers.open_trackers(tmp_path, CONFIG, tensorboard=False, wandb=True)
    tracker.log(3, METRICS)
    tracker.close()
    (run_folder,) = (tmp_path / "wandb").glob("offline-run-*")
    assert list(run_folder.glob("*.wandb"))


def test_nested_lists_become_scalars_named_by_index():
    scalars = dict(trackers._scalars(METRICS))
    assert json.dumps(scalars) == '{"loss": 0.5, "returns/0/0": 0.1, "returns/0/1": 0.2}'
