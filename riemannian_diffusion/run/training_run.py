"""Trains the seeds of one setting: compiled updates, evaluation, what is kept of them, resume."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from common.logger import atomic, checkpoints, resume
from common.logger.recorder import Recorder
from common.logger.run_folder import RunFolder, RunOptions
from common.logger.settings import as_settings, config_of
from riemannian_diffusion import mixture, train
from riemannian_diffusion.config import DiffusionConfig, MixtureConfig
from riemannian_diffusion.data.datasets import load_target
from riemannian_diffusion.data.targets import Target
from riemannian_diffusion.run import seeds as on_devices
from riemannian_diffusion.run.seeds import Metrics, Program, Progress
from riemannian_diffusion.train_state import Training, TrainState

CODE = (Path(__file__).parents[1],)  # on which a training depends
SECONDS_AT_ONCE = 3.0  # of computing, after which signals are looked at
SHOWN = {  # in the progress bar, if there, as means over seeds: metric -> name
    "loss": "loss",
    "valid_loss": "valid",
    "valid_nll": "valid",
}

Config = DiffusionConfig | MixtureConfig
PerSeed = dict[str, list[float]]

# How each kind of settings is trained and evaluated.
KINDS: dict[type[Config], Callable[[Any, Target], Training]] = {
    DiffusionConfig: train.make_train,
    MixtureConfig: mixture.make_train,
}


class RunResult(NamedTuple):
    """What a finished training leaves in memory; the rest is in its folder."""

    setup: Any  # of the model or mixture
    state: TrainState  # leading axis: seeds
    metrics: PerSeed  # final evaluation
    log: list[dict[str, Any]]  # lines of metrics.jsonl
    origin: dict[str, Any]  # provenance of the run's first start
    compile_seconds: float
    seconds_per_update: float  # of all seeds together, without evaluation; NaN if never measured


Finished = dict[tuple[Config, tuple[int, ...]], RunResult]


@dataclass
class Trainer:
    """Trains what an experiment needs; what is finished, here or on disk, is not trained again.

    Attributes:
      runs_dir: where all runs of the paper lie.
      seeds: of every training.
      options: see `RunOptions`.
      experiment: for the progress bar.
      data_dir: folder of the data sets.
      finished: trainings of this process, by settings and seeds; grows.
      origin: provenance of the first training, of its first start if it was resumed.
      compile_seconds: of all trainings of this experiment so far.
      paths: folders of the trainings so far, by name.
    """

    runs_dir: Path
    seeds: Sequence[int]
    options: RunOptions
    experiment: str
    data_dir: Path
    finished: Finished = field(default_factory=dict)
    origin: dict[str, Any] | None = None
    compile_seconds: float | None = 0.0
    paths: dict[str, Path] = field(default_factory=dict)

    def train(self, config: Config, name: str, path: Path | None = None) -> RunResult:
        """Trains one setting, evaluation included.

        Args:
          config: settings.
          name: of the training within the experiment; empty if it is the only one.
          path: of its folder, if it is not to be found or begun in `runs_dir`.
        """
        wanted = (config, tuple(self.seeds))
        if wanted not in self.finished:
            folder, shorter = resume.locate(
                path or self.runs_dir,
                as_settings(config, self.seeds),
                CODE,
                self.options,
                num_updates=config.num_updates,
                can_be_lengthened=getattr(config, "schedule", "constant") == "constant",
                is_own_folder=path is not None,
            )
            self.paths[name] = folder.path
            training = make_train(config, self.data_dir)
            description = f"{self.experiment} {name}".strip()
            result = run_seeds(config, training, folder, self.options, description, shorter)
            self.compile_seconds = (self.compile_seconds or 0.0) + result.compile_seconds
            self.finished[wanted] = result
        result = self.finished[wanted]
        self.origin = self.origin or result.origin
        return result

    def per_seed(
        self, function: Callable[[Any, Array], dict[str, Array]], trained: Any
    ) -> dict[str, np.ndarray]:
        """Applies a function of one seed's model and a key to all seeds; arrays of [S, ...].

        Args:
          function: consumes the key, which no training has used.
          trained: what it takes of the models, with a leading axis of seeds.
        """

        def of_seed(of_one: tuple[Any, Array]) -> dict[str, Array]:
            model, seed = of_one
            return function(model, jax.random.fold_in(jax.random.key(seed), 0))

        argument = (trained, jnp.asarray(self.seeds, jnp.int32))
        measured: dict[str, np.ndarray] = jax.device_get(on_devices.over_seeds(of_seed, argument))
        return measured


def make_train(config: Config, data_dir: Path) -> Training:
    """Builds the training of one seed of any kind.

    Raises:
      UserError: a data set is missing or damaged.
    """
    return KINDS[type(config)](config, load_target(config, data_dir))


def run_seeds(
    config: Config,
    training: Training,
    folder: RunFolder,
    options: RunOptions,
    description: str,
    shorter: Path | None = None,
) -> RunResult:
    """Trains all seeds of a run to the end, from where it stands, and evaluates them.

    Args:
      config: settings.
      training: of one seed.
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
    seeds = folder.config["seeds"]
    begin = _begin(training, config)
    template = on_devices.shapes(begin, len(seeds))
    recorder = Recorder(
        folder, options, num_updates=config.num_updates, description=description, shown=SHOWN
    )
    compile_seconds = 0.0
    with on_devices.memory_errors_explained():
        with recorder:
            if shorter:
                resume.lengthen(shorter, folder, template, options.warn)
            progress, step = recorder.saved_state(template)
            if progress is None or step < config.num_updates:
                program = on_devices.compile_program(
                    begin, training.update, _with_key(training.monitor), len(seeds)
                )
                compile_seconds = program.compile_seconds
                rows = program.spread.rows
                progress = rows(progress) if progress else program.init(rows(jnp.asarray(seeds)))
                progress = _advance_to_end(program, progress, step, config, recorder)
        state = progress.state
        metrics = on_devices.over_seeds(_with_key(training.evaluate), state)
    return RunResult(
        setup=training.setup,
        state=state,
        metrics=_as_lists(metrics),
        log=folder.metrics.read(),
        origin=folder.provenance,
        compile_seconds=compile_seconds,
        seconds_per_update=_seconds_per_update(folder),
    )


class SavedRun(NamedTuple):
    """What a checkpoint of a run holds."""

    config: Config
    setup: Any  # of the model or mixture
    seeds: list[int]
    state: TrainState  # leading axis: seeds
    evaluate: Callable[[], PerSeed]
    step: int  # updates done


def load_run(path: Path, checkpoint: Path | None, data_dir: Path) -> SavedRun:
    """Loads a checkpoint of a run.

    Args:
      path: the run folder.
      checkpoint: the file; None for the newest.
      data_dir: folder of the data sets.

    Raises:
      FileNotFoundError: there is no such run or checkpoint.
      DamagedFileError: the file fails a check; the message offers an older one.
      UserError: run or checkpoint are of another configuration or version.
    """
    settings = RunFolder.open(path).config
    config, seeds = config_of(settings, tuple(KINDS), path)
    training = make_train(config, data_dir)
    template = on_devices.shapes(_begin(training, config), len(seeds))
    progress, step = checkpoints.load_chosen(path, checkpoint, template, settings)
    evaluate = _with_key(training.evaluate)
    return SavedRun(
        config=config,
        setup=training.setup,
        seeds=seeds,
        state=progress.state,
        evaluate=lambda: _as_lists(on_devices.over_seeds(evaluate, progress.state)),
        step=step,
    )


def _advance_to_end(
    program: Program, progress: Progress, step: int, config: Config, recorder: Recorder
) -> Progress:
    """The loop of a run: some seconds of updates; at log points evaluation, checks, metrics.

    Returns:
      The last state of the S seeds.
    """
    every, seconds, at_once, first = config.eval_every_updates, 0.0, 1, step
    while step < config.num_updates:
        done = step % every
        number = min(at_once, every - done)
        started = time.perf_counter()
        progress = jax.block_until_ready(
            program.advance(progress, jnp.int32(done), jnp.int32(number))
        )
        took = time.perf_counter() - started
        seconds, step = seconds + took, step + number
        at_once = max(1, int(min(2 * number, number * SECONDS_AT_ONCE / took)))
        if step % every == 0:
            whole = program.spread.seeds(progress)
            evaluated = program.spread.seeds(program.evaluate(progress))
            series = jax.device_get(whole.series)
            recorder.record(step, series, evaluated, whole.state.params, _summary)
            _note_seconds(recorder.folder, seconds / (step - first))
        else:
            recorder.advance(step)
        recorder.save_if_due(step, partial(program.spread.seeds, progress))
    return program.spread.seeds(progress)


def _summary(series: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
    """What is logged of [S, updates]: means, and the spread of the loss over the updates."""
    means = {name: np.mean(values, axis=1) for name, values in series.items()}
    return {**means, "loss_spread": np.std(series["loss"], axis=1)}


def _note_seconds(folder: RunFolder, seconds_per_update: float) -> None:
    """Keeps the time of an update, for experiments that find the run finished."""
    atomic.write_json(folder.path / "seconds.json", {"per_update": seconds_per_update})


def _seconds_per_update(folder: RunFolder) -> float:
    path = folder.path / "seconds.json"
    return float(atomic.read_json(path)["per_update"]) if path.exists() else math.nan


def _begin(training: Training, config: Config) -> Callable[[Array], Progress]:
    return on_devices.start(
        lambda seed: training.init(jax.random.key(seed)), training.update, config.eval_every_updates
    )


def _with_key(
    measure: Callable[[TrainState, Array], Metrics],
) -> Callable[[TrainState], Metrics]:
    """Gives a measurement of a state a key of its own, that of no update."""
    return lambda state: measure(state, jax.random.fold_in(state.key, state.step))


def _as_lists(metrics: Metrics) -> PerSeed:
    return {name: np.asarray(values).tolist() for name, values in metrics.items()}
