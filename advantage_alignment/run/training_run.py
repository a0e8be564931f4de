"""Trains the seeds of one setting: compiled updates, evaluation, what is kept of them, resume."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from advantage_alignment import train
from advantage_alignment.config import TrainingConfig
from advantage_alignment.evaluation.evaluate import evaluate
from advantage_alignment.networks import Params
from advantage_alignment.run import seeds as on_devices
from advantage_alignment.run.seeds import Metrics, Program, Progress
from common.logger import checkpoints, resume
from common.logger.recorder import Recorder
from common.logger.run_folder import RunFolder, RunOptions
from common.logger.settings import as_settings, config_of

ROOT = Path(__file__).parents[2]
CODE = (ROOT / "advantage_alignment", ROOT / "common")  # on which a training depends
SECONDS_AT_ONCE = 3.0  # of computing, after which signals are looked at
SHOWN = {  # in the progress bar, if there, as means over seeds: metric -> name
    "self_play": "self_play",
    "is_tit_for_tat": "tit_for_tat",
    "vs_always_cooperate": "vs_AC",
    "vs_always_defect": "vs_AD",
    "apples_per_agent": "apples",
}


class RunResult(NamedTuple):
    """What a finished training leaves in memory; the rest is in its folder."""

    params: Params  # of the agents; leading axis: seeds
    metrics: dict[str, list[float]]  # last evaluation, a value per seed
    log: list[dict[str, Any]]  # lines of metrics.jsonl
    origin: dict[str, Any]  # provenance of the run's first start
    compile_seconds: float


@dataclass
class Trainer:
    """Trains what an experiment needs; what lies finished on disk is taken from there.

    Attributes:
      runs_dir: where all runs of the paper lie.
      seeds: of every training.
      options: see `RunOptions`.
      experiment: for the progress bar.
      origin: provenance of the first training, of its first start if it was resumed.
      compile_seconds: of all trainings so far.
      paths: folders of the trainings so far, by name.
    """

    runs_dir: Path
    seeds: Sequence[int]
    options: RunOptions
    experiment: str
    origin: dict[str, Any] | None = None
    compile_seconds: float | None = 0.0
    paths: dict[str, Path] = field(default_factory=dict)

    def train(self, config: TrainingConfig, name: str = "", path: Path | None = None) -> RunResult:
        """Trains one setting.

        Args:
          config: settings.
          name: of the training within the experiment; empty if it is the only one.
          path: of its folder, if it is not to be found or begun in `runs_dir`.
        """
        folder, shorter = resume.locate(
            path or self.runs_dir,
            as_settings(config, self.seeds),
            CODE,
            self.options,
            num_updates=config.num_updates,
            can_be_lengthened=config.can_be_lengthened,
            is_own_folder=path is not None,
        )
        self.paths[name] = folder.path
        description = f"{self.experiment} {name}".strip()
        result = run_seeds(config, folder, self.options, description, shorter)
        self.origin = self.origin or result.origin
        self.compile_seconds = (self.compile_seconds or 0.0) + result.compile_seconds
        return result

    def per_seed(self, function: Callable[[Any, Array], Any], params: Any) -> Any:
        """Applies a function of one agent to those of all S seeds, spread over the devices.

        Args:
          function: of the parameters of a seed's agent and the seed's key, which it consumes.
          params: of all agents, [S, ...]; or None if there are none.

        Returns:
          A tree of results, [S, ...].
        """

        def of_seed(agent: tuple[Any, Array]) -> Any:
            params, seed = agent
            return function(params, jax.random.key(seed))

        return on_devices.over_seeds(of_seed, (params, jnp.asarray(self.seeds, jnp.int32)))


def run_seeds(
    config: TrainingConfig,
    folder: RunFolder,
    options: RunOptions,
    description: str,
    shorter: Path | None = None,
) -> RunResult:
    """Trains all seeds of a run to the end, from where it stands.

    Args:
      config: settings.
      folder: of the run, which says the seeds.
      options: see `RunOptions`.
      description: for the progress bar.
      shorter: folder of a run that this one lengthens.

    Raises:
      DamagedFileError: the metrics of the run to continue are damaged.
      UserError: the run cannot be continued, or the memory does not suffice.
      DivergedError: a metric or a parameter is not finite; the last good checkpoint is kept.
      InterruptedRunError: a signal has come; the run has saved.
    """
    seeds, training = folder.config["seeds"], train.make_train(config)
    begin, compile_seconds = _begin(training, config), 0.0
    template = on_devices.shapes(begin, len(seeds))
    evaluate_state = partial(_evaluate, config)
    recorder = Recorder(
        folder, options, num_updates=config.num_updates, description=description, shown=SHOWN
    )
    with recorder, on_devices.memory_errors_explained():
        if shorter:
            resume.lengthen(shorter, folder, template, options.warn)
        progress, step = recorder.saved_state(template)
        if progress is None or step < config.num_updates:
            program = on_devices.compile_program(begin, training.update, evaluate_state, len(seeds))
            rows, compile_seconds = program.spread.rows, program.compile_seconds
            first = program.init(rows(jnp.asarray(seeds))) if progress is None else rows(progress)
            last = _advance_to_end(program, first, step, config, recorder)
            progress = program.spread.seeds(last)
    log = folder.metrics.read()
    measured = jax.eval_shape(jax.vmap(evaluate_state), template.state)
    return RunResult(
        params=progress.state.params,
        metrics={name: log[-1][name] for name in measured},
        log=log,
        origin=folder.provenance,
        compile_seconds=compile_seconds,
    )


class SavedRun(NamedTuple):
    """What a checkpoint of a run holds."""

    config: TrainingConfig
    seeds: list[int]
    params: Params  # of the agents; leading axis: seeds
    evaluate: Callable[[], dict[str, list[float]]]  # metrics, a value per seed
    step: int  # updates done


def load_run(path: Path, checkpoint: Path | None = None) -> SavedRun:
    """Loads a checkpoint of a run.

    Args:
      path: the run folder.
      checkpoint: the file; None for the newest.

    Raises:
      FileNotFoundError: there is no such run or checkpoint.
      DamagedFileError: the file fails a check; the message offers an older one.
      UserError: run or checkpoint are of another configuration or version.
    """
    settings = RunFolder.open(path).config
    config, seeds = config_of(settings, (TrainingConfig,), path)
    template = on_devices.shapes(_begin(train.make_train(config), config), len(seeds))
    progress, step = checkpoints.load_chosen(path, checkpoint, template, settings)

    def evaluate_all() -> dict[str, list[float]]:
        measured = on_devices.over_seeds(partial(_evaluate, config), progress.state)
        return {name: np.asarray(values).tolist() for name, values in measured.items()}

    return SavedRun(config, seeds, progress.state.params, evaluate_all, step)


def _advance_to_end(
    program: Program, progress: Progress, step: int, config: TrainingConfig, recorder: Recorder
) -> Progress:
    """The loop of a run: some seconds of updates; at log points evaluation, checks, metrics."""
    every, at_once = config.eval_every_updates, 1
    while step < config.num_updates:
        done = step % every
        number = min(at_once, every - done)
        started = time.perf_counter()
        progress = jax.block_until_ready(
            program.advance(progress, jnp.int32(done), jnp.int32(number))
        )
        took = time.perf_counter() - started
        step += number
        at_once = max(1, int(min(2 * number, number * SECONDS_AT_ONCE / took)))
        if step % every == 0:
            whole = program.spread.seeds(progress)
            evaluated = program.spread.seeds(program.evaluate(progress))
            recorder.record(step, jax.device_get(whole.series), evaluated, whole.state.params)
        else:
            recorder.advance(step)
        recorder.save_if_due(step, partial(program.spread.seeds, progress))
    return progress


def _begin(training: train.Training, config: TrainingConfig) -> Callable[[Array], Progress]:
    return on_devices.start(
        lambda seed: training.init(jax.random.key(seed)), training.update, config.eval_every_updates
    )


def _evaluate(config: TrainingConfig, state: train.TrainState) -> Metrics:
    """Evaluates the agent of a state with a key of its own, that of no update."""
    return evaluate(config, state.params, jax.random.fold_in(state.key, state.step))
