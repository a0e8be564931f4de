"""Runs a training of several seeds: compiled chunks, evaluation, metrics, checkpoints, resume."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from common.logger import atomic, progress, provenance, trackers
from common.logger.run_folder import RunFolder
from loqa import checkpoints, evaluate, train
from loqa.configs import IpdConfig
from loqa.errors import DivergedError, UserError
from loqa.interrupts import SignalWatch
from loqa.networks import Params

Metrics = dict[str, Array]
SEEDS = PartitionSpec("seeds")
Evaluation = Callable[[IpdConfig, Params, Array], Metrics]  # consumes the key
SHOWN = ("self_play_value", "is_tit_for_tat", "cosine_learned")  # if there, mean over seeds


@dataclass(frozen=True)
class RunOptions:
    """How a run behaves towards the outside; none of it changes a number.

    Attributes:
      resume: whether to continue the run in the folder; otherwise the folder must be new.
      quiet: whether to show no progress.
      tensorboard: whether to write TensorBoard files too.
      wandb: whether to log to Weights & Biases too.
      warn: told in a line about damaged checkpoints that were passed over.
    """

    resume: bool = False
    quiet: bool = False
    tensorboard: bool = False
    wandb: bool = False
    warn: Callable[[str], None] = lambda line: None


class RunResult(NamedTuple):
    """What a finished run leaves in memory; the rest is in its folder."""

    state: train.TrainState  # leading axis: seeds
    metrics: dict[str, list[float]]  # final evaluation, a value per seed
    log: list[dict[str, Any]]  # lines of metrics.jsonl
    origin: dict[str, Any]  # provenance of the run's first start
    compile_seconds: float


class Program(NamedTuple):
    """The functions of a run over all seeds, sharded over the devices and compiled."""

    init: Callable[[Array], train.TrainState]  # seeds [S] -> state
    advance: Callable[[train.TrainState], tuple[train.TrainState, Metrics]]  # metrics [S, updates]
    evaluate: Callable[[train.TrainState], Metrics]  # [S]
    compile_seconds: float


def compile_program(config: IpdConfig, num_seeds: int, evaluation: Evaluation) -> Program:
    """Lifts one seed's training over the seeds and compiles it.

    The seeds are spread over the largest number of devices that divides them. `advance` does
    `config.eval_every_updates` updates and donates its argument.
    """
    started = time.perf_counter()
    num_devices = max(d for d in range(1, jax.device_count() + 1) if num_seeds % d == 0)
    mesh = jax.make_mesh(
        (num_devices,), ("seeds",), axis_types=(AxisType.Auto,), devices=jax.devices()[:num_devices]
    )
    training = train.make_train(config)

    def advance_one(state: train.TrainState) -> tuple[train.TrainState, Metrics]:
        return jax.lax.scan(
            lambda state, _: training.update(state), state, length=config.eval_every_updates
        )

    def evaluate_one(state: train.TrainState) -> Metrics:
        return evaluation(config, state.params, jax.random.fold_in(state.key, state.step))

    def lift(function: Callable[[Any], Any], **options: Any) -> Any:
        # No seed needs another: each device runs its own share without communication.
        lifted = jax.shard_map(
            jax.vmap(function), mesh=mesh, in_specs=SEEDS, out_specs=SEEDS, check_vma=False
        )
        return jax.jit(lifted, **options)

    sharding = NamedSharding(mesh, SEEDS)
    init = lift(lambda seed: training.init(jax.random.key(seed)))
    seeds = jax.ShapeDtypeStruct((num_seeds,), jnp.int32, sharding=sharding)
    state = jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding),
        jax.eval_shape(init, seeds),
    )
    compiled = [
        function.lower(argument).compile()
        for function, argument in (
            (init, seeds),
            (lift(advance_one, donate_argnums=0), state),
            (lift(evaluate_one), state),
        )
    ]
    init_all, advance_all, evaluate_all = compiled

    def on_devices(tree: Any) -> Any:
        return jax.device_put(tree, sharding)

    return Program(
        init=lambda seeds: init_all(on_devices(seeds)),
        advance=lambda state: advance_all(on_devices(state)),
        evaluate=lambda state: evaluate_all(on_devices(state)),
        compile_seconds=time.perf_counter() - started,
    )


def run_seeds(
    config: IpdConfig,
    seeds: Sequence[int],
    path: Path,
    options: RunOptions,
    evaluation: Evaluation = evaluate.evaluate,
) -> RunResult:
    """Trains all seeds to the end, or continues a run that was stopped.

    Args:
      config: settings.
      seeds: one run each.
      path: the run folder.
      options: see `RunOptions`.
      evaluation: what is measured of the agent at every log point.

    Raises:
      FileExistsError: the folder is in use and `options.resume` is not set.
      UserError: the run cannot be continued.
      DivergedError: a metric or a parameter is not finite; the last good checkpoint is kept.
      InterruptedRunError: a signal came; the run has saved and can be resumed.
    """
    settings = {**asdict(config), "seeds": list(seeds)}
    folder = _open_folder(path, settings, options)
    program = compile_program(config, len(seeds), evaluation)
    seed_array = jnp.asarray(seeds, jnp.int32)
    state, step = _initial_state(program, seed_array, folder, settings, options)
    sinks = _open_trackers(path, settings, options)
    bar = progress.Progress(
        config.num_updates, path.name.partition("-")[0], initial=step, quiet=options.quiet
    )
    with bar, SignalWatch() as watch:
        while step < config.num_updates:
            watch.stop_if_noted()
            state, metrics = program.advance(state)
            _check_finite(metrics, state, step, seeds, folder)
            step += config.eval_every_updates
            line = _line(metrics, program.evaluate(state))
            folder.metrics.append(step, line)
            checkpoints.save(path, jax.device_get(state), step, settings)
            for sink in sinks:
                sink.log(step, line)
            bar.advance(
                step, **{name: float(np.mean(line[name])) for name in SHOWN if name in line}
            )
    for sink in sinks:
        sink.close()
    final = {name: np.asarray(values).tolist() for name, values in program.evaluate(state).items()}
    return RunResult(
        state, final, folder.metrics.read(), folder.provenance, program.compile_seconds
    )


def evaluate_run(
    path: Path, checkpoint: Path | None
) -> tuple[dict[str, list[float]], list[int], int]:
    """Evaluates a checkpoint of a run.

    Args:
      path: the run folder.
      checkpoint: the file; None for the newest.

    Returns:
      Metrics with a value per seed, the seeds, and the updates done.

    Raises:
      FileNotFoundError: there is no such run or checkpoint.
      DamagedFileError: the file fails a check; the message offers an older one.
    """
    settings = RunFolder.open(path).config
    seeds = settings["seeds"]
    config = IpdConfig(**{name: value for name, value in settings.items() if name != "seeds"})
    kept = checkpoints.list_checkpoints(path)
    if checkpoint is None and not kept:
        raise FileNotFoundError(f"{path} holds no checkpoint: the run was stopped before its first")
    chosen = checkpoint or kept[-1]
    program = compile_program(config, len(seeds), evaluate.evaluate)
    template = program.init(jnp.asarray(seeds, jnp.int32))
    try:
        state, step = checkpoints.load(chosen, template, settings)
    except atomic.DamagedFileError as error:
        others = [str(other) for other in kept if other != chosen]
        offer = f"; try --checkpoint {others[-1]}" if others else ""
        raise atomic.DamagedFileError(f"{error}{offer}") from error
    metrics = {name: np.asarray(v).tolist() for name, v in program.evaluate(state).items()}
    return metrics, seeds, step


def _open_folder(path: Path, settings: dict[str, Any], options: RunOptions) -> RunFolder:
    if options.resume and path.exists():
        return RunFolder.open(path)
    return RunFolder.create(path, settings, provenance.collect())


def _open_trackers(
    path: Path, settings: dict[str, Any], options: RunOptions
) -> list[trackers.Tracker]:
    try:
        return trackers.open_trackers(
            path, settings, tensorboard=options.tensorboard, wandb=options.wandb
        )
    except ValueError as error:
        raise UserError(str(error)) from error


def _initial_state(
    program: Program,
    seeds: Array,
    folder: RunFolder,
    settings: dict[str, Any],
    options: RunOptions,
) -> tuple[train.TrainState, int]:
    """The state to start from, and the metrics log cut to match it."""
    state = program.init(seeds)
    loaded = None
    if options.resume:
        loaded = checkpoints.load_newest(folder.path, state, settings, options.warn)
    folder.metrics.truncate_after(loaded[1] if loaded else 0)
    return loaded or (state, 0)


def _line(training: Metrics, evaluation: Metrics) -> dict[str, list[float]]:
    """Metrics of one log point, a list over seeds each: training means, then evaluation."""
    means = {name: np.mean(values, axis=1) for name, values in jax.device_get(training).items()}
    return {name: np.asarray(values).tolist() for name, values in {**means, **evaluation}.items()}


def _check_finite(
    metrics: Metrics, state: train.TrainState, step: int, seeds: Sequence[int], folder: RunFolder
) -> None:
    """Stops a run whose metrics [S, updates] or parameters after `step` updates are not finite."""
    bad = [
        (int(update), name, int(seed))
        for name, values in jax.device_get(metrics).items()
        for seed, update in np.argwhere(~np.isfinite(values))
    ]
    leaves = jax.tree.leaves(jax.device_get(state.params))
    if not bad and all(np.isfinite(leaf).all() for leaf in leaves):
        return
    update, name, seed = min(bad, default=(int(state.step[0]) - step - 1, "a parameter", None))
    whose = "" if seed is None else f" of seed {seeds[seed]}"
    kept = checkpoints.list_checkpoints(folder.path)
    good = f"last good checkpoint: {kept[-1]}" if kept else "there is no checkpoint before it"
    raise DivergedError(f"{name} is not finite at update {step + update + 1}{whose}; {good}")
