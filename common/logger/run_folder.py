"""The folder of one training run: its configuration, its origin and its metrics."""

import fcntl
import json
import os
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.logger import atomic, json_text
from common.logger.errors import UserError
from common.logger.experiment import Paper
from common.logger.settings import as_settings


@dataclass(frozen=True)
class RunOptions:
    """How a run behaves towards the outside; none of it changes a number.

    Attributes:
      resume: whether to go on with a run that was begun.
      retrain: whether to train anew what lies finished on disk.
      quiet: whether to show no progress.
      checkpoint_seconds: least time between two checkpoints; the last update is always saved.
      tensorboard: whether to write TensorBoard files too.
      wandb: whether to log to Weights & Biases too.
      warn: told in a line about damaged checkpoints that were passed over, and the like.
      stop_if_asked: called between updates; raises `InterruptedRunError` if a signal has come.
      training_ended: called when there is nothing more to save.
    """

    resume: bool = False
    retrain: bool = False
    quiet: bool = False
    checkpoint_seconds: float = 180.0
    tensorboard: bool = False
    wandb: bool = False
    warn: Callable[[str], None] = lambda line: None
    stop_if_asked: Callable[[], None] = lambda: None
    training_ended: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class RunFolder:
    """One run on disk; what else the run writes lies beside `run.json`.

    Attributes:
      path: the folder.
      config: the run's settings as JSON values, so that tuples are lists.
      provenance: what `provenance.collect` gave when the run was created.
    """

    path: Path
    config: dict[str, Any]
    provenance: dict[str, Any]

    @classmethod
    def create(
        cls, path: Path | str, config: Mapping[str, Any], provenance: Mapping[str, Any]
    ) -> "RunFolder":
        """Creates the folder and writes `run.json`.

        Raises:
          FileExistsError: `path` is a file, or a folder with something in it.
        """
        folder = Path(path)
        if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
            raise FileExistsError(
                f"{folder} exists and is not empty; resume that run or choose a new folder"
            )
        contents = {
            "config": json_text.plain(config, "config"),
            "provenance": json_text.plain(provenance, "provenance"),
        }
        atomic.write_json(folder / "run.json", contents)
        return cls(folder, **contents)

    @classmethod
    def open(cls, path: Path | str) -> "RunFolder":
        """Reads back a folder written by `create`.

        Raises:
          FileNotFoundError: there is no `run.json` in `path`.
          DamagedFileError: `run.json` is not what `create` wrote.
        """
        folder = Path(path)
        run_file = folder / "run.json"
        if not run_file.exists():
            raise FileNotFoundError(f"{folder} is not a run folder: it holds no run.json")
        contents = atomic.read_json(run_file)
        for key in ("config", "provenance"):
            if not isinstance(contents.get(key), dict):
                raise atomic.DamagedFileError(f"{run_file} is damaged: '{key}' is missing")
        return cls(folder, contents["config"], contents["provenance"])

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other processes from writing into the folder; a killed process lets go of it.

        Raises:
          UserError: another process works there.
        """
        with (self.path / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.seek(0)
                holder = file.read() or "of an unknown number"
                raise UserError(f"{self.path} is in use by process {holder}") from error
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    @property
    def metrics(self) -> "MetricsLog":
        """The run's metrics, one line per log point."""
        return MetricsLog(self.path / "metrics.jsonl")


@dataclass(frozen=True)
class MetricsLog:
    """Metrics as JSON lines, `{"step": 100, "loss": 0.5, "returns": [0.1, 0.2]}` each.

    A run that appends a step's metrics before it saves that step's checkpoint, and calls
    `truncate_after(checkpoint step)` when it resumes, leaves the bytes of an uninterrupted run.
    """

    path: Path

    def append(self, step: int, metrics: Mapping[str, Any]) -> None:
        """Adds one line, which is on disk when this returns.

        Args:
          step: updates done so far.
          metrics: finite numbers or (nested) lists or arrays of them, such as a value per seed.

        Raises:
          ValueError: a value is NaN or infinite (named in the message), or a metric is called
            `step`. Nothing is written.
        """
        if "step" in metrics:
            raise ValueError("a metric cannot be called 'step': that is the line's own key")
        line = json_text.to_text({"step": step, **metrics}) + "\n"
        with self.path.open("ab") as file:
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())

    def truncate_after(self, step: int) -> None:
        """Drops the lines of later steps and a torn last line, atomically.

        Raises:
          DamagedFileError: a line before the last one is unreadable.
        """
        if self.path.exists():
            kept = [line for line, metrics in self._lines() if metrics["step"] <= step]
            atomic.write_bytes(self.path, b"".join(kept))

    def read(self) -> list[dict[str, Any]]:
        """Returns the lines in order, without a last one that a kill has torn.

        Raises:
          FileNotFoundError: nothing was ever appended.
          DamagedFileError: a line before the last one is unreadable.
        """
        return [metrics for _, metrics in self._lines()]

    def _lines(self) -> list[tuple[bytes, dict[str, Any]]]:
        lines = self.path.read_bytes().splitlines(keepends=True)
        if lines and not lines[-1].endswith(b"\n"):
            lines.pop()
        return [(line, self._parse(line, number)) for number, line in enumerate(lines, start=1)]

    def _parse(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            metrics = json.loads(line)
            has_step = isinstance(metrics["step"], int)
        except (ValueError, TypeError, KeyError):
            has_step = False
        if not has_step:
            raise atomic.DamagedFileError(
                f"{self.path} is damaged: line {number} is not a JSON object with a 'step'"
            )
        return dict(metrics)


def experiment_of(path: Path, paper: Paper) -> str:
    """Returns the experiment that a run belongs to.

    It is named in the run's path or in the command that began it; or it is the first experiment
    whose training has the run's settings. A run of none goes by the name of its folder.

    Raises:
      FileNotFoundError: the folder is no run.
      DamagedFileError: its `run.json` is damaged.
    """
    run = RunFolder.open(path)
    folders = [part.partition("-")[0] for part in reversed(path.resolve().parts)]
    words = shlex.split(run.provenance.get("command", ""))
    named = [name for name in (*folders, *words) if name in paper.experiments]
    alike = (
        name
        for name, experiment in paper.experiments.items()
        for trained in map(experiment.trained, experiment.configs.values())
        if trained is not None and as_settings(trained, run.config["seeds"]) == run.config
    )
    return named[0] if named else next(alike, folders[0])
