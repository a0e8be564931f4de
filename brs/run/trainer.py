"""Trains what an experiment needs, each training once per call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from brs.experiments import PAPER
from brs.run import training_run
from brs.run.training_run import RunOptions, RunResult
from brs.run.trainings import Config

Finished = dict[tuple[Config, tuple[int, ...]], RunResult]


@dataclass
class Trainer:
    """The trainings of one experiment.

    Attributes:
      path: the run folder of the experiment.
      seeds: of every training.
      options: see `RunOptions`.
      finished: trainings of earlier experiments of the call, by settings; grows.
      origin: provenance of the first run, of its first start if it was resumed; None before it.
      compile_seconds: of all runs of this experiment so far.
    """

    path: Path
    seeds: Sequence[int]
    options: RunOptions
    finished: Finished
    origin: dict[str, Any] | None = None
    compile_seconds: float | None = 0.0

    def train(self, config: Config, name: str = "") -> RunResult:
        """Trains one setting, or takes it from an experiment before.

        Args:
          config: settings.
          name: of its folder within the experiment's; empty if it is the only training.
        """
        settings = (config, tuple(self.seeds))
        if settings in self.finished:
            return self.finished[settings]
        result = training_run.run_seeds(config, self.seeds, self.path / name, self.options)
        self.finished[settings] = result
        self.origin = self.origin or result.origin
        self.compile_seconds = (self.compile_seconds or 0.0) + result.compile_seconds
        return result


def run_path(name: str, runs_dir: Path, preset: str, *, resume: bool) -> Path:
    """Returns the run folder: a new one, or with `resume` the newest of the experiment."""
    parent = runs_dir / PAPER.name / preset
    earlier = sorted(parent.glob(f"{name}-2*"))
    if resume and earlier:
        return earlier[-1]
    return parent / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
