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

from common.logger import atomic, progress, trackers
from common.logger.errors import InterruptedRunError, UserError
from common.logger.run_folder import RunFolder
from riemannian_diffusion.run import checkpoints, resume
from riemannian_diffusion.run.finite_check import check_finite
from riemannian_diffusion.run.kinds import KINDS, Config, make_train
from riemannian_diffusion.run.seeds import (
    Metrics,
    Program,
    compile_program,
    memory_errors_explained,
    over_seeds,
    shapes,
)
from riemannian_diffusion.train_state import Training, TrainState

Settings = dict[str, Any]  # of a run: its configuration and its seeds, JSON values
SHOWN = {  # in the progress bar, if there, as means over seeds: metric -> name
    "loss": "loss",
    "valid_loss": "valid",
    "valid_nll": "valid",
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
      data_dir: folder of the data sets, whose contents are checked.
    """

    resume: bool = False
    quiet: bool = False
    tensorboard: bool = False
    wandb: bool = False
    warn: Callable[[str], None] = lambda line: None
    stop_if_asked: Callable[[], None] = lambda: None
    data_dir: Path = Path("data")


class RunResult(NamedTuple):
    """What a finished run leaves in memory; the rest is in its folder."""

    state: TrainState  # leading axis: seeds
    metrics: dict[str, list[float]]  # final evaluation, a value per seed
    log: list[dict[str, Any]]  # lines of metrics.jsonl
    origin: dict[str, Any]  # provenance of the run's first start
    compile_seconds: float
    seconds_per_update: float  # of all seeds together, without evaluation; 0 if none was left


def run_seeds(config: Config, seeds: Sequence[int], path: Path, options: RunOptions) -> RunResult:
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
    settings = {"method": type(config).__name__, **asdict(config), "seeds": list(seeds)}
    training = make_train(config, options.data_dir)
    if options.resume:
        folder = resume.folder_to_continue(path, settings, options.warn)
    else:
        folder = resume.new_folder(path, settings)
    options.stop_if_asked()
    template = _template(training, len(seeds))
    state, step = resume.saved_state(folder, template, options.warn)
    with memory_errors_explained():
        program = _compile(training, len(seeds))
        if state is None:
            state = program.init(jnp.asarray(seeds, jnp.int32))
        state, seconds = _advance_to_end(program, state, step, config, folder, options)
        metrics, compile_seconds = _evaluate(training, state)
    return RunResult(
        state=state,
        metrics=metrics,
        log=folder.metrics.read(),
        origin=folder.provenance,
        compile_seconds=program.compile_seconds + compile_seconds,
        seconds_per_update=seconds / max(config.num_updates - step, 1),
    )


def evaluate_run(
    path: Path, checkpoint: Path | None, data_dir: Path
) -> tuple[dict[str, list[float]], Any, int]:
    """Evaluates a checkpoint of a run.

    Args:
      path: the run folder.
      checkpoint: the file; None for the newest.
      data_dir: folder of the data sets.

    Returns:
      Metrics with a value per seed, the seeds, and the updates done.

    Raises:
      Exception: see `load_run`.
    """
    saved = load_run(path, checkpoint, data_dir)
    metrics, _ = _evaluate(make_train(saved.config, data_dir), saved.state)
    return metrics, saved.seeds, saved.step


class SavedRun(NamedTuple):
    """What a checkpoint of a run holds."""

    config: Config
    seeds: list[int]
    state: TrainState  # leading axis: seeds
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
    config, seeds = _config_of(settings, path)
    kept = checkpoints.list_checkpoints(path)
    if checkpoint is None and not kept:
        raise FileNotFoundError(f"{path} holds no checkpoint: the run was stopped before its first")
    chosen = checkpoint or kept[-1]
    template = _template(make_train(config, data_dir), len(seeds))
    try:
        state, step = checkpoints.load(chosen, template, settings)
    except atomic.DamagedFileError as error:
        others = [str(other) for other in kept if other.resolve() != chosen.resolve()]
        offer = f"; try --checkpoint {others[-1]}" if others else ""
        raise atomic.DamagedFileError(f"{error}{offer}") from error
    return SavedRun(config, seeds, state, step)


def _evaluate(training: Training, state: TrainState) -> tuple[dict[str, list[float]], float]:
    """Final metrics of all seeds, and the seconds of compilation."""
    started = time.perf_counter()
    evaluate_all = over_seeds(_with_key(training.evaluate), state)
    seconds = time.perf_counter() - started
    return _per_seed(jax.device_get(evaluate_all(state))), seconds


def _advance_to_end(
    program: Program,
    state: TrainState,
    step: int,
    config: Config,
    folder: RunFolder,
    options: RunOptions,
) -> tuple[TrainState, float]:
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
            evaluated = program.monitor(state)
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
    state: TrainState, step: int, config: Config, folder: RunFolder, options: RunOptions
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


def _compile(training: Training, num_seeds: int) -> Program:
    return compile_program(
        lambda seed: training.init(jax.random.key(seed)),
        training.advance,
        _with_key(training.monitor),
        num_seeds=num_seeds,
    )


def _with_key(
    measure: Callable[[TrainState, jax.Array], Metrics],
) -> Callable[[TrainState], Metrics]:
    """Gives a measurement of a state a key of its own, that of no update."""
    return lambda state: measure(state, jax.random.fold_in(state.key, state.step))


def _template(training: Training, num_seeds: int) -> TrainState:
    """Shapes of the state of all seeds; found without compiling anything."""
    template: TrainState = shapes(lambda seed: training.init(jax.random.key(seed)), num_seeds)
    return template


def _open_trackers(folder: RunFolder, options: RunOptions) -> list[trackers.Tracker]:
    try:
        return trackers.open_trackers(
            folder.path, folder.config, tensorboard=options.tensorboard, wandb=options.wandb
        )
    except ValueError as error:
        raise UserError(str(error)) from error


def _config_of(settings: Settings, path: Path) -> tuple[Config, list[int]]:
    """The configuration and the seeds of a run, as its folder states them."""
    name = settings.get("method")
    kind = {each.__name__: each for each in KINDS}.get(str(name))
    if kind is None:
        raise UserError(f"{path} is of another version of the settings: unknown method {name!r}")
    known, given = {"method", "seeds", *(entry.name for entry in fields(kind))}, set(settings)
    if known != given:
        strange = [f"unknown {name}" for name in sorted(given - known)]
        strange += [f"missing {name}" for name in sorted(known - given)]
        raise UserError(f"{path} is of another version of the settings: {', '.join(strange)}")
    values = {name: value for name, value in settings.items() if name not in ("method", "seeds")}
    config = kind(**values)
    return config, settings["seeds"]


def _line(training: Metrics, evaluation: Metrics) -> dict[str, list[float]]:
    """Metrics of one log point, a list over seeds each: training means, then evaluation.

    `loss_spread` is the standard deviation of the loss over the updates.
    """
    values = jax.device_get(training)
    means = {name: np.mean(series, axis=1) for name, series in values.items()}
    spread = {"loss_spread": np.std(values["loss"], axis=1)}
    return _per_seed({**means, **spread, **jax.device_get(evaluation)})


def _per_seed(metrics: Any) -> dict[str, list[float]]:
    return {name: np.asarray(values).tolist() for name, values in metrics.items()}
