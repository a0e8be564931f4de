"""Throughput on this machine: steps of Commons Harvest, whole updates in every game."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from advantage_alignment import train
from advantage_alignment.config import PUBLISHED, TrainingConfig
from advantage_alignment.games import harvest_rules
from advantage_alignment.games.harvest_rules import CommonsHarvest
from common.logger import atomic, provenance, results
from common.logger.timing import Row, compile_for, row, timed

HARVEST_SIZES = ((1, 1000), (64, 100), (512, 20))  # games side by side, steps of each
_COIN = replace(PUBLISHED["coin_game"], num_updates=100)
# A timed update copies its state, which a run does not: few earlier games are kept.
_GRU = replace(PUBLISHED["negotiation"], stored_capacity=500)
_FORWARD = replace(_GRU, network="feed_forward")

# What is trained, in words; the original negotiates at batch 16384.
UPDATES: Sequence[tuple[str, TrainingConfig]] = (
    ("IPD, tabular, batch 128 x 50", replace(PUBLISHED["ipd"], batch_size=128)),
    ("Negotiation, GRU, batch 256 x 50", replace(_GRU, batch_size=256)),
    ("Negotiation, GRU, batch 16384 x 50", _GRU),
    ("Negotiation, feed-forward, batch 256 x 50", replace(_FORWARD, batch_size=256)),
    ("Coin Game, batch 512 x 50, 64 past selves", replace(_COIN, num_opponents=64)),
    ("Coin Game, batch 128 x 50, 16 past selves", replace(_COIN, batch_size=128, num_opponents=16)),
)


def run(
    repeats: int,
    output: Path,
    harvest_sizes: Sequence[tuple[int, int]] = HARVEST_SIZES,
    updates: Sequence[tuple[str, TrainingConfig]] = UPDATES,
) -> str:
    """Measures, writes a JSON file and returns the table as text.

    Args:
      repeats: timed repeats after a warm-up; the median is reported.
      output: file to write.
      harvest_sizes: games of Commons Harvest side by side, and steps of each.
      updates: trainings of which one update is timed, with their names.
    """
    rows = [each for size in harvest_sizes for each in _harvest_rows(*size, repeats)]
    rows += [each for what, config in updates for each in _update_rows(what, config, repeats)]
    memory = provenance.peak_memory_bytes() / 2**20
    rows.append(row("peak memory of the whole benchmark", "MiB", [memory]))
    atomic.write_json(
        output,
        {
            "schema_version": results.SCHEMA_VERSION,
            "paper": "advantage_alignment",
            "rows": rows,
            "repeats": repeats,
            **provenance.collect(),
        },
    )
    return "\n".join(
        f"{each['what']:<62} {each['median']:>14,.4g} {each['unit']}"
        f"  [{each['range'][0]:,.4g}, {each['range'][1]:,.4g}]"
        for each in rows
    )


def _harvest_rows(num_games: int, num_steps: int, repeats: int) -> list[Row]:
    """Steps per second of the open map, 7 players moving at random, observations built."""
    game = CommonsHarvest()

    def episode(key: Array) -> Array:
        def step(state: Any, key: Array) -> tuple[Any, Array]:
            action_key, step_key = jax.random.split(key)
            actions = jax.random.randint(action_key, (7,), 0, harvest_rules.NUM_ACTIONS)
            state, _rewards, _events = harvest_rules.step(game, state, actions, step_key)
            # The sum keeps the observation from being left out, and memory from being filled.
            return state, jnp.sum(harvest_rules.observe(game, state))

        reset_key, play_key = jax.random.split(key)
        first = harvest_rules.reset(game, reset_key)
        return lax.scan(step, first, jax.random.split(play_key, num_steps))[1]

    keys = jax.random.split(jax.random.key(0), num_games)
    compiled, seconds = compile_for(jax.jit(jax.vmap(episode)), keys)
    times = timed(compiled, keys, repeats=repeats).seconds
    what = f"Commons Harvest Open, {num_games} games, 7 players, observed"
    steps = num_games * num_steps
    return [
        row(f"{what}: steps", "1/s", [steps / t for t in times]),
        row(f"{what}: compilation", "s", [seconds]),
    ]


def _update_rows(what: str, config: TrainingConfig, repeats: int) -> list[Row]:
    """Seconds of one whole update of one seed."""
    training = train.make_train(config)
    state = jax.jit(training.init)(jax.random.key(0))
    compiled, seconds = compile_for(jax.jit(partial(_only_state, training)), state)
    times = timed(compiled, state, repeats=repeats).seconds
    return [
        row(f"{what}: one update", "s", times),
        row(f"{what}: compilation", "s", [seconds]),
    ]


def _only_state(training: train.Training, state: train.TrainState) -> train.TrainState:
    return training.update(state)[0]
