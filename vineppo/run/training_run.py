"""Trains the seeds of one setting: updates, evaluation, what is kept of them, resume."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from common.logger import atomic, checkpoints, resume
from common.logger.errors import InterruptedRunError
from common.logger.recorder import Recorder
from common.logger.run_folder import RunFolder, RunOptions
from vineppo.config import TrainingConfig
from vineppo.evaluation.training_result import TrainingResult
from vineppo.model_files import sharded_checkpoints, sharding
from vineppo.model_files.snapshots import save_snapshot
from vineppo.run.kinds import (
    KINDS,
    Progress,
    Training,
    advance,
    begin,
    is_finite,
    make_training,
    per_seed,
)
from vineppo.run.seeds import Pace, SeedThreads
from vineppo.transformer import Params

SHOWN = {"test_accuracy": "test", "reward": "reward", "loss": "loss", "kl": "kl"}
TIMES = "times.json"  # of a run, beside its metrics
COST = "cpu_seconds_per_update"


def run_seeds(
    config: TrainingConfig,
    reference: Params | None,
    folder: RunFolder,
    options: RunOptions,
    description: str,
    shorter: Path | None = None,
) -> TrainingResult:
    """Trains all seeds of a run to the end, from where it stands.

    Args:
      config: settings.
      reference: the initial policy; None for imitation, which makes it.
      folder: of the run, which says the seeds.
      options: see `RunOptions`.
      description: for the progress bar.
      shorter: folder of a run that this one lengthens.

    Raises:
      DamagedFileError: the metrics of the run to continue are damaged.
      UserError: the run cannot be continued.
      DivergedError: a metric or a parameter is not finite; the last good checkpoint is kept.
      InterruptedRunError: a signal has come; the run has saved.
    """
    seeds = folder.config["seeds"]
    recorder = Recorder(
        folder,
        options,
        num_updates=config.num_updates,
        description=description,
        shown=SHOWN,
        save=sharded_checkpoints.save,
    )
    with recorder, SeedThreads(len(seeds)) as threads:
        options.stop_if_asked()
        training = make_training(config, reference)
        begun = begin(training, seeds)
        if shorter:
            resume.lengthen(shorter, folder, begun, options.warn)
        standing = _saved(folder, begun, options)
        recorder.begin_at(standing.step)
        progress = _to_the_end(training, standing, recorder, threads, options)
    log = folder.metrics.read()
    return TrainingResult(
        states=[each.state for each in progress],
        metrics={name: values for name, values in log[-1].items() if name != "step"},
        log=log,
        origin=folder.provenance,
        seconds_per_update=_least_cost(folder),
        path=folder.path,
    )


class Standing(NamedTuple):
    """Where a run stands."""

    progress: list[Progress]  # of each seed
    step: int  # updates done
    is_due: bool  # whether their evaluation is missing


def _saved(folder: RunFolder, begun: list[Progress], options: RunOptions) -> Standing:
    """Where a run stands by its newest checkpoint.

    A checkpoint may be older than its line in the metrics log: a signal may have come amid the
    evaluation.
    """
    saved = checkpoints.load_newest(
        folder.path, begun, folder.config, options.warn, read=sharded_checkpoints.load
    )
    progress, step = saved or (begun, 0)
    log = folder.metrics
    logged = {line["step"] for line in log.read()} if log.path.exists() else set()
    is_due = step > 0 or folder.config["num_updates"] == 0
    is_log_point = step % folder.config["eval_every_updates"] == 0
    is_missing = is_due and is_log_point and step not in logged
    resume.cut_log(folder, max(step - is_missing, 0))
    return Standing(progress, step, is_missing)


def _to_the_end(
    training: Training,
    standing: Standing,
    recorder: Recorder,
    threads: SeedThreads,
    options: RunOptions,
) -> list[Progress]:
    """The loop of a run: some seconds of updates; at log points evaluation, checks, metrics."""
    (progress, step, is_due), config = standing, training.config
    pace = Pace(KINDS[type(config)].block(config))
    while is_due or step < config.num_updates:
        if is_due:
            _evaluate(training, progress, step, recorder, threads, options)
            _keep_least_cost(recorder.folder, pace.seconds_per_update(len(progress)))
            is_due = False
        else:
            done = step % config.eval_every_updates
            number = pace.number(config.eval_every_updates - done)
            with pace.measured(number):
                update = partial(advance, training, done, number)
                progress = threads.map("update", update, progress)
            step += number
            is_due = step % config.eval_every_updates == 0
            if not is_due:
                recorder.advance(step)
        if not is_due:
            recorder.save_if_due(step, partial(list, progress))
    return progress


def _evaluate(
    training: Training,
    progress: list[Progress],
    step: int,
    recorder: Recorder,
    threads: SeedThreads,
    options: RunOptions,
) -> None:
    """Evaluates all seeds, checks and logs; a signal ends it between two batches of questions."""
    states = [each.state for each in progress]
    try:
        evaluated = threads.map(
            "evaluation", lambda state: training.evaluate(state, options.stop_if_asked), states
        )
    except InterruptedRunError:
        recorder.save_if_due(step, partial(list, progress))
        raise
    if getattr(training.config, "keeps_snapshots", False):
        models = sharding.fetch([{"params": s.params, "critic": s.critic} for s in states])
        save_snapshot(recorder.folder.path, models, step)
    series = np.stack([each.series for each in progress])  # [S, metrics, E]
    names = training.metric_names if step else ()
    recorder.record(
        step,
        {name: series[:, index] for index, name in enumerate(names)},
        per_seed(evaluated),
        np.array([0.0 if is_finite(state.params) else np.nan for state in states]),
        summarise,
    )


def summarise(training: Mapping[str, np.ndarray]) -> dict[str, list[float]]:
    """What is logged of metrics [S, updates]: means; of what is counted the last."""
    means = {
        name: [float(np.mean(of_seed)) for of_seed in values] for name, values in training.items()
    }
    if "sampled_tokens" in training:
        means["sampled_tokens"] = training["sampled_tokens"][:, -1].tolist()
    return means


def _keep_least_cost(folder: RunFolder, seconds: float | None) -> None:
    """Notes processor seconds of an update if they are the least so far: the first compile."""
    known = _least_cost(folder)
    if seconds is not None and (not known or seconds < known):
        atomic.write_json(folder.path / TIMES, {COST: seconds})


def _least_cost(folder: RunFolder) -> float:
    """Processor seconds of an update of one seed, the least of all log points; 0 if unknown."""
    path = folder.path / TIMES
    return float(atomic.read_json(path)[COST]) if path.exists() else 0.0
