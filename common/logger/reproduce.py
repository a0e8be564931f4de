"""Runs an experiment and writes what it shows: record, learning curves, figure."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from common.logger import atomic, claims, curves, figures, provenance, results
from common.logger.errors import UserError
from common.logger.experiment import Experiment, Metrics, Paper


class Trainer(Protocol):
    """What trains for an experiment; the rest of it is the paper's own.

    Attributes:
      origin: provenance of its first training, None before it.
      compile_seconds: of all its trainings so far, None if not measured.
    """

    origin: dict[str, Any] | None
    compile_seconds: float | None


@dataclass(frozen=True)
class Request:
    """What a call of `reproduce` asks for.

    Attributes:
      preset: smoke, quick, day or paper.
      num_seeds: None for the preset's.
      results_dir: where the folder of the preset's records lies.
      force: whether records of newer runs may be overwritten.
    """

    preset: str
    num_seeds: int | None
    results_dir: Path
    force: bool = False

    def seeds(self, paper: Paper, name: str) -> list[int]:
        """Returns the seeds of an experiment: the paper's first and the next."""
        number = self.num_seeds or paper.experiments[name].num_seeds[self.preset]
        return list(range(paper.first_seed, paper.first_seed + number))


class Outcome(NamedTuple):
    """What a call of `reproduce` gave for one experiment.

    Attributes:
      record: the new record.
      path: its file.
      committed: the record that was in the paper's results before; None if there was none.
    """

    record: dict[str, Any]
    path: Path
    committed: dict[str, Any] | None


def check_offered(paper: Paper, name: str, preset: str) -> None:
    """Checks that an experiment has a preset.

    Raises:
      UserError: it has not; the message gives those that it has.
    """
    offered = list(paper.experiments[name].configs)
    if preset not in offered:
        raise UserError(f"{name} has no preset {preset}; it has {', '.join(offered)}")


def reproduce(paper: Paper, name: str, config: Any, trainer: Trainer, request: Request) -> Outcome:
    """Runs one experiment at a preset and writes its record, curves and figure.

    A run of fewer seeds than the preset's, or than the record that is there, does not replace it:
    it goes to a folder of its own beside the preset's.

    Args:
      paper: whose experiment it is.
      name: of the experiment.
      config: its settings.
      trainer: trains what it needs.
      request: preset, seeds, folders.

    Raises:
      results.NewerRecordError: the results folder holds a newer record, and not `force`.
      DamagedFileError: the record there is damaged, and not `force`.
      Exception: whatever the experiment raises.
    """
    started, started_at = time.perf_counter(), datetime.now(UTC).isoformat()
    experiment, seeds = paper.experiments[name], request.seeds(paper, name)
    committed = _record_at(paper.folder / "results" / request.preset / f"{name}.json", request)
    folder = _folder(experiment, name, len(seeds), request)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    if not request.force:
        results.check_not_newer(path, started_at)
    findings = experiment.run(config, trainer)
    record = results.make_record(
        paper=paper.name,
        experiment=name,
        preset=request.preset,
        claims=_claim_entries(experiment, findings.metrics, request.preset),
        metrics=findings.metrics,
        config=asdict(config),
        seeds=seeds,
        provenance=trainer.origin or provenance.collect(),
        wall_seconds=time.perf_counter() - started,
        compile_seconds=trainer.compile_seconds,
        peak_memory_bytes=provenance.peak_memory_bytes(),
    )
    results.write_record(folder, record, force=request.force)
    curves.write_curves(folder / f"{name}.csv", findings.curves)
    figures.draw(experiment, folder, name)
    return Outcome(record, path, committed)


def _folder(experiment: Experiment, name: str, num_seeds: int, request: Request) -> Path:
    """Where the record goes: to the preset's folder, or apart if it has fewer seeds."""
    folder = request.results_dir / request.preset
    present = _record_at(folder / f"{name}.json", request)
    wanted = max(experiment.num_seeds[request.preset], len(present["seeds"]) if present else 0)
    return folder if num_seeds >= wanted else folder.with_name(f"{folder.name}-{num_seeds}-seeds")


def _record_at(path: Path, request: Request) -> dict[str, Any] | None:
    """The record of a file; None if there is none, or a damaged one that may be overwritten."""
    try:
        return results.read_record(path) if path.exists() else None
    except atomic.DamagedFileError:
        if request.force:
            return None
        raise


def _claim_entries(
    experiment: Experiment, metrics: Mapping[str, Any] | Metrics, preset: str
) -> list[dict[str, Any]]:
    """Claim entries; those that fail carry the experiment's sentence on why."""
    # A single seed meets no other: a smoke run cannot measure that.
    declared = [c for c in experiment.claims_at(preset) if c.metric in metrics or preset != "smoke"]
    notes = {claim.id: experiment.note(claim.id) for claim in declared}
    return claims.evaluate_claims(declared, metrics, preset=preset, notes=notes)
