"""Runs experiments and writes what they show: result record, learning curves, claim entries."""

import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from advantage_alignment.experiments import PAPER
from advantage_alignment.run.trainer import Finished, Trainer
from advantage_alignment.run.training_run import RunOptions
from common.logger import claims, curves, provenance, results
from common.logger.errors import UserError
from common.logger.experiment import Experiment, Metrics
from common.logger.run_folder import RunFolder


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
      finished: trainings of this call so far; an experiment that needs one again takes it.
    """

    preset: str
    num_seeds: int | None
    results_dir: Path
    runs_dir: Path
    force: bool
    options: RunOptions
    finished: Finished = field(default_factory=dict)


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
      Exception: whatever `training_run.run_seeds` raises.
    """
    started = time.perf_counter()
    experiment = PAPER.experiments[name]
    if request.preset not in experiment.configs:
        offered = ", ".join(experiment.configs)
        raise UserError(f"{name} has no preset {request.preset}; valid: {offered}")
    num_seeds = request.num_seeds or experiment.num_seeds[request.preset]
    seeds = list(range(PAPER.first_seed, PAPER.first_seed + num_seeds))
    folder = request.results_dir / request.preset
    folder.mkdir(parents=True, exist_ok=True)
    path = run_path(name, request.runs_dir, request.preset, resume=request.options.resume)
    if not request.force:
        results.check_not_newer(folder / f"{name}.json", _started_at(path))

    trainer = Trainer(path, seeds, request.options, request.finished)
    findings = experiment.run(experiment.configs[request.preset], trainer)
    record = results.make_record(
        paper=PAPER.name,
        experiment=name,
        preset=request.preset,
        claims=_claim_entries(experiment, findings.metrics, request.preset),
        metrics=findings.metrics,
        config=asdict(experiment.configs[request.preset]),
        seeds=seeds,
        provenance=trainer.origin,
        wall_seconds=time.perf_counter() - started,
        compile_seconds=trainer.compile_seconds,
        peak_memory_bytes=provenance.peak_memory_bytes(),
    )
    results.write_record(folder, record, force=request.force)
    curves.write_curves(folder / f"{name}.csv", findings.curves)
    return record


def run_path(name: str, runs_dir: Path, preset: str, *, resume: bool) -> Path:
    """Returns the run folder: a new one, or with `resume` the newest of the experiment."""
    parent = runs_dir / PAPER.name / preset
    earlier = sorted(parent.glob(f"{name}-2*"))
    if resume and earlier:
        return earlier[-1]
    return parent / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"


def _started_at(path: Path) -> str:
    """When the run in a folder was started; now, if it is yet to be."""
    files = [path / "run.json", *path.glob("*/run.json")]
    starts = [
        RunFolder.open(file.parent).provenance["started_at"] for file in files if file.exists()
    ]
    return min(starts, default=datetime.now(UTC).isoformat())


def _claim_entries(experiment: Experiment, metrics: Metrics, preset: str) -> list[dict[str, Any]]:
    """Claim entries; those that fail carry the experiment's sentence on why."""
    # A single seed meets no other: a smoke run cannot measure that.
    declared = [c for c in experiment.claims_at(preset) if c.metric in metrics or preset != "smoke"]
    notes = {claim.id: experiment.note(claim.id) for claim in declared}
    return claims.evaluate_claims(declared, metrics, preset, notes)
