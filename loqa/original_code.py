"""Runs the released code of LOQA from the user's own checkout of it, and times its iterations.

Nothing of that code is here: it is a process of its own, started as its README says for the Coin
Game, and timed from outside by the lines it prints every `eval_every` iterations: "iteration N",
then its losses, then an evaluation, whose statistics are one line that begins with a brace.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from loqa.errors import UserError

REPOSITORY = "github.com/MiladInk/loqa, commit 32f50c9"
REQUIREMENTS = "Python 3.11, jax 0.4.26, flax 0.8.3, optax 0.2.2, hydra-core, wandb"
FILES = ("coin_train.py", "coin_game.py", "coin_agent.py", "conf/coin_conf/hp/loqa_iclr.yaml")
# The command of its README, without Weights & Biases.
PUBLISHED = (
    "hp=loqa_iclr",
    "wandb.state=disabled",
    "hp.seed=42",
    "hp.game.width=3",
    "hp.game.height=3",
    "hp.batch_size=512",
    "hp.save_every=1000",
    "hp.actor.train.lr_loss_actor=0.001",
    "hp.qvalue.train.lr_loss_qvalue=0.01",
    "hp.actor.train.entropy_beta=0.1",
    "hp.actor.layers_before_gru=2",
    "hp.actor.hidden_size=128",
    "hp.agent_replay_buffer.mode=enabled",
    "hp.agent_replay_buffer.update_freq=10",
    "hp.just_self_play=True",
)
VERSIONS = """
import json, platform, sys
import jax, jaxlib, flax, optax, hydra, omegaconf, wandb
versions = {module.__name__: module.__version__ for module in (jax, jaxlib, flax, optax)}
json.dump({"platform": jax.default_backend(), "python": platform.python_version(), **versions},
          sys.stdout)
"""
NUM_PROGRESS_LINES = 3  # up to the first all is compiled, up to the second it gets warm


class OriginalCode(NamedTuple):
    """A checkout of the released code, and how to run it."""

    folder: Path
    python: str  # interpreter that has what it requires
    capacity: int  # past selves in its replay buffer; 10,000 as published
    timeout_seconds: float  # longest time to the last progress line

    def interpreter(self) -> str:
        """Returns the interpreter by its path: the process starts in another folder than we."""
        return str(Path(shutil.which(self.python) or self.python).absolute())


class Mark(NamedTuple):
    """A line that the process printed, and the time used up to then."""

    line: str
    seconds: float
    cpu_seconds: float  # NaN where the system does not tell


class Timing(NamedTuple):
    """Cost of one iteration, in seconds."""

    seconds: float
    cpu_seconds: float  # of all cores together


def describe(original: OriginalCode) -> dict[str, str]:
    """Returns platform and versions of the original's packages.

    Raises:
      UserError: the folder does not hold the original, or its Python cannot run it.
    """
    where = f"a checkout of {REPOSITORY}"
    if not original.folder.is_dir():
        raise UserError(f"--original: no folder {original.folder}; expected {where}")
    missing = [name for name in FILES if not (original.folder / name).is_file()]
    if missing:
        raise UserError(f"--original: {original.folder} has no {missing[0]}; expected {where}")
    try:
        finished = subprocess.run(
            [original.interpreter(), "-c", VERSIONS],
            cwd=original.folder,
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=original.timeout_seconds,
            check=False,
        )
    except OSError as error:
        raise UserError(f"--original-python: cannot run {original.python}: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise UserError(f"--original-python: {original.python} does not answer") from error
    try:
        described: dict[str, str] = json.loads(_last_line(finished.stdout.splitlines()))
    except ValueError as error:
        reason = _last_line(finished.stderr.splitlines())
        raise UserError(
            f"--original-python: {original.python} cannot run it: {reason}; it needs {REQUIREMENTS}"
        ) from error
    return described


def time_iterations(original: OriginalCode, num_iterations: int) -> Timing:
    """Starts the original's training anew, times `num_iterations` iterations, and stops it.

    Evaluation and compilation do not count. The replay buffer is pushed to every 10 iterations: 10
    iterations, or a multiple, have their share of that.

    Raises:
      UserError: it ended, or the time was over, before there was enough to time.
    """
    lines, marks = [""], []
    with _training(original, num_iterations) as (process, is_late):
        assert process.stdout
        for line in process.stdout:
            lines = [*lines[-20:], line]
            marks.append(Mark(line.rstrip(), time.perf_counter(), cpu_seconds(process.pid)))
            if _num_progress_lines(marks) == NUM_PROGRESS_LINES:
                return iteration_timing(marks, num_iterations)
        code = process.wait()
    if is_late.is_set():
        what = f"was not done after {original.timeout_seconds:g} s"
    elif code < 0:
        what = f"ended by {signal.Signals(-code).name}"
        what += ", which is how a lack of memory ends it" * (-code == signal.SIGKILL)
    else:
        what = f"ended with code {code}"
    printed = _num_progress_lines(marks)
    raise UserError(
        f"the original {what} after {printed} of {NUM_PROGRESS_LINES} progress lines; "
        f"its last line: {_last_line(lines)}"
    )


def iteration_timing(marks: Sequence[Mark], num_iterations: int) -> Timing:
    """Cost of an iteration between the last two progress lines, less the evaluation between them.

    Args:
      marks: all lines that the process printed, the last of them a progress line.
      num_iterations: between two progress lines.
    """
    *_, start, end = (index for index, mark in enumerate(marks) if _is_progress(mark))
    total = _between(marks[start], marks[end])
    evaluations = [index for index in range(start + 1, end) if marks[index].line.startswith("{")]
    if evaluations:  # it waits for the losses, prints them, evaluates, and prints the statistics
        spent = _between(marks[evaluations[0] - 1], marks[evaluations[0]])
        total = Timing(*(all_ - part for all_, part in zip(total, spent, strict=True)))
    return Timing(*(each / num_iterations for each in total))


def cpu_seconds(process_id: int) -> float:
    """Processor time that a process has used on all cores; NaN where the system does not tell."""
    try:
        fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return float("nan")


@contextmanager
def _training(
    original: OriginalCode, num_iterations: int
) -> Iterator[tuple[subprocess.Popen[str], threading.Event]]:
    """The original's training under way; it ends with the context, at the latest at its timeout."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = [
            f"hp.agent_replay_buffer.capacity={original.capacity}",
            f"hp.eval_every={num_iterations}",
            f"hp.save_dir={scratch}",
            f"hydra.run.dir={scratch}",
        ]
        with subprocess.Popen(
            [original.interpreter(), "-u", "coin_train.py", *PUBLISHED, *settings],
            cwd=original.folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            is_late = threading.Event()

            def stop() -> None:
                is_late.set()
                process.kill()

            timer = threading.Timer(original.timeout_seconds, stop)
            timer.start()
            try:
                yield process, is_late
            finally:
                timer.cancel()
                process.kill()


def _environment() -> dict[str, str]:
    """Ours without what `prepare_jax` or a user set for our JAX; nothing is written beside it."""
    ours = ("XLA_", "JAX_NUM_", "JAX_COMPILATION", "NPROC", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}


def _is_progress(mark: Mark) -> bool:
    return re.fullmatch(r"iteration \d+", mark.line) is not None


def _num_progress_lines(marks: Sequence[Mark]) -> int:
    return sum(map(_is_progress, marks))


def _between(start: Mark, end: Mark) -> Timing:
    return Timing(end.seconds - start.seconds, end.cpu_seconds - start.cpu_seconds)


def _last_line(lines: Sequence[str]) -> str:
    written = [line.strip() for line in lines if line.strip()]
    return written[-1] if written else "(nothing)"
