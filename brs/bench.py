"""Throughput on this machine, by phase."""

from pathlib import Path

import jax
import jax.numpy as jnp

from brs import exact_brs
from brs.timing import Row, compile_for, row, timed
from brs.train_state import TrainState
from brs.training_configs import ExactConfig
from common.logger import atomic, provenance, results


def run(repeats: int, output: Path) -> str:
    """Measures, writes a JSON file and returns the table as text.

    Args:
      repeats: timed repeats after a warm-up; the median is reported.
      output: file to write.
    """
    rows = [*_exact_rows(repeats)]
    memory = provenance.peak_memory_bytes() / 2**20
    rows.append(row("peak memory of the whole benchmark", "MiB", [memory]))
    atomic.write_json(
        output,
        {
            "schema_version": results.SCHEMA_VERSION,
            "paper": "brs",
            "rows": rows,
            "repeats": repeats,
            **provenance.collect(),
        },
    )
    return "\n".join(
        f"{each['what']:<66} {each['median']:>12,.4g} {each['unit']}"
        f"  [{each['range'][0]:,.4g}, {each['range'][1]:,.4g}]"
        for each in rows
    )


def _exact_rows(repeats: int, num_seeds: int = 24, num_updates: int = 100) -> list[Row]:
    """Updates per second of the exact prisoner's dilemma, seeds side by side."""
    training = exact_brs.make_train(ExactConfig())
    seeds = jnp.arange(num_seeds)
    states = jax.jit(jax.vmap(lambda seed: training.init(jax.random.key(seed))))(seeds)

    def advance(states: TrainState) -> TrainState:
        step = jax.vmap(training.update)
        return jax.lax.scan(lambda s, _: (step(s)[0], None), states, length=num_updates)[0]

    compiled, seconds = compile_for(jax.jit(advance), states)
    rates = [num_updates / t for t in timed(compiled, states, repeats)]
    name = f"exact IPD, {num_seeds} seeds side by side"
    return [row(f"{name}: updates", "1/s", rates), row(f"{name}: compilation", "s", [seconds])]
