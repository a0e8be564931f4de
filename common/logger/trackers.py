"""Optional trackers beside the metrics log: TensorBoard and Weights & Biases."""

import importlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from common.logger import json_text


class Tracker(NamedTuple):
    """A place that metrics are sent to.

    Attributes:
      log: sends the metrics of a step: log(step, {"loss": 0.5, "returns": [0.1, 0.2]}). Lists,
        such as a value per seed, arrive as returns/0, returns/1.
      close: finishes the run.
    """

    log: Callable[[int, Mapping[str, Any]], None]
    close: Callable[[], None]


def open_trackers(
    run_path: Path | str, config: Mapping[str, Any], *, tensorboard: bool, wandb: bool
) -> list[Tracker]:
    """Opens the trackers that were asked for.

    Weights & Biases stays offline unless the environment variable WANDB_MODE says otherwise.

    Args:
      run_path: the run folder; the trackers write below it.
      config: the run's settings, JSON values.
      tensorboard: whether to write TensorBoard files.
      wandb: whether to log to Weights & Biases.

    Raises:
      ValueError: the library asked for is not installed; the message names the package.
    """
    trackers = []
    if tensorboard:
        trackers.append(_open_tensorboard(Path(run_path)))
    if wandb:
        trackers.append(_open_wandb(Path(run_path), config))
    return trackers


def _open_tensorboard(run_path: Path) -> Tracker:
    library = _import("tensorboardX", "--tensorboard")
    writer = library.SummaryWriter(logdir=str(run_path / "tensorboard"))

    def log(step: int, metrics: Mapping[str, Any]) -> None:
        for name, value in _scalars(metrics):
            writer.add_scalar(name, value, step)

    return Tracker(log, writer.close)


def _open_wandb(run_path: Path, config: Mapping[str, Any]) -> Tracker:
    library = _import("wandb", "--wandb")
    run = library.init(
        dir=str(run_path),
        name=run_path.name,
        config=json_text.plain(config),
        mode=os.environ.get("WANDB_MODE", "offline"),
    )

    def log(step: int, metrics: Mapping[str, Any]) -> None:
        run.log(dict(_scalars(metrics)), step=step)

    return Tracker(log, run.finish)


def _import(package: str, option: str) -> ModuleType:
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise ValueError(f"{option} needs the package {package}: pip install {package}") from error


def _scalars(metrics: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for name, value in json_text.plain(metrics).items():
        if isinstance(value, list):
            yield from _scalars({f"{name}/{index}": item for index, item in enumerate(value)})
        else:
            yield name, value
