"""LOQA against its released code: seconds per update of both, in turn, on this machine.

Both play and learn at the published sizes of the Coin Game. Ours is timed with its replay buffer
full, where most opponents of a batch are distinct, the original in its first iterations.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from common.logger import atomic, provenance, results
from loqa import original_code, programs, train
from loqa.errors import UserError
from loqa.original_code import OriginalCode, Timing
from loqa.training_configs import CoinGameConfig

# As published; then the same batch against fewer distinct past selves, our option.
CONFIGS = tuple(CoinGameConfig(num_opponents=number) for number in (512, 64, 16))
UNITS = (
    ("seconds", "s per update"),
    ("seconds_ratio", "times as long the original"),
    ("cpu_seconds", "CPU s"),
    ("cpu_seconds_ratio", "times as many the original"),
)


class Ours(NamedTuple):
    """Our training of one seed, compiled."""

    name: str
    start: Callable[[], Any]  # state with a full replay buffer
    advance: Callable[[Any], Any]  # does several updates; donates the state


def run(
    original: OriginalCode,
    output: Path,
    *,
    repeats: int,
    num_iterations: int,
    configs: tuple[CoinGameConfig, ...] = CONFIGS,
) -> str:
    """Times both, writes a JSON file and returns the table as text.

    Args:
      original: a checkout of the released code.
      output: file to write.
      repeats: of everything; in each, the original and ours run one after the other.
      num_iterations: iterations, or updates, timed together; as many before are not counted.
      configs: of ours; the first is as published.
    """
    origin = provenance.collect()
    described = original_code.describe(original)
    if described["platform"] != jax.default_backend():
        raise UserError(
            f"the original would run on {described['platform']}, ours on {jax.default_backend()}; "
            "give --original-python a JAX for the same device, or set JAX_PLATFORMS"
        )
    ours = [_compile(config, num_iterations) for config in configs]
    timings: dict[str, list[Timing]] = {_original_name(original): []}
    timings |= {each.name: [] for each in ours}
    for _ in range(repeats):
        timings[_original_name(original)].append(
            original_code.time_iterations(original, num_iterations)
        )
        for each in ours:
            timings[each.name].append(_time_updates(each, num_iterations))
    rows = _rows(timings)
    atomic.write_json(
        output,
        {
            "schema_version": results.SCHEMA_VERSION,
            "paper": "loqa",
            "rows": rows,
            "repeats": repeats,
            "num_iterations": num_iterations,
            "original": {"repository": original_code.REPOSITORY, **described},
            **origin,
        },
    )
    return "\n".join(
        f"{each['what']:<32}"
        + "".join(f"  {each[kind]['median']:>8,.4g} {unit}" for kind, unit in UNITS if kind in each)
        for each in rows
    )


def _rows(timings: dict[str, list[Timing]]) -> list[dict[str, Any]]:
    """What everything costs, and how many times as much the original costs.

    Ratios are taken within a repeat, so that what slows the machine down for minutes slows both.
    """
    original, *_ = timings.values()
    rows: list[dict[str, Any]] = [{"what": name} for name in timings]
    for kind in Timing._fields:
        values = {name: [getattr(each, kind) for each in timings[name]] for name in timings}
        if all(value > 0 for each in values.values() for value in each):  # NaN: not measured
            theirs = [getattr(each, kind) for each in original]
            for row in rows:
                ours = values[row["what"]]
                row[kind] = _spread(ours)
                row[f"{kind}_ratio"] = _spread([a / b for a, b in zip(theirs, ours, strict=True)])
    return rows


def _spread(values: list[float]) -> dict[str, Any]:
    return {
        "median": statistics.median(values),
        "range": [min(values), max(values)],
        "per_repeat": values,
    }


def _original_name(original: OriginalCode) -> str:
    return f"original, buffer of {original.capacity:,}"


def _compile(config: CoinGameConfig, num_updates: int) -> Ours:
    """Compiles our training for one seed."""
    training = train.make_train(config)

    def start(seed: jax.Array) -> train.TrainState:
        state = training.init(jax.random.key(seed))
        full = jax.tree.map(
            lambda slots, leaf: jnp.broadcast_to(leaf, slots.shape), state.past_selves, state.params
        )
        num_pushes = config.buffer_size - 1  # the last is due at the first update
        step = jnp.int32(num_pushes * config.push_every_updates)
        return state._replace(past_selves=full, step=step)

    def advance(state: train.TrainState) -> train.TrainState:
        return jax.lax.scan(
            lambda state, _: (training.update(state)[0], None), state, length=num_updates
        )[0]

    seeds = jnp.zeros(1, jnp.int32)
    start_all = programs.over_seeds(start, seeds)
    return Ours(
        name=f"ours, {config.num_opponents} opponents",
        start=lambda: start_all(seeds),
        advance=programs.over_seeds(advance, programs.shapes(start, 1), donate_argnums=0),
    )


def _time_updates(ours: Ours, num_updates: int) -> Timing:
    """Cost of an update, after as many that are not counted."""
    state = jax.block_until_ready(ours.advance(ours.start()))
    started, cpu_started = time.perf_counter(), time.process_time()
    jax.block_until_ready(ours.advance(state))
    ended, cpu_ended = time.perf_counter(), time.process_time()
    return Timing((ended - started) / num_updates, (cpu_ended - cpu_started) / num_updates)
