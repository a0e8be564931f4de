"""Tests of the functions of a run over all seeds."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from common.logger.errors import UserError
from meta_value.run import seeds
from meta_value.tests.commands import ROOT


def counting(num_seeds, num_updates):
    """A program whose state is (sum, step): an update adds the step to the sum."""
    return seeds.compile_run(
        lambda seed: (seed.astype(float), jnp.zeros((), jnp.int32)),
        lambda state: ((state[0] + state[1], state[1] + 1), {"sum": state[0]}),
        lambda state: {"double": 2 * state[0]},
        num_seeds=num_seeds,
        num_updates=num_updates,
    )


def test_a_program_does_its_updates_for_every_seed():
    program = counting(num_seeds=3, num_updates=4)
    state, metrics = program.advance(program.init(jnp.array([10, 20, 30])))
    np.testing.assert_array_equal(metrics["sum"], [[s, s, s + 1, s + 3] for s in (10, 20, 30)])
    np.testing.assert_array_equal(state[0], [16, 26, 36])
    np.testing.assert_array_equal(state[1], [4, 4, 4])
    np.testing.assert_array_equal(program.evaluate(state)["double"], [32, 52, 72])
    assert program.compile_seconds > 0


def test_shapes_have_an_axis_of_seeds():
    shapes = seeds.shapes(lambda seed: {"weights": jnp.zeros((2, 5)) + seed}, num_seeds=3)
    assert shapes["weights"].shape == (3, 2, 5)


def test_lack_of_memory_is_explained_and_other_errors_are_not():
    def fail(message):
        with seeds.memory_errors_explained():
            raise jax.errors.JaxRuntimeError(message)

    with pytest.raises(UserError, match=r"allocating 9 bytes\. Try a smaller batch_size, or fewer"):
        fail("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes.\nmore")
    with pytest.raises(jax.errors.JaxRuntimeError, match="INTERNAL"):
        fail("INTERNAL: something else")


def test_the_commands_avoid_the_reductions_that_crash(environment):
    """The published M-MAML ends the process without the flag, as this sum does (jaxlib 0.10.2)."""
    program = (
        "from meta_value.run.cli import prepare_jax; prepare_jax(); import jax, jax.numpy as jnp\n"
        "x = jnp.ones((3, 1, 2, 2, 8, 8, 8))\n"
        "print(float(jax.jit(lambda a, b: jnp.sum(a * b, axis=3))(x, x).sum()))"
    )
    flags = {name: value for name, value in environment.items() if name != "XLA_FLAGS"}
    finished = subprocess.run(
        [sys.executable, "-c", program], env=flags, cwd=ROOT, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stderr
    assert float(finished.stdout) == 3 * 2 * 2 * 8**3
