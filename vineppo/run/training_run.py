"""Runs a training of several seeds: updates, evaluation, metrics, checkpoints, resume."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from common.logger import atomic, progress, trackers
from common.logger.errors import DivergedError, UserError
from common.logger.recorder import RunOptions
from common.logger.run_folder import RunFolder
from common.logger.settings import as_settings, config_of
from vineppo.config import TrainingConfig
from vineppo.evaluation.training_result import TrainingResult
from vineppo.model_files import sharding
from vineppo.model_files.snapshots import save_snapshot
from vineppo.run import checkpoints, resume
from vineppo.run.trainings import TRAININGS, Training, make_training
from vineppo.tasks.setup import first_params, make_setup
from vineppo.transformer import Params

State = Any
SHOWN = {"test_accuracy": "test", "reward": "reward", "loss": "loss", "kl": "kl"}


def run_seeds(
    config: TrainingConfig,
    seeds: Sequence[int],
    path: Path,
    options: RunOptions,
    reference: Params | None = None,
) -> TrainingResult:
    """Trains all seeds to the end, or continues a run that was stopped.

    Args:
      config: settings.
      seeds: one run each.
      path: the run folder.
      options: see `RunOptions`.
      reference: the initial policy; None for imitation, which makes it.

    Raises:
      FileExistsError: the folder is in use and `options.resume` is not set.
      DamagedFileError: the metrics of the run to continue are damaged.
      UserError: the run cannot be continued.
      DivergedError: a metric or a parameter is not finite; the last good checkpoint is kept.
      InterruptedRunError: `options.stop_if_asked` raised it; the run has saved.
    """
    settings = as_settings(config, seeds)
    with sharding.after_first_process():
        path = sharding.own_folder(path)
        if options.resume:
            folder = resume.folder_to_continue(path, settings, options.warn)
        else:
            folder = resume.new_folder(path, settings)
    options.stop_if_asked()
    training = make_training(config, reference)
    states = [training.init(seed) for seed in seeds]
    saved, step = resume.saved_state(folder, states, options.warn)
    if saved is not None:
        states = jax.tree.map(jnp.asarray, saved)
    states, seconds = _advance_to_end(training, states, step, config, folder, options)
    log = folder.metrics.read() if config.num_updates else []
    return TrainingResult(
        states=states,
        metrics={
            name: values for name, values in (log[-1] if log else {}).items() if name != "step"
        },
        log=log,
        origin=folder.provenance,
        seconds_per_update=seconds,
        path=path,
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
    return _over_seeds([saved.training.evaluate(state) for state in saved.states]), *saved[2:4]


class SavedRun(NamedTuple):
    """What a checkpoint of a run holds."""

    config: TrainingConfig
    training: Training
    seeds: list[int]
    step: int  # updates done
    states: list[State]  # one per seed


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
    config, seeds = config_of(settings, list(TRAININGS), path)
    kept = checkpoints.list_checkpoints(path)
    if checkpoint is None and not kept:
        raise FileNotFoundError(f"{path} holds no checkpoint: the run was stopped before its first")
    chosen = checkpoint or kept[-1]
    training = make_training(config, first_params(make_setup(config.initial)))
    template = [training.init(seed) for seed in seeds]
    try:
        states, step = checkpoints.load(chosen, template, settings)
    except atomic.DamagedFileError as error:
        others = [str(other) for other in kept if other.resolve() != chosen.resolve()]
        offer = f"; try --checkpoint {others[-1]}" if others else ""
        raise atomic.DamagedFileError(f"{error}{offer}") from error
    return SavedRun(config, training, seeds, step, jax.tree.map(jnp.asarray, states))


def _advance_to_end(
    training: Training,
    states: list[State],
    step: int,
    config: TrainingConfig,
    folder: RunFolder,
    options: RunOptions,
) -> tuple[list[State], float]:
    """The loop of a run: some updates of all seeds, evaluation, checks, metrics, checkpoint.

    Returns:
      The last states, and processor seconds of an update of one seed: the least of all log points,
      for the first compiles.
    """
    seconds: list[float] = []
    chunk = config.eval_every_updates
    with ExitStack() as stack:
        sinks = _open_trackers(folder, options)
        for sink in sinks:
            stack.callback(sink.close)
        bar = stack.enter_context(
            progress.Progress(
                config.num_updates, _description(folder), initial=step, quiet=options.quiet
            )
        )
        pool = stack.enter_context(ThreadPoolExecutor(len(states)))
        while step < config.num_updates:
            started = time.process_time()
            advanced = _map_seeds(
                pool,
                lambda state: advance(training, state, chunk),
                states,
                is_compiled=bool(seconds),
            )
            states = [state for state, _ in advanced]
            seconds.append((time.process_time() - started) / (chunk * len(states)))
            evaluated = _map_seeds(pool, training.evaluate, states, is_compiled=len(seconds) > 1)
            line = _over_seeds([a | b for (_, a), b in zip(advanced, evaluated, strict=True)])
            _check_finite(line, states, step + chunk, folder)
            step += chunk
            folder.metrics.append(step, line)
            for sink in sinks:
                sink.log(step, line)
            bar.advance(step, **{SHOWN[n]: float(np.mean(line[n])) for n in SHOWN if n in line})
            if getattr(config, "keeps_snapshots", False):
                models = sharding.fetch([{"params": s.params, "critic": s.critic} for s in states])
                save_snapshot(folder.path, models, step)
            checkpoints.save(folder.path, states, step, folder.config)
            options.stop_if_asked()
    return states, min(seconds, default=0.0)


def advance(training: Training, state: State, num_updates: int) -> tuple[State, dict[str, float]]:
    """Some updates of one seed; metrics are means over them, and the last of what is counted."""
    if hasattr(training, "advance"):
        found: tuple[State, dict[str, float]] = training.advance(state, num_updates)
        return found
    lines = []
    for _ in range(num_updates):
        state, metrics = training.update(state)
        lines.append(metrics)
    means = {name: float(np.mean([line[name] for line in lines])) for name in lines[0]}
    return state, means | {"sampled_tokens": lines[-1]["sampled_tokens"]}


def _map_seeds(
    pool: ThreadPoolExecutor,
    function: Callable[[State], Any],
    states: list[State],
    *,
    is_compiled: bool,
) -> list[Any]:
    """Applies a function to all seeds, a thread each; at first to one alone, which compiles."""
    if not is_compiled:
        return [function(states[0]), *pool.map(function, states[1:])]
    return list(pool.map(function, states))


@jax.jit
def _is_finite(params: Params) -> jax.Array:
    return jnp.all(jnp.array([jnp.all(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(params)]))


def _check_finite(
    line: dict[str, list[float]], states: list[State], step: int, folder: RunFolder
) -> None:
    """Stops a run in which something is no longer finite.

    Raises:
      DivergedError: the metric or a parameter, the seed, and the last good checkpoint.
    """
    bad = [(name, i) for name, row in line.items() for i, x in enumerate(row) if not np.isfinite(x)]
    for index, state in enumerate(states):
        bad += [] if _is_finite(state.params) else [("a parameter", index)]
    if bad:
        name, index = bad[0]
        kept = checkpoints.list_checkpoints(folder.path)
        good = f"last good checkpoint: {kept[-1]}" if kept else "there is no checkpoint before it"
        raise DivergedError(
            f"{name} is not finite at update {step} of seed {folder.config['seeds'][index]}; {good}"
        )


def _description(folder: RunFolder) -> str:
    """Name of a run in its progress bar: its experiment, and which part of it."""
    name, parent = folder.path.name, folder.path.parent.name
    return name.partition("-")[0] if "-" in name else f"{parent.partition('-')[0]} {name}"


def _open_trackers(folder: RunFolder, options: RunOptions) -> list[trackers.Tracker]:
    try:
        return trackers.open_trackers(
            folder.path, folder.config, tensorboard=options.tensorboard, wandb=options.wandb
        )
    except ValueError as error:
        raise UserError(str(error)) from error


def _over_seeds(lines: Sequence[dict[str, float]]) -> dict[str, list[float]]:
    return {name: [line[name] for line in lines] for name in lines[0]}
