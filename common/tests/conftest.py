"""Makes JAX strict and quick to compile; runs commands of the made-up paper.

JAX keeps to one thread: large batched linear algebra can hang on two.
"""

import os
from importlib.metadata import version

os.environ.setdefault("NPROC", "1")
# An unknown flag ends the process, and newer versions may not know the second.
XLA_FLAGS = "--xla_backend_optimization_level=0"
if version("jax").startswith("0.10."):
    XLA_FLAGS += " --xla_cpu_use_fusion_emitters=false"
os.environ.setdefault("XLA_FLAGS", XLA_FLAGS)

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import pytest

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_debug_key_reuse", True)


@pytest.fixture
def walks_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands of the made-up paper run in `tmp_path`; the environment stays as it is."""
    jax.devices()  # a process that has used JAX keeps its devices
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XLA_FLAGS", os.environ.get("XLA_FLAGS", ""))


@pytest.fixture
def does(walks_here: None, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Runs a command of the made-up paper to its end; returns what it wrote: output and error."""
    from common.tests import made_up_paper

    def run(words: list[str], code: int = 0) -> Any:
        capsys.readouterr()
        assert made_up_paper.main(words) == code
        return capsys.readouterr()

    return run
