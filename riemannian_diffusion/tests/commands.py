"""Runs the real command line, in processes of their own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Compiling is most of what the tests do, and this level three times as fast as the default. An
# unknown flag ends the process, and newer versions may not know the second.
XLA_FLAGS = "--xla_backend_optimization_level=0"
_FEWER_KERNELS = (
    " --xla_cpu_use_fusion_emitters=false" if version("jax").startswith("0.10.") else ""
)
XLA_FLAGS += _FEWER_KERNELS

TIMEOUT_SECONDS = 800
NUM_LOG_POINTS = 30
# Compiled like a training of the smoke run, so that the two share their programs.
TRAINED = "figure_ramachandran"
TRAIN = (
    *("train", TRAINED, "--preset", "smoke", "--quiet"),
    *("--num-updates", str(2 * NUM_LOG_POINTS), "--checkpoint-seconds", "0"),
)
# What the tests run of them; `make smoke-riemannian-diffusion` runs them all.
SMOKED = (TRAINED,)
SMOKE = ("reproduce", "--preset", "smoke", "--results-dir", "results", "--runs-dir", "runs")


def environment(compiled: Path, xla_flags: str) -> dict[str, str]:
    """Environment of a command: on CPU, in any folder, programs kept in `compiled`."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "JAX_PLATFORMS": "cpu",
        "JAX_COMPILATION_CACHE_DIR": str(compiled),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        "XLA_FLAGS": xla_flags,
    }


def run(
    environment: Mapping[str, str], folder: Path, *words: str
) -> subprocess.CompletedProcess[str]:
    """Runs `python -m riemannian_diffusion` with `words` in a folder, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "riemannian_diffusion", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )


def the_line(text: str) -> str:
    """Returns the one line that a command may write when something is wrong."""
    assert "Traceback" not in text
    assert text.startswith("riemannian_diffusion: "), text
    assert text.count("\n") == 1, text
    return text.rstrip("\n")


def contents(folder: Path) -> dict[str, bytes]:
    """Returns every file below a folder, to see that nothing was touched."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
