"""Where a result comes from: commit, command, versions, machine, memory."""

import importlib.metadata
import os
import platform
import resource
import shlex
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

CODE_FOLDER = Path(__file__).parent
PACKAGES = ("jax", "jaxlib", "flax", "optax", "chex", "numpy")
GIT_TIMEOUT_SECONDS = 30


def collect(
    command: Sequence[str] | None = None, code_folder: Path | str = CODE_FOLDER
) -> dict[str, Any]:
    """Describes this process, for `run.json` and for result records.

    Call it when the run starts: `started_at` is the time of the call.

    Args:
      command: the words of the command; those of this process if None.
      code_folder: a folder of the checkout that the code was run from.

    Returns:
      git_commit (None outside a checkout or without git), git_dirty (None likewise), command,
      versions, device, num_devices and started_at (UTC, ISO 8601). No absolute path of this
      machine is in it.
    """
    device, num_devices = _devices()
    return {
        "git_commit": _git(code_folder, "rev-parse", "HEAD"),
        "git_dirty": _has_changed_code(code_folder),
        "command": command_text(sys.orig_argv if command is None else command),
        "versions": _versions(),
        "device": device,
        "num_devices": num_devices,
        "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def command_text(words: Sequence[str]) -> str:
    """Returns a command as one would type it, without absolute paths of this machine.

    The interpreter becomes `python`; a path below the current folder becomes relative to it, and
    another absolute path its last component.
    """
    first = "python" if Path(words[0]).name.startswith("python") else _portable(words[0])
    return shlex.join([first, *(_portable(word) for word in words[1:])])


def peak_memory_bytes() -> int:
    """Returns the largest memory that this process needed in any one place, in bytes.

    That is the larger of the host's peak resident set and of the peak use of the busiest device,
    where JAX has devices that report it (accelerators do, CPUs do not).
    """
    unit_bytes = 1 if sys.platform == "darwin" else 1024
    peaks = [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit_bytes]
    if "jax" in sys.modules:
        stats = [device.memory_stats() for device in sys.modules["jax"].local_devices()]
        peaks += [
            device_stats.get("peak_bytes_in_use", 0) for device_stats in stats if device_stats
        ]
    return max(peaks)


def _portable(word: str) -> str:
    is_option = word.startswith("-")
    option, equals, value = word.partition("=") if is_option else ("", "", word)
    path = Path(value)
    if not path.is_absolute():
        return word
    here = Path.cwd()
    shown = str(path.relative_to(here)) if path.is_relative_to(here) else path.name
    return f"{option}{equals}{shown}"


def _git(folder: Path | str, *arguments: str) -> str | None:
    """Returns git's output, or None if there is no git, no checkout or no commit."""
    # A git hook sets GIT_DIR and the like for its own repository, which need not be this one.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment["GIT_OPTIONAL_LOCKS"] = "0"
    try:
        finished = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            check=True,
            env=environment,
            timeout=GIT_TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return finished.stdout.removesuffix("\n")


def _has_changed_code(folder: Path | str) -> bool | None:
    """Returns whether code differs from the commit, new files that git does not ignore included.

    Files below a `results` folder and README.md files do not count: the run itself writes them.
    """
    status = _git(folder, "status", "--porcelain", "-z", "--untracked-files=all", "--no-renames")
    if status is None:
        return None
    # An entry is two letters of state, a space and the path from the top of the checkout.
    paths = [Path(entry[3:]) for entry in status.split("\0") if entry]
    return any("results" not in path.parts[:-1] and path.name != "README.md" for path in paths)


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def _devices() -> tuple[str, int]:
    """Returns what the devices are in words, and how many JAX sees (one without JAX)."""
    try:
        import jax
    except ImportError:
        return _processor(), 1
    devices = jax.devices()
    if devices[0].platform == "cpu":
        return _processor(), len(devices)
    prefix = f"{len(devices)}x " if len(devices) > 1 else ""
    return f"{prefix}{devices[0].device_kind}", len(devices)


def _processor() -> str:
    """Returns the processor's name and the cores that this process may use."""
    model = platform.processor() or platform.machine()
    cpu_info = Path("/proc/cpuinfo")
    if cpu_info.exists():
        lines = cpu_info.read_text().splitlines()
        models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        model = models[0] if models else model
    has_affinity = hasattr(os, "sched_getaffinity")
    num_cores = len(os.sched_getaffinity(0)) if has_affinity else (os.cpu_count() or 1)
    return f"{num_cores}x CPU {model}"
