"""Makes JAX strict and precise. It keeps to one thread: batched linear algebra can hang on two."""

import os

os.environ.setdefault("NPROC", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

from collections.abc import Iterator

import jax
import pytest

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_debug_key_reuse", True)


@pytest.fixture
def float64() -> Iterator[None]:
    """Calculates in 64 bits."""
    with jax.enable_x64(True):
        yield
