"""Tests of the functions of a run over all seeds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from common.logger.errors import UserError
from riemannian_diffusion.run import seeds


def counting(num_seeds, num_updates):
    """A program whose state is (sum, step): an update adds the step to the sum."""

    def add(state, _):
        return (state[0] + state[1], state[1] + 1), {"sum": state[0]}

    return seeds.compile_program(
        lambda seed: (seed.astype(float), jnp.zeros((), jnp.int32)),
        lambda state: jax.lax.scan(add, state, length=num_updates),
        lambda state: {"double": 2 * state[0]},
        num_seeds=num_seeds,
    )


def test_a_program_does_its_updates_for_every_seed():
    program = counting(num_seeds=3, num_updates=4)
    state, metrics = program.advance(program.init(jnp.array([10, 20, 30])))
    np.testing.assert_array_equal(metrics["sum"], [[s, s, s + 1, s + 3] for s in (10, 20, 30)])
    np.testing.assert_array_equal(state[0], [16, 26, 36])
    np.testing.assert_array_equal(state[1], [4, 4, 4])
    np.testing.assert_array_equal(program.monitor(state)["double"], [32, 52, 72])
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
