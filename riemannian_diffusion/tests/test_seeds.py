"""Tests of the functions of a run over all seeds."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from common.logger.errors import UserError
from riemannian_diffusion.run import seeds
from riemannian_diffusion.run.seeds import Progress
from riemannian_diffusion.tests import commands


def test_updates_are_done_for_every_seed_and_know_their_place_since_the_last_evaluation():
    """The state is (sum, step, nothing): an update adds the step to the sum; three, then two.

    An array without elements is the order of no data set.
    """

    def update(state, since_log):
        total, step, nothing = state
        return (total + step, step + 1, nothing), {"sum": total, "place": since_log}

    begin = seeds.start(
        lambda seed: (seed.astype(float), jnp.zeros((), jnp.int32), jnp.zeros(0, jnp.int32)),
        update,
        num_updates=5,
    )
    program = seeds.compile_program(begin, update, lambda state: {"double": 2 * state[0]}, 3)
    progress = program.init(program.spread.rows(jnp.array([10, 20, 30])))
    for first, number in ((0, 3), (3, 2)):
        progress = program.advance(progress, jnp.int32(first), jnp.int32(number))
    whole = program.spread.seeds(progress)
    assert isinstance(whole, Progress)
    expected = [[s, s, s + 1, s + 3, s + 6] for s in (10, 20, 30)]
    np.testing.assert_array_equal(whole.series["sum"], expected)
    np.testing.assert_array_equal(whole.series["place"], [[0, 1, 2, 3, 4]] * 3)
    np.testing.assert_array_equal(whole.state[0], [20, 30, 40])
    evaluated = program.spread.seeds(program.evaluate(progress))
    np.testing.assert_array_equal(evaluated["double"], [40, 60, 80])
    assert program.compile_seconds > 0


def test_a_function_of_one_seed_is_applied_to_all():
    found = seeds.over_seeds(lambda x: {"square": x**2}, jnp.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(found["square"], [1, 4, 9])


def test_lack_of_memory_is_explained_and_other_errors_are_not():
    def fail(message):
        with seeds.memory_errors_explained():
            raise jax.errors.JaxRuntimeError(message)

    with pytest.raises(UserError, match=r"allocating 9 bytes\. Try a smaller batch_size, or fewer"):
        fail("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes.\nmore")
    with pytest.raises(jax.errors.JaxRuntimeError, match="INTERNAL"):
        fail("INTERNAL: something else")


@pytest.mark.slow
def test_three_seeds_on_two_devices_get_the_numbers_of_a_seed_alone(
    environment, finished_run, tmp_path
):
    """But for the order of sums; an array without elements, the order of no data set, is there."""
    flags = environment["XLA_FLAGS"] + " --xla_force_host_platform_device_count=2"
    words = (*commands.TRAIN, "--run-dir", "run", "--num-seeds", "3", "--num-updates", "4")
    finished = commands.run({**environment, "XLA_FLAGS": flags}, tmp_path, *words)
    assert (finished.returncode, finished.stderr) == (0, "")
    together, alone = (
        [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
        for run in (tmp_path / "run", finished_run)
    )
    assert [line["step"] for line in together] == [2, 4]
    for line, expected in zip(together, alone[:2], strict=True):
        for name in line.keys() - {"step"}:
            assert len(line[name]) == 3
            assert line[name][0] == pytest.approx(expected[name][0], rel=1e-3, abs=1e-5)
