"""Throughput on this machine: updates of the iterated game, steps of the Coin Game."""

from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from common import coin_game
from common.logger import atomic, provenance, results
from common.logger.timing import Row, compile_for, row, timed
from loqa import train
from loqa.config import IpdConfig
from loqa.run import coin_game_bench
from loqa.run.coin_game_bench import CoinGameRun


class Sizes(NamedTuple):
    """What is measured.

    Attributes:
      runs: batch size, episode length T and number of seeds of each; the first is the original's.
      num_updates: updates that are timed together.
      num_coin_games: Coin Games played side by side.
      coin_game: trainings in the Coin Game; the first is the original's.
    """

    runs: tuple[tuple[int, int, int], ...]
    num_updates: int
    num_coin_games: int
    coin_game: tuple[CoinGameRun, ...]


# As published, then smaller batches, a longer horizon and more seeds.
DEFAULT_SIZES = Sizes(
    ((2048, 50, 1), (512, 50, 1), (256, 50, 1), (256, 100, 1), (256, 50, 10)),
    20,
    4096,
    coin_game_bench.DEFAULT_RUNS,
)


def run(repeats: int, output: Path, sizes: Sizes = DEFAULT_SIZES) -> str:
    """Measures, writes a JSON file and returns the table as text.

    Args:
      repeats: timed repeats after a warm-up; the median is reported.
      output: file to write.
      sizes: what is measured.
    """
    batch_size, episode_length, _ = sizes.runs[0]
    rows = [each for run in sizes.runs for each in _ipd_rows(run, sizes.num_updates, repeats)]
    rows += _phase_rows(IpdConfig(batch_size=batch_size, episode_length=episode_length), repeats)
    rows += _coin_game_rows(sizes.num_coin_games, repeats)
    rows += coin_game_bench.rows(sizes.coin_game, repeats)
    memory = provenance.peak_memory_bytes() / 2**20
    rows.append(row("peak memory of the whole benchmark", "MiB", [memory]))
    atomic.write_json(
        output,
        {
            "schema_version": results.SCHEMA_VERSION,
            "paper": "loqa",
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


def _ipd_rows(size: tuple[int, int, int], num_updates: int, repeats: int) -> list[Row]:
    """Whole updates of a run of some batch size, T and number of seeds."""
    batch_size, episode_length, num_seeds = size
    config = IpdConfig(batch_size=batch_size, episode_length=episode_length)
    state = _init(config, num_seeds)
    compiled, seconds = compile_for(_many_updates(config, num_updates), state)
    times = timed(compiled, state, repeats=repeats).seconds
    steps = num_seeds * batch_size * episode_length * num_updates
    what = f"{_name(config)}, {num_seeds} seed{'s' * (num_seeds > 1)}"
    return [
        row(f"{what}: updates", "1/s", [num_updates / t for t in times]),
        row(f"{what}: environment steps", "1/s", [steps / t for t in times]),
        row(f"{what}: compilation", "s", [seconds]),
    ]


def _phase_rows(config: IpdConfig, repeats: int) -> list[Row]:
    """Milliseconds of an update without its later phases."""
    state = _init(config, 1)
    setup = train.make_ipd_setup(config)

    def played(state: train.TrainState) -> Any:
        return train.play(setup, state.params, (state.params,), state.key)

    def acted(state: train.TrainState) -> Any:
        return train.actor_step(setup, state, (state.params,), played(state))

    def fitted(state: train.TrainState) -> Any:
        return train.critic_step(setup, state, state.params, played(state))

    rows = []
    for what, phase in (
        ("rollout", played),
        ("rollout and actor step", acted),
        ("rollout and critic step", fitted),
    ):
        compiled, _ = compile_for(jax.jit(jax.vmap(phase)), state)
        times = timed(compiled, state, repeats=repeats).seconds
        rows.append(row(f"{_name(config)}, 1 seed: {what}", "ms", [1e3 * t for t in times]))
    return rows


def _coin_game_rows(num_games: int, repeats: int) -> list[Row]:
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

    keys = jax.random.split(jax.random.key(0), num_games)
    compiled, seconds = compile_for(jax.jit(jax.vmap(episode)), keys)
    times = timed(compiled, keys, repeats=repeats).seconds
    what = f"Coin Game 3x3, {num_games} games, T 50, random moves, observed"
    steps = num_games * game.episode_length
    return [
        row(f"{what}: steps", "1/s", [steps / t for t in times]),
        row(f"{what}: compilation", "s", [seconds]),
    ]


def _name(config: IpdConfig) -> str:
    return f"IPD, batch {config.batch_size}, T {config.episode_length}"


def _init(config: IpdConfig, num_seeds: int) -> train.TrainState:
    training = train.make_ipd_train(config)
    return jax.vmap(lambda seed: training.init(jax.random.key(seed)))(jnp.arange(num_seeds))


def _many_updates(config: IpdConfig, num_updates: int) -> Any:
    training = train.make_ipd_train(config)

    def many(state: train.TrainState) -> train.TrainState:
        return lax.scan(lambda state, _: training.update(state), state, length=num_updates)[0]

    return jax.jit(jax.vmap(many))
