"""Trains the seeds of one setting: compiled updates, evaluation, what is kept of them, resume."""

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from common.logger import checkpoints, provenance, resume
from common.logger.recorder import Recorder
from common.logger.run_folder import RunFolder, RunOptions
from common.logger.settings import as_settings, config_of
from meta_value import train
from meta_value.baselines import cola, maml
from meta_value.config import ColaConfig, MamlConfig, MetaValueConfig
from meta_value.networks import Params
from meta_value.run import seeds as on_devices
from meta_value.run.seeds import Metrics, Program, Progress
from meta_value.train_state import Training, TrainState

ROOT = Path(__file__).parents[2]
CODE = (ROOT / "meta_value", ROOT / "common")  # on which a training depends
SECONDS_AT_ONCE = 3.0  # of computing, after which signals are looked at
SHOWN = {  # in the progress bar, if there, as means over seeds: metric -> name
    "loss": "loss",
    "short_td_error": "td",
    "self_play": "self_play",
    "return_of_first": "first",
    "return_of_second": "second",
    "share_to_B_gamma_0.95": "to_B",
    "objective": "objective",
}

Config = MetaValueConfig | MamlConfig | ColaConfig
T = TypeVar("T")

# How each kind of settings is trained and evaluated: all that is chosen by the kind.
KINDS: dict[type, Callable[[Any], Training]] = {
    MetaValueConfig: train.make_train,
    MamlConfig: maml.make_train,
    ColaConfig: cola.make_train,
}


class RunResult(NamedTuple):
    """What a finished training leaves in memory; the rest is in its folder."""

    params: Params  # of the learners that are evaluated; leading axis: seeds
    metrics: dict[str, list[float]]  # final evaluation, a value per seed
    log: list[dict[str, Any]]  # lines of metrics.jsonl
    path: Path  # of its folder
    origin: dict[str, Any]  # provenance of the run's first start
    compile_seconds: float


@dataclass
class Trainer:
    """Trains what an experiment needs; what lies finished in memory or on disk is taken from there.

    Attributes:
      runs_dir: where all runs of the paper lie.
      seeds: of every training.
      options: see `RunOptions`.
      experiment: for the progress bar.
      finished: trainings of earlier experiments of the call, by settings and seeds; grows.
      computed: what `once` computed in earlier experiments of the call; grows.
      origin: provenance of the first training, of its first start if it was resumed.
      compile_seconds: of all trainings of this experiment so far.
      paths: folders of the trainings so far, by name.
    """

    runs_dir: Path
    seeds: Sequence[int]
    options: RunOptions
    experiment: str
    finished: dict[Any, RunResult] = field(default_factory=dict)
    computed: dict[Any, Any] = field(default_factory=dict)
    origin: dict[str, Any] | None = None
    compile_seconds: float | None = 0.0
    paths: dict[str, Path] = field(default_factory=dict)

    def train(self, config: Config, name: str = "", path: Path | None = None) -> RunResult:
        """Trains one setting.

        Args:
          config: settings.
          name: of the training within the experiment; empty if it is the only one.
          path: of its folder, if it is not to be found or begun in `runs_dir`.
        """
        place = (config, tuple(self.seeds))
        if place in self.finished:
            result = self.finished[place]
            self.origin = self.origin or provenance.collect()
        else:
            result = self.finished[place] = self._train(config, name, path)
            self.origin = self.origin or result.origin
            self.compile_seconds = (self.compile_seconds or 0.0) + result.compile_seconds
        self.paths[name] = result.path
        return result

    def _train(self, config: Config, name: str, path: Path | None) -> RunResult:
        folder, shorter = resume.locate(
            path or self.runs_dir,
            as_settings(config, self.seeds),
            CODE,
            self.options,
            num_updates=config.num_updates,
            can_be_lengthened=True,
            is_own_folder=path is not None,
        )
        description = f"{self.experiment} {name}".strip()
        return run_seeds(config, folder, self.options, description, shorter)

    def per_seed(self, function: Callable[[Any, Array], Any], params: Any) -> Any:
        """Applies a function of one seed's parameters and key to all seeds; arrays of [S, ...].

        Args:
          function: consumes its key, which is independent of those of training.
          params: leading axis: seeds.
        """

        def of_seed(params_and_seed: tuple[Any, Array]) -> Any:
            params, seed = params_and_seed
            return function(params, jax.random.fold_in(jax.random.key(seed), 0))

        argument = (jax.device_get(params), jnp.asarray(self.seeds, jnp.int32))
        return jax.device_get(on_devices.over_seeds(of_seed, argument))

    def once(self, what: Hashable, compute: Callable[[], T]) -> T:
        """Computes what several experiments need of the same trainings, once per call."""
        place = (what, tuple(self.seeds))
        if place not in self.computed:
            self.computed[place] = compute()
        found: T = self.computed[place]
        return found


def run_seeds(
    config: Config,
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
    seeds, training = folder.config["seeds"], make_train(config)
    start = begin(training, config)
    template = on_devices.shapes(start, len(seeds))
    recorder = Recorder(
        folder, options, num_updates=config.num_updates, description=description, shown=SHOWN
    )
    with recorder, on_devices.memory_errors_explained():
        if shorter:
            resume.lengthen(shorter, folder, template, options.warn)
        saved, step = recorder.saved_state(template)
        program = on_devices.compile_program(
            start, training.update, _evaluation_of(training), len(seeds)
        )
        rows = program.spread.rows
        progress = program.init(rows(jnp.asarray(seeds))) if saved is None else rows(saved)
        progress = _advance_to_end(program, progress, step, config, recorder)
        metrics = _as_lists(program.spread.seeds(program.evaluate(progress)))
        state = program.spread.seeds(progress.state)
    return RunResult(
        params=jax.vmap(training.evaluated_params)(state),
        metrics=metrics,
        log=folder.metrics.read(),
        path=folder.path,
        origin=folder.provenance,
        compile_seconds=program.compile_seconds,
    )


class SavedRun(NamedTuple):
    """What a checkpoint of a run holds."""

    config: Config
    seeds: list[int]
    params: Params  # of the learners that are evaluated; leading axis: seeds
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
    config, seeds = config_of(settings, tuple(KINDS), path)
    training = make_train(config)
    template = on_devices.shapes(begin(training, config), len(seeds))
    progress, step = checkpoints.load_chosen(path, checkpoint, template, settings)
    evaluate = _evaluation_of(training)
    return SavedRun(
        config=config,
        seeds=seeds,
        params=jax.vmap(training.evaluated_params)(progress.state),
        evaluate=lambda: _as_lists(on_devices.over_seeds(evaluate, progress.state)),
        step=step,
    )


def make_train(config: Config) -> Training:
    """Builds the training of one seed; Python runs through each of its functions once."""
    training = KINDS[type(config)](config)
    return Training(
        init=jax.jit(training.init),
        update=jax.jit(training.update),
        evaluate=jax.jit(training.evaluate),
        evaluated_params=training.evaluated_params,
    )


def _advance_to_end(
    program: Program, progress: Progress, step: int, config: Config, recorder: Recorder
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
        took, step = time.perf_counter() - started, step + number
        at_once = max(1, int(min(2 * number, number * SECONDS_AT_ONCE / took)))
        if step % every == 0:
            whole = program.spread.seeds(progress)
            evaluated = program.spread.seeds(program.evaluate(progress))
            recorder.record(step, jax.device_get(whole.series), evaluated, whole.state.params)
        else:
            recorder.advance(step)
        recorder.save_if_due(step, partial(program.spread.seeds, progress))
    return progress


def begin(training: Training, config: Config) -> Callable[[Array], Progress]:
    """Seed -> how a training of it begins."""
    return on_devices.start(
        lambda seed: training.init(jax.random.key(seed)), training.update, config.eval_every_updates
    )


def _evaluation_of(training: Training) -> Callable[[TrainState], Metrics]:
    """Evaluation of a state with a key of its own, that of no update."""
    return lambda state: training.evaluate(state, jax.random.fold_in(state.key, state.step))


def _as_lists(metrics: Metrics) -> dict[str, list[float]]:
    return {name: np.asarray(values).tolist() for name, values in metrics.items()}
