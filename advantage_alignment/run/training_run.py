"""Runs a training of several seeds: compiled chunks, evaluation, metrics, checkpoints, resume."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from advantage_alignment import train
from advantage_alignment.config import TrainingConfig
from advantage_alignment.evaluation import evaluate
from advantage_alignment.networks import Params
from advantage_alignment.run import checkpoints, resume
from advantage_alignment.run.finite_check import check_finite
from advantage_alignment.run.seeds import (
    Metrics,
    Program,
    compile_program,
    memory_errors_explained,
    over_seeds,
    shapes,
)
from common.logger import atomic, progress, trackers
from common.logger.errors import InterruptedRunError, UserError
from common.logger.run_folder import RunFolder

Settings = dict[str, Any]  # of a run: its configuration and its seeds, JSON values
SHOWN = {  # in the progress bar, if there, as means over seeds: metric -> name
    "self_play": "self_play",
    "is_tit_for_tat": "tit_for_tat",
    "vs_always_cooperate": "vs_AC",
    "vs_always_defect": "vs_AD",
    "apples_per_agent": "apples",
}


@dataclass(frozen=True)
class RunOptions:
    """How a run behaves towards the outside; none of it changes a number.

    Attributes:
      resume: whether to continue the run in the folder; otherwise the folder must be new.
      quiet: whether to show no progress.
      tensorboard: whether to write TensorBoard files too.
      wandb: whether to log to Weights & Biases too.
      warn: told in a line about damaged checkpoints that were passed over, and the like.
      stop_if_asked: called when all is saved; raises `InterruptedRunError` to stop the run there.
    """

    resume: bool = False
    quiet: bool = False
    tensorboard: bool = False
    wandb: bool = False
    warn: Callable[[str], None] = lambda line: None
    stop_if_asked: Callable[[], None] = lambda: None


class RunResult(NamedTuple):
    """What a finished run leaves in memory; the rest is in its folder."""

    params: Params  # of the agents that are evaluated; leading axis: seeds
    metrics: dict[str, list[float]]  # final evaluation, a value per seed
    log: list[dict[str, Any]]  # lines of metrics.jsonl
    origin: dict[str, Any]  # provenance of the run's first start
    compile_seconds: float
    seconds_per_update: float  # of all seeds together, without evaluation; 0 if none was left


def run_seeds(
    config: TrainingConfig,
    seeds: Sequence[int],
    path: Path,
    options: RunOptions,
) -> RunResult:
    """Trains all seeds to the end, or continues a run that was stopped.

    Args:
      config: settings.
      seeds: one run each.
      path: the run folder.
      options: see `RunOptions`.

    Raises:
      FileExistsError: the folder is in use and `options.resume` is not set.
      DamagedFileError: the metrics of the run to continue are damaged.
      UserError: the run cannot be continued, or the memory does not suffice.
      DivergedError: a metric or a parameter is not finite; the last good checkpoint is kept.
      InterruptedRunError: `options.stop_if_asked` raised it; the run has saved.
    """
    settings = {**asdict(config), "seeds": list(seeds)}
    if options.resume:
        folder = resume.folder_to_continue(path, settings, options.warn)
    else:
        folder = resume.new_folder(path, settings)
    options.stop_if_asked()
    state, step = resume.saved_state(folder, _template(config, len(seeds)), options.warn)
    with memory_errors_explained():
        program = _compile(config, len(seeds))
        if state is None:
            state = program.init(jnp.asarray(seeds, jnp.int32))
        state, seconds = _advance_to_end(program, state, step, config, folder, options)
        metrics = _per_seed(program.evaluate(state))
    return RunResult(
        params=state.params,
        metrics=metrics,
        log=folder.metrics.read(),
        origin=folder.provenance,
        compile_seconds=program.compile_seconds,
        seconds_per_update=seconds / max(config.num_updates - step, 1),
    )


def evaluate_run(path: Path, checkpoint: Path | None) -> tuple[dict[str, list[float]], Any, int]:
    """Evaluates a checkpoint of a run.

    Args:
      path: the run folder.
      checkpoint: the file; None for the newest.

    Returns:
      Metrics with a value per seed, the seeds, and the updates done.

    Raises:
      Exception: see `load_run`.
    """
    saved = load_run(path, checkpoint)
    evaluate_all = over_seeds(_evaluation_of(saved.config), saved.state)
    return _per_seed(evaluate_all(saved.state)), saved.seeds, saved.step


class SavedRun(NamedTuple):
    """What a checkpoint of a run holds."""

    config: TrainingConfig
    seeds: list[int]
    state: train.TrainState  # leading axis: seeds
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
    config, seeds = _config_of(settings, path)
    kept = checkpoints.list_checkpoints(path)
    if checkpoint is None and not kept:
        raise FileNotFoundError(f"{path} holds no checkpoint: the run was stopped before its first")
    chosen = checkpoint or kept[-1]
    try:
        state, step = checkpoints.load(chosen, _template(config, len(seeds)), settings)
    except atomic.DamagedFileError as error:
        others = [str(other) for other in kept if other.resolve() != chosen.resolve()]
        offer = f"; try --checkpoint {others[-1]}" if others else ""
        raise atomic.DamagedFileError(f"{error}{offer}") from error
    return SavedRun(config, seeds, state, step)


def _advance_to_end(
    program: Program,
    state: train.TrainState,
    step: int,
    config: TrainingConfig,
    folder: RunFolder,
    options: RunOptions,
) -> tuple[train.TrainState, float]:
    """The loop of a run: a chunk of updates, evaluation, checks, metrics, checkpoint.

    Returns:
      The last state, and the seconds that the updates took.
    """
    seconds = 0.0
    with ExitStack() as stack:
        sinks = _open_trackers(folder, options)
        for sink in sinks:
            stack.callback(sink.close)
        bar = stack.enter_context(
            progress.Progress(
                config.num_updates, _description(folder), initial=step, quiet=options.quiet
            )
        )
        while step < config.num_updates:
            started = time.perf_counter()
            state, metrics = jax.block_until_ready(program.advance(state))
            seconds += time.perf_counter() - started
            evaluated = program.evaluate(state)
            check_finite(
                metrics,
                evaluated,
                state.params,
                step=step,
                seeds=folder.config["seeds"],
                kept=checkpoints.list_checkpoints(folder.path),
            )
            step += config.eval_every_updates
            line = _line(metrics, evaluated)
            folder.metrics.append(step, line)
            for sink in sinks:
                sink.log(step, line)
            bar.advance(step, **{SHOWN[n]: float(np.mean(line[n])) for n in SHOWN if n in line})
            _save_if_due(state, step, config, folder, options)
    return state, seconds


def _description(folder: RunFolder) -> str:
    """Name of a run in its progress bar: its experiment, and which part if it is one of several."""
    name, parent = folder.path.name, folder.path.parent.name
    return name.partition("-")[0] if "-" in name else f"{parent.partition('-')[0]} {name}"


def _save_if_due(
    state: train.TrainState,
    step: int,
    config: TrainingConfig,
    folder: RunFolder,
    options: RunOptions,
) -> None:
    """Writes a checkpoint if it is time, or if the run is asked to stop, which it then does."""

    def save() -> None:
        checkpoints.save(folder.path, jax.device_get(state), step, folder.config)

    is_due = step % config.checkpoint_every_updates == 0 or step == config.num_updates
    if is_due:
        save()
    try:
        options.stop_if_asked()
    except InterruptedRunError:
        if not is_due:
            save()
        raise


def _compile(config: TrainingConfig, num_seeds: int) -> Program:
    training = train.make_train(config)
    return compile_program(
        lambda seed: training.init(jax.random.key(seed)),
        training.update,
        _evaluation_of(config),
        num_seeds=num_seeds,
        num_updates=config.eval_every_updates,
    )


def _evaluation_of(config: TrainingConfig) -> Callable[[train.TrainState], Metrics]:
    def evaluate_state(state: train.TrainState) -> Metrics:
        key = jax.random.fold_in(state.key, state.step)
        return evaluate.evaluate(config, state.params, key)

    return evaluate_state


def _template(config: TrainingConfig, num_seeds: int) -> train.TrainState:
    """Shapes of the state of all seeds; found without compiling anything."""
    init = train.make_train(config).init
    template: train.TrainState = shapes(lambda seed: init(jax.random.key(seed)), num_seeds)
    return template


def _open_trackers(folder: RunFolder, options: RunOptions) -> list[trackers.Tracker]:
    try:
        return trackers.open_trackers(
            folder.path, folder.config, tensorboard=options.tensorboard, wandb=options.wandb
        )
    except ValueError as error:
        raise UserError(str(error)) from error


def _config_of(settings: Settings, path: Path) -> tuple[TrainingConfig, list[int]]:
    """The configuration and the seeds of a run, as its folder states them."""
    known = {"seeds", *(entry.name for entry in fields(TrainingConfig))}
    given = set(settings)
    if known != given:
        strange = [f"unknown {name}" for name in sorted(given - known)]
        strange += [f"missing {name}" for name in sorted(known - given)]
        raise UserError(f"{path} is of another version of the settings: {', '.join(strange)}")
    config = TrainingConfig(**{name: value for name, value in settings.items() if name != "seeds"})
    return config, settings["seeds"]


def _line(training: Metrics, evaluation: Metrics) -> dict[str, list[float]]:
    """Metrics of one log point, a list over seeds each: training means, then evaluation."""
    means = {name: np.mean(values, axis=1) for name, values in jax.device_get(training).items()}
    return _per_seed({**means, **evaluation})


def _per_seed(metrics: Any) -> dict[str, list[float]]:
    return {name: np.asarray(values).tolist() for name, values in metrics.items()}
