"""Opens the folder of a run, new or to be continued, and finds where the run stands."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from common.logger import atomic, provenance
from common.logger.errors import UserError
from common.logger.run_folder import RunFolder
from common.logger.settings import differing_fields
from riemannian_diffusion.run import checkpoints

State = TypeVar("State")


def new_folder(path: Path, settings: Mapping[str, Any]) -> RunFolder:
    """Creates the folder of a new run.

    Raises:
      FileExistsError: there is something in it.
    """
    return RunFolder.create(path, settings, provenance.collect())


def folder_to_continue(
    path: Path, settings: Mapping[str, Any], warn: Callable[[str], None]
) -> RunFolder:
    """Opens the folder of a run that was stopped, or creates it if the run had not begun.

    Args:
      path: of the folder.
      settings: configuration and seeds of the run that wants to continue.
      warn: told if there is no run yet.

    Raises:
      FileNotFoundError: the folder holds something that is no run.
      DamagedFileError: `run.json` is damaged.
      UserError: the run is of other settings, which are listed.
    """
    for torn in path.glob(".run.json.*.tmp"):  # of a run killed at its very beginning
        torn.unlink()
    if not path.exists() or not any(path.iterdir()):
        warn(f"no run to resume in {path}; starting one there")
        return new_folder(path, settings)
    folder = RunFolder.open(path)
    differences = differing_fields(settings, folder.config)
    if differences:
        raise UserError(f"{path} is of another configuration: {'; '.join(differences)}")
    return folder


def saved_state(
    folder: RunFolder, template: State, warn: Callable[[str], None]
) -> tuple[State | None, int]:
    """Reads the newest sound checkpoint and cuts the metrics log to match it.

    Args:
      folder: of the run.
      template: see `checkpoints.load`.
      warn: told about each damaged checkpoint that is passed over.

    Returns:
      State and updates done; None and 0 if the run has no checkpoint yet.

    Raises:
      DamagedFileError: the metrics log is damaged.
      UserError: see `checkpoints.load_newest`.
    """
    saved = checkpoints.load_newest(folder.path, template, folder.config, warn)
    state, step = saved or (None, 0)
    log = folder.metrics
    log.truncate_after(step)
    if step and not (log.path.exists() and (lines := log.read()) and lines[-1]["step"] == step):
        raise atomic.DamagedFileError(
            f"{log.path} is damaged: it lacks update {step}, where the checkpoint is; "
            "start afresh without --resume"
        )
    return state, step
