"""Runs experiments and writes what they show: result record, learning curves, claim entries."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from common.logger import claims, curves, provenance, results
from common.logger.run_folder import RunFolder
from loqa import runs
from loqa.configs import EXPERIMENTS, FIRST_SEED, Config, Experiment, GradientConfig
from loqa.estimator_bias import compare_gradients
from loqa.runs import RunOptions

PAPER = "loqa"
CRITICS: tuple[Literal["sarsa", "returns"], ...] = ("sarsa", "returns")
Values = dict[str, list[float]]  # metric -> a value per seed


@dataclass(frozen=True)
class Request:
    """What a call of `reproduce` asks for.

    Attributes:
      preset: smoke, quick or paper.
      num_seeds: None for the preset's.
      results_dir: where the folder of the preset's records lies.
      runs_dir: where run folders lie.
      force: whether records of newer runs may be overwritten.
      options: see `RunOptions`; `resume` continues the newest run of the experiment.
    """

    preset: str
    num_seeds: int | None
    results_dir: Path
    runs_dir: Path
    force: bool
    options: RunOptions


class _Outcome(NamedTuple):
    metrics: Values
    curves: list[dict[str, float]]
    origin: dict[str, Any]  # provenance of the run, of its first start if it was resumed
    compile_seconds: float


def reproduce(name: str, request: Request) -> dict[str, Any]:
    """Runs one experiment at a preset and writes its record and curves.

    Args:
      name: of the experiment.
      request: preset, folders and options.

    Returns:
      The record.

    Raises:
      results.NewerRecordError: the results folder holds a newer record, and not `force`.
      DamagedFileError: the record there is damaged, and not `force`.
      Exception: whatever `runs.run_seeds` raises.
    """
    started = time.perf_counter()
    experiment = EXPERIMENTS[name]
    num_seeds = request.num_seeds or experiment.num_seeds[request.preset]
    seeds = list(range(FIRST_SEED, FIRST_SEED + num_seeds))
    folder = request.results_dir / request.preset
    folder.mkdir(parents=True, exist_ok=True)
    path = run_path(name, request.runs_dir, request.preset, resume=request.options.resume)
    if not request.force:
        results.check_not_newer(folder / f"{name}.json", _started_at(path))

    outcome = _run(experiment.configs[request.preset], seeds, path, request.options)
    record = results.make_record(
        paper=PAPER,
        experiment=name,
        preset=request.preset,
        claims=_judged(experiment, outcome.metrics, is_scientific=request.preset != "smoke"),
        metrics=outcome.metrics,
        config=asdict(experiment.configs[request.preset]),
        seeds=seeds,
        provenance=outcome.origin,
        wall_seconds=time.perf_counter() - started,
        compile_seconds=outcome.compile_seconds,
        peak_memory_bytes=provenance.peak_memory_bytes(),
    )
    results.write_record(folder, record, force=request.force)
    curves.write_curves(folder / f"{name}.csv", outcome.curves)
    return record


def run_path(name: str, runs_dir: Path, preset: str, *, resume: bool) -> Path:
    """Returns the run folder: a new one, or with `resume` the newest of the experiment."""
    parent = runs_dir / PAPER / preset
    earlier = sorted(parent.glob(f"{name}-2*"))
    if resume and earlier:
        return earlier[-1]
    return parent / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"


def curve_rows(log: Sequence[Mapping[str, Any]], seeds: Sequence[int]) -> list[dict[str, float]]:
    """Turns lines of metrics with lists over seeds into rows of a curve, one per line and seed."""
    return [
        {
            "update": line["step"],
            "seed": seed,
            **{name: values[i] for name, values in line.items() if name != "step"},
        }
        for line in log
        for i, seed in enumerate(seeds)
    ]


def _started_at(path: Path) -> str:
    """When the run in a folder was started; now, if it is yet to be."""
    for folder in (path, path / CRITICS[0]):
        if (folder / "run.json").exists():
            return str(RunFolder.open(folder).provenance["started_at"])
    return datetime.now(UTC).isoformat()


def _judged(
    experiment: Experiment, metrics: Values, *, is_scientific: bool
) -> list[dict[str, Any]]:
    """Claim entries; those that fail carry the experiment's sentence on why."""
    failing = {
        claim.id: experiment.why_it_fails
        for claim in experiment.claims
        if claims.judge(claim.criterion, metrics[claim.metric]) != claims.Verdict.REPRODUCED
    }
    return claims.evaluate_claims(
        experiment.claims, metrics, notes=failing, scientific=is_scientific
    )


def _run(config: Config, seeds: Sequence[int], path: Path, options: RunOptions) -> _Outcome:
    if isinstance(config, GradientConfig):
        return _compare_critics(config, seeds, path, options)
    result = runs.run_seeds(config, seeds, path, options)
    rows = curve_rows(result.log, seeds)
    return _Outcome(result.metrics, rows, result.origin, result.compile_seconds)


def _compare_critics(
    config: GradientConfig, seeds: Sequence[int], path: Path, options: RunOptions
) -> _Outcome:
    """Runs `beyond_ipd_estimator_bias`: two trainings, judged by their gradients on the way.

    Metrics are means over the snapshots.
    """
    compared = partial(compare_gradients, num_batches=config.num_batches)
    by_critic = {
        critic: runs.run_seeds(
            config.training(critic), seeds, path / critic, options, evaluation=compared
        )
        for critic in CRITICS
    }
    means: dict[str, dict[str, np.ndarray]] = {
        critic: {
            name: np.mean([line[name] for line in result.log], axis=0)  # [seeds]
            for name in result.log[0]
            if name != "step"
        }
        for critic, result in by_critic.items()
    }
    return _Outcome(
        metrics={name: values.tolist() for name, values in _compared(means).items()},
        curves=_side_by_side({c: curve_rows(r.log, seeds) for c, r in by_critic.items()}),
        origin=by_critic[CRITICS[0]].origin,
        compile_seconds=sum(result.compile_seconds for result in by_critic.values()),
    )


def _compared(means: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Metrics of both runs, critic -> metric -> [seeds], under the names that claims use."""
    exact, exact_value = (
        np.mean([means[critic][name] for critic in CRITICS], axis=0)
        for name in ("cosine_exact", "cosine_exact_value")
    )
    learned = {
        f"{name}_{critic}_critic": means[critic][f"{name}_learned"]
        for name in ("cosine", "signal")
        for critic in CRITICS
    }
    return {
        **learned,
        "cosine_exact_critic": exact,
        "cosine_exact_critic_value": exact_value,
        "cosine_gain_of_critic_value": exact_value - exact,
    }


def _side_by_side(runs_rows: Mapping[str, list[dict[str, float]]]) -> list[dict[str, float]]:
    """Joins the curves of several runs row by row; a metric's name gets the run's in front."""
    joined = []
    for rows in zip(*runs_rows.values(), strict=True):
        row = {name: rows[0][name] for name in ("update", "seed")}
        for run, values in zip(runs_rows, rows, strict=True):
            row |= {f"{run}_{name}": v for name, v in values.items() if name not in row}
        joined.append(row)
    return joined
