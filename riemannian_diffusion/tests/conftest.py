"""Makes JAX strict and quick to compile; runs that many tests look at.

JAX keeps to one thread: large batched linear algebra can hang on two.
"""

import os

from riemannian_diffusion.tests import commands

os.environ.setdefault("NPROC", "1")
os.environ.setdefault("XLA_FLAGS", commands.XLA_FLAGS)

from collections.abc import Iterator, Mapping
from pathlib import Path

import jax
import pytest

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_debug_key_reuse", True)


@pytest.fixture
def float64() -> Iterator[None]:
    """Calculates in 64 bits."""
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Environment of the commands that tests run: they share compiled programs, with `make` too."""
    kept = os.environ.get("JAX_COMPILATION_CACHE_DIR")
    compiled = Path(kept) if kept else tmp_path_factory.mktemp("compiled")
    return commands.environment(compiled, commands.XLA_FLAGS)


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory, environment: Mapping[str, str]) -> Path:
    """Folder of `commands.TRAIN`, never interrupted; stdout beside it. Copy, do not touch."""
    folder = tmp_path_factory.mktemp("finished")
    finished = commands.run(environment, folder, *commands.TRAIN, "--run-dir", "run")
    assert finished.returncode == 0, finished.stderr
    (folder / "stdout").write_text(finished.stdout)
    return folder / "run"


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory: pytest.TempPathFactory, environment: Mapping[str, str]) -> Path:
    """Folder of `commands.SMOKE`: results, runs, stdout. Copy, do not touch."""
    folder = tmp_path_factory.mktemp("smoke")
    words = (*commands.SMOKE, "--experiment", ",".join(commands.SMOKED))
    finished = commands.run(environment, folder, *words)
    assert finished.returncode == 0, finished.stderr
    (folder / "stdout").write_text(finished.stdout)
    return folder
