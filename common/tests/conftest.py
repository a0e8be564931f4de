"""Makes JAX strict, and keeps it to one thread: large batched linear algebra can hang on two."""

import os

os.environ.setdefault("NPROC", "1")

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
