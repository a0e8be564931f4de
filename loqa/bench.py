"""Throughput on this machine: updates of the iterated game, steps of the Coin Game."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from common import coin_game
from common.logger import atomic, provenance
from loqa import train
from loqa.configs import IpdConfig

ORIGINAL = IpdConfig(num_updates=20, eval_every_updates=20)  # batch 2048, T 50, as published
NUM_COIN_GAMES = 4096
Row = dict[str, Any]


def run(repeats: int, output: Path) -> str:
    """Measures, writes a JSON file and returns the table as text.

    Args:
      repeats: timed repeats after a warm-up; the median is reported.
      output: file to write.
    """
    rows = [*_ipd_rows(repeats), *_coin_game_rows(repeats)]
    memory = provenance.peak_memory_bytes() / 2**20
    rows.append(_row("peak memory of the whole benchmark", "MiB", [memory]))
    atomic.write_json(
        output, {"rows": rows, "repeats": repeats, "provenance": provenance.collect()}
    )
    return "\n".join(
        f"{row['what']:<62} {row['median']:>14,.4g} {row['unit']}"
        f"  [{row['range'][0]:,.4g}, {row['range'][1]:,.4g}]"
        for row in rows
    )


def _ipd_rows(repeats: int) -> list[Row]:
    """Whole updates at the original's sizes and at growing ones, then the parts of an update."""
    rows = []
    sizes = [(2048, 1), (512, 1), (256, 1), (256, 10)]
    for batch_size, num_seeds in sizes:
        config = IpdConfig(num_updates=20, eval_every_updates=20, batch_size=batch_size)
        state = _init(config, num_seeds)
        compiled, seconds = _compile(_many_updates(config), state)
        times = _timed(compiled, state, repeats)
        what = f"IPD, batch {batch_size}, T 50, {num_seeds} seed{'s' * (num_seeds > 1)}"
        updates = config.eval_every_updates
        rows.append(_row(f"{what}: updates", "1/s", [updates / t for t in times]))
        steps = num_seeds * batch_size * config.episode_length * updates
        rows.append(_row(f"{what}: environment steps", "1/s", [steps / t for t in times]))
        rows.append(_row(f"{what}: compilation", "s", [seconds]))
    return rows + _phase_rows(repeats)


def _phase_rows(repeats: int) -> list[Row]:
    """Seconds of an update at the original's sizes without its later phases."""
    state = _init(ORIGINAL, 1)
    setup = train.make_setup(ORIGINAL)

    def played(state: train.TrainState) -> Any:
        return train.play(setup, state.params, state.key)

    def acted(state: train.TrainState) -> Any:
        return train.actor_step(setup, state, played(state))

    def fitted(state: train.TrainState) -> Any:
        return train.critic_step(setup, state, state.params, played(state))

    rows = []
    for what, phase in (
        ("rollout", played),
        ("rollout and actor step", acted),
        ("rollout and critic step", fitted),
    ):
        compiled, _ = _compile(jax.jit(jax.vmap(phase)), state)
        times = _timed(compiled, state, repeats)
        rows.append(_row(f"IPD, batch 2048, T 50, one {what}", "ms", [1e3 * t for t in times]))
    return rows


def _coin_game_rows(repeats: int) -> list[Row]:
    """Environment steps per second of the Coin Game with random actions, observations built."""
    game = coin_game.CoinGame()

    def episode(key: Array) -> Array:
        def step(carry: tuple[Any, Array], _: None) -> tuple[tuple[Any, Array], Array]:
            state, key = carry
            key, action_key, step_key = jax.random.split(key, 3)
            actions = jax.random.randint(action_key, (game.num_players,), 0, game.num_actions)
            state, _rewards = coin_game.step(game, state, actions, step_key)
            return (state, key), coin_game.observe(game, state)

        reset_key, key = jax.random.split(key)
        first = coin_game.reset(game, reset_key)
        return lax.scan(step, (first, key), length=game.episode_length)[1]

    keys = jax.random.split(jax.random.key(0), NUM_COIN_GAMES)
    compiled, seconds = _compile(jax.jit(jax.vmap(episode)), keys)
    times = _timed(compiled, keys, repeats)
    what = f"Coin Game 3x3, {NUM_COIN_GAMES} games, T 50, random moves, observed"
    steps = NUM_COIN_GAMES * game.episode_length
    return [
        _row(f"{what}: steps", "1/s", [steps / t for t in times]),
        _row(f"{what}: compilation", "s", [seconds]),
    ]


def _init(config: IpdConfig, num_seeds: int) -> train.TrainState:
    training = train.make_train(config)
    return jax.vmap(lambda seed: training.init(jax.random.key(seed)))(jnp.arange(num_seeds))


def _many_updates(config: IpdConfig) -> Any:
    training = train.make_train(config)

    def many(state: train.TrainState) -> train.TrainState:
        return lax.scan(
            lambda state, _: training.update(state), state, length=config.eval_every_updates
        )[0]

    return jax.jit(jax.vmap(many))


def _compile(function: Any, argument: Any) -> tuple[Callable[[Any], Any], float]:
    """Compiles for an argument; the seconds cover tracing and, if not cached, compilation."""
    started = time.perf_counter()
    return function.lower(argument).compile(), time.perf_counter() - started


def _timed(function: Callable[[Any], Any], argument: Any, repeats: int) -> list[float]:
    jax.block_until_ready(function(argument))
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        jax.block_until_ready(function(argument))
        seconds.append(time.perf_counter() - started)
    return seconds


def _row(what: str, unit: str, values: list[float]) -> Row:
    spread = [min(values), max(values)]
    return {"what": what, "unit": unit, "median": statistics.median(values), "range": spread}
