"""What a training writes while it runs: progress, metrics, checkpoints; and where it went on.

A paper's training loop does the updates and hands what came of them to a `Recorder`.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import numpy as np

from common.logger import checkpoints, resume, trackers
from common.logger.errors import InterruptedRunError, UserError
from common.logger.finite_check import check_finite
from common.logger.progress import Progress
from common.logger.run_folder import RunFolder, RunOptions

State = TypeVar("State")
PerSeed = Mapping[str, Any]  # metric -> a value per seed, [S]


class Recorder:
    """Context manager around a training loop; the folder is this process's alone meanwhile.

    with Recorder(folder, options, num_updates=7000, description="figure_1_ipd") as recorder:
        state, step = recorder.saved_state(template)
        while step < 7000:
            ...
            recorder.record(step, training, evaluation, params)
            recorder.save_if_due(step, state)
    """

    def __init__(
        self,
        folder: RunFolder,
        options: RunOptions,
        *,
        num_updates: int,
        description: str,
        shown: Mapping[str, str] | None = None,
        save: Callable[[Path, Any, int, Mapping[str, Any]], Any] = checkpoints.save,
    ) -> None:
        """Writes nothing yet.

        Args:
          folder: of the run.
          options: see `RunOptions`.
          num_updates: of the whole run.
          description: what is running, for the progress bar.
          shown: metrics in the progress bar, if there, as means over seeds: metric -> name.
          save: how a checkpoint is written.
        """
        self.folder, self._options, self._num_updates = folder, options, num_updates
        self._description, self._shown, self._save = description, shown or {}, save
        self._stack = ExitStack()
        self._sinks: list[trackers.Tracker] = []
        self._bar: Progress | None = None
        self._saved_at, self._saved_step = time.monotonic(), -1

    def __enter__(self) -> "Recorder":
        """Takes the folder and opens the trackers.

        Raises:
          UserError: another process works there, or a tracker's package is missing.
        """
        with self._stack:
            self._stack.enter_context(self.folder.locked())
            try:
                self._sinks = trackers.open_trackers(
                    self.folder.path,
                    self.folder.config,
                    tensorboard=self._options.tensorboard,
                    wandb=self._options.wandb,
                )
            except ValueError as error:
                raise UserError(str(error)) from error
            for sink in self._sinks:
                self._stack.callback(sink.close)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Closes what was opened and lets go of the folder."""
        self._stack.close()
        self._options.training_ended()

    def saved_state(self, template: State) -> tuple[State | None, int]:
        """Reads where the run stands: state and updates done, None and 0 if it has not saved yet.

        Raises:
          Exception: see `resume.saved_state`.
        """
        self._options.stop_if_asked()
        state, step = resume.saved_state(self.folder, template, self._options.warn)
        self.begin_at(step)
        return state, step

    def begin_at(self, step: int) -> None:
        """Starts the progress bar after some updates; until the first one is done XLA compiles."""
        self._saved_step = step if step else -1
        self._bar = self._stack.enter_context(
            Progress(self._num_updates, self._description, initial=step, quiet=self._options.quiet)
        )
        if step < self._num_updates:
            self._bar.note("compiling")

    def advance(self, step: int) -> None:
        """Shows that some updates are done."""
        assert self._bar, "a run begins with saved_state"
        self._bar.advance(step)

    def record(
        self,
        step: int,
        training: Mapping[str, np.ndarray],
        evaluation: PerSeed,
        params: Any,
        summarise: Callable[[Mapping[str, np.ndarray]], PerSeed] | None = None,
    ) -> None:
        """Checks and logs what the updates since the last evaluation gave.

        Args:
          step: updates done.
          training: metrics of these updates, [S, updates].
          evaluation: metrics after the last of them, [S].
          params: after the last of them, a tree of [S, ...]; only checked.
          summarise: what is logged of `training`; means over the updates if None.

        Raises:
          DivergedError: something is not finite.
        """
        assert self._bar, "a run begins with saved_state"
        evaluated = {name: np.asarray(values) for name, values in evaluation.items()}
        seeds: Sequence[int] = self.folder.config["seeds"]
        kept = checkpoints.list_checkpoints(self.folder.path)
        check_finite(training, evaluated, params, step=step, seeds=seeds, kept=kept)
        means = {name: np.mean(values, axis=1) for name, values in training.items()}
        logged = summarise(training) if summarise else means
        line = {name: np.asarray(values).tolist() for name, values in logged.items()}
        line |= {name: values.tolist() for name, values in evaluated.items()}
        self.folder.metrics.append(step, line)
        for sink in self._sinks:
            sink.log(step, line)
        shown = {
            label: float(np.mean(line[name])) for name, label in self._shown.items() if name in line
        }
        self._bar.advance(step, **shown)

    def save_if_due(self, step: int, state: Callable[[], Any]) -> None:
        """Writes a checkpoint if minutes have passed, at the end, and if the run is to stop here.

        Args:
          step: updates done.
          state: gives the state of the S seeds, a tree of [S, ...].

        Raises:
          InterruptedRunError: a signal has come; the run is saved.
        """
        is_late = time.monotonic() - self._saved_at >= self._options.checkpoint_seconds
        if is_late or step == self._num_updates:
            self._write(step, state)
        try:
            self._options.stop_if_asked()
        except InterruptedRunError:
            self._write(step, state)
            raise

    def _write(self, step: int, state: Callable[[], Any]) -> None:
        if step != self._saved_step:
            self._save(self.folder.path, state(), step, self.folder.config)
        self._saved_at, self._saved_step = time.monotonic(), step
