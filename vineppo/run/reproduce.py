"""Gives an experiment its settings, its run folder and its trainer, and has it reproduced."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from common.logger import reproduce as reproduction
from common.logger.errors import UserError
from common.logger.experiment import Findings
from common.logger.recorder import RunOptions
from common.logger.reproduce import Request
from vineppo.experiments import EXPERIMENTS, PAPER
from vineppo.experiments.presets import with_checkpoint
from vineppo.run.trainer import Finished, Trainer


@dataclass(frozen=True)
class Call:
    """A call of `reproduce`.

    Attributes:
      request: preset, seeds, folders of results.
      runs_dir: where run folders lie.
      options: see `RunOptions`; `resume` continues the newest run of the experiment.
      model: folder of a checkpoint, for presets that need one.
      data_dir: of GSM8K and MATH.
      finished: trainings of this call so far; an experiment that needs one again takes it.
      measured: what was measured of them.
    """

    request: Request
    runs_dir: Path
    options: RunOptions
    model: str = ""
    data_dir: str = ""
    finished: Finished = field(default_factory=dict)
    measured: dict[Any, Findings] = field(default_factory=dict)


def reproduce(name: str, call: Call) -> dict[str, Any]:
    """Runs one experiment and writes its record, curves and figure; returns the record.

    Raises:
      UserError: the preset needs a checkpoint, and none is given.
      Exception: whatever `common.logger.reproduce.reproduce` raises.
    """
    preset = call.request.preset
    reproduction.check_offered(PAPER, name, preset)
    experiment = EXPERIMENTS[name]
    config = experiment.configs[preset]
    if experiment.trained(config).initial.task != "arithmetic":
        if not call.model:
            raise UserError(
                f"preset {preset} needs --model, the folder of a Hugging Face checkpoint; "
                "quick runs without"
            )
        config = with_checkpoint(config, call.model, call.data_dir)
    path = run_path(name, call.runs_dir, preset, resume=call.options.resume)
    seeds = call.request.seeds(PAPER, name)
    trainer = Trainer(path, seeds, call.options, call.finished, call.measured)
    return reproduction.reproduce(PAPER, name, config, trainer, call.request).record


def run_path(name: str, runs_dir: Path, preset: str, *, resume: bool) -> Path:
    """Returns the run folder: a new one, or with `resume` the newest of the experiment."""
    parent = runs_dir / PAPER.name / preset
    earlier = sorted(parent.glob(f"{name}-2*"))
    if resume and earlier:
        return earlier[-1]
    return parent / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
