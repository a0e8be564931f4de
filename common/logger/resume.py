"""Where a run lies on disk and where it stands: begun, continued, found finished, lengthened.

All runs of a paper lie side by side, `KIND-DIGEST-TIME`: the class of their settings, a digest of
settings and seeds, and when they began. A run is found by what it trains, whichever experiment
began it.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from common.logger import atomic, checkpoints, json_text, provenance
from common.logger.errors import UserError
from common.logger.run_folder import RunFolder, RunOptions
from common.logger.settings import differing_fields

LENGTH = "num_updates"  # the setting that says how long a run is

State = TypeVar("State")
Settings = Mapping[str, Any]


class Place(NamedTuple):
    """The folder of a run, and what is there."""

    path: Path
    is_finished: bool
    is_begun: bool  # finished, or to be continued
    shorter: Path | None = None  # a run of the same settings that this one lengthens


def find(
    parent: Path,
    settings: Settings,
    code: str,
    *,
    num_updates: int,
    can_be_lengthened: bool = False,
    resume: bool = False,
    retrain: bool = False,
) -> Place:
    """Finds the folder of a run, or names that of a new one.

    A finished run of the same settings, seeds and code is found as it is. With `resume` the newest
    run of the same settings and seeds goes on, whatever code began it, finished or not; without
    one, a shorter run is lengthened.

    Args:
      parent: folder of all runs of the paper.
      settings: configuration and seeds.
      code: digest of the code, see `code_digest`.
      num_updates: of the whole run.
      can_be_lengthened: whether an update does not depend on how many there will be.
      resume: whether to go on with what was begun.
      retrain: whether to begin anew in any case.
    """
    length_apart = json_text.to_text({**settings, LENGTH: None})
    stem = f"{settings['kind']}-{hashlib.sha256(length_apart.encode()).hexdigest()[:10]}"
    found = [] if retrain else sorted(parent.glob(f"{stem}-*/run.json"))[::-1]
    runs = [RunFolder.open(file.parent) for file in found]
    for run in (run for run in runs if run.config == settings):
        is_finished = _steps(run) == num_updates
        if resume or (is_finished and run.provenance.get("code") == code):
            return Place(run.path, is_finished, True)
    new = parent / f"{stem}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    may_lengthen = resume and can_be_lengthened
    shorter = [run for run in runs if 0 < _steps(run) < num_updates] if may_lengthen else []
    longest = max(shorter, key=_steps, default=None)
    return Place(new, False, False, longest.path if longest else None)


def code_digest(*folders: Path) -> str:
    """Returns a digest of the Python files that a training depends on.

    Args:
      *folders: of the paper and of what it shares; their tests, experiments and results do not
        count, nor does the logger.
    """
    apart = {"tests", "experiments", "results", "logger"}
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            place = path.relative_to(folder)
            if not apart & set(place.parts):
                digest.update(f"{folder.name}/{place}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def locate(
    place: Path,
    settings: Settings,
    code_folders: Sequence[Path],
    options: RunOptions,
    *,
    num_updates: int,
    can_be_lengthened: bool = False,
    is_own_folder: bool = False,
) -> tuple[RunFolder, Path | None]:
    """Opens the folder of a run, found or new.

    Args:
      place: folder of all runs of the paper; or that of the run.
      settings: configuration and seeds.
      code_folders: see `code_digest`.
      options: whether to go on, to begin anew, and whom to tell.
      num_updates: of the whole run.
      can_be_lengthened: whether an update does not depend on how many there will be.
      is_own_folder: whether `place` is that of the run.

    Returns:
      The folder, and that of a shorter run which this one lengthens.

    Raises:
      Exception: see `open_folder`.
    """
    code = code_digest(*code_folders)
    if is_own_folder:
        return open_folder(place, settings, code, resume=options.resume, warn=options.warn), None
    found = find(
        place,
        settings,
        code,
        num_updates=num_updates,
        can_be_lengthened=can_be_lengthened,
        resume=options.resume,
        retrain=options.retrain,
    )
    if found.is_finished and not options.quiet:
        options.warn(f"found finished, not trained again: {found.path}")
    if options.resume and not found.is_begun and not found.shorter:
        options.warn(f"no run to resume in {place} with these settings and seeds; starting one")
    folder = open_folder(found.path, settings, code, resume=found.is_begun, warn=options.warn)
    return folder, found.shorter


def open_folder(
    path: Path, settings: Settings, code: str, *, resume: bool, warn: Callable[[str], None]
) -> RunFolder:
    """Opens the folder of a run that was stopped, or creates that of a new one.

    Args:
      path: of the folder.
      settings: configuration and seeds.
      code: digest of the code.
      resume: whether the folder may hold a run of these settings, which then goes on.
      warn: told if there is no run to resume yet.

    Raises:
      FileExistsError: there is something in it, and not `resume`.
      FileNotFoundError: the folder holds something that is no run.
      DamagedFileError: `run.json` is damaged.
      UserError: the run is of other settings, which are listed.
    """
    origin = {**provenance.collect(), "code": code}
    if not resume:
        return RunFolder.create(path, settings, origin)
    for torn in path.glob(".run.json.*.tmp"):  # of a run killed at its very beginning
        torn.unlink()
    if not path.exists() or not any(path.iterdir()):
        warn(f"no run to resume in {path}; starting one there")
        return RunFolder.create(path, settings, origin)
    folder = RunFolder.open(path)
    differences = differing_fields(settings, folder.config)
    if differences:
        raise UserError(f"{path} is of another configuration: {'; '.join(differences)}")
    return folder


def lengthen(shorter: Path, longer: RunFolder, template: Any, warn: Callable[[str], None]) -> None:
    """Begins a run where a shorter one of the same settings ended; that one stays as it is.

    Raises:
      UserError: the state of the longer run has other shapes, or the shorter has no checkpoint.
    """
    source = RunFolder.open(shorter)
    saved = checkpoints.load_newest(shorter, template, source.config, warn)
    if saved is None:
        raise UserError(f"{shorter} has no checkpoint to go on from")
    state, step = saved
    for line in source.metrics.read():
        if line["step"] <= step:
            metrics = {name: value for name, value in line.items() if name != "step"}
            longer.metrics.append(line["step"], metrics)
    checkpoints.save(longer.path, state, step, longer.config)


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
    cut_log(folder, step)
    return state, step


def cut_log(folder: RunFolder, step: int) -> None:
    """Cuts the metrics log to what was logged when a checkpoint at `step` was written.

    Raises:
      DamagedFileError: the log is damaged, or lacks a line that it had then.
    """
    log, every = folder.metrics, folder.config.get("eval_every_updates", 1)
    log.truncate_after(step)
    last = step - step % every
    if last and not (log.path.exists() and (lines := log.read()) and lines[-1]["step"] == last):
        raise atomic.DamagedFileError(
            f"{log.path} is damaged: it lacks update {last}, before the checkpoint; "
            "start afresh without --resume"
        )


def _steps(run: RunFolder) -> int:
    """Updates that a run has logged, if it has saved any; whether it is sound is seen later."""
    if not checkpoints.list_checkpoints(run.path) or not run.metrics.path.exists():
        return 0
    return max((line["step"] for line in run.metrics.read()), default=0)
