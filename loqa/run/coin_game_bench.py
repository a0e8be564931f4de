"""Timings of LOQA in the Coin Game: whole updates of growing size, and the phases of one."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from common.logger.timing import Row, compile_for, row, timed
from loqa import train
from loqa.config import CoinGameConfig


class CoinGameRun(NamedTuple):
    """Sizes of a training whose updates are timed."""

    batch_size: int = 512  # B
    num_opponents: int = 512  # K distinct past selves in a batch
    hidden_size: int = 128  # of the actor; half of it for the critic
    grid_size: int = 3
    num_seeds: int = 1

    def config(self) -> CoinGameConfig:
        """Settings of the run, short enough for a buffer of one past self per draw."""
        return CoinGameConfig(
            num_updates=100,
            batch_size=self.batch_size,
            num_opponents=self.num_opponents,
            actor_hidden_size=self.hidden_size,
            critic_hidden_size=self.hidden_size // 2,
            grid_size=self.grid_size,
        )

    def name(self) -> str:
        """Sizes in words."""
        return (
            f"Coin Game {self.grid_size}x{self.grid_size}, batch {self.batch_size}, "
            f"{self.num_opponents} opponents, hidden {self.hidden_size}, "
            f"{self.num_seeds} seed{'s' * (self.num_seeds > 1)}"
        )


# As published; then the same batch against fewer distinct past selves, the quick preset, and what
# changes its cost: all opponents distinct, batch, width, grid, seeds.
DEFAULT_RUNS = (
    CoinGameRun(),
    CoinGameRun(num_opponents=64),
    CoinGameRun(num_opponents=16),
    CoinGameRun(128, 16, 64),
    CoinGameRun(128, 128, 64),
    CoinGameRun(256, 16, 64),
    CoinGameRun(128, 16, 128),
    CoinGameRun(128, 16, 64, grid_size=7),
    CoinGameRun(128, 16, 64, num_seeds=2),
)


def rows(runs: tuple[CoinGameRun, ...], repeats: int) -> list[Row]:
    """Times updates of all runs, and the phases of an update of the first."""
    measured = [each for run in runs for each in _update_rows(run, repeats)]
    return measured + _phase_rows(runs[0], repeats)


def _update_rows(run: CoinGameRun, repeats: int) -> list[Row]:
    config = run.config()
    training = train.make_coin_game_train(config)
    compiled, seconds = compile_for(
        jax.jit(jax.vmap(training.update)), _init(config, run.num_seeds)
    )
    times = timed(compiled, _init(config, run.num_seeds), repeats=repeats).seconds
    steps = run.num_seeds * run.batch_size * config.episode_length
    return [
        row(f"{run.name()}: one update", "s", times),
        row(f"{run.name()}: environment steps, learning", "1/s", [steps / t for t in times]),
        row(f"{run.name()}: compilation", "s", [seconds]),
    ]


def _phase_rows(run: CoinGameRun, repeats: int) -> list[Row]:
    """Milliseconds of the phases of an update; the later ones include what they need."""
    config = run.config()
    setup = train.make_coin_game_setup(config)
    state = _init(config, 1)

    def drawn(state: train.TrainState) -> tuple[jax.Array, ...]:
        return train.draw_opponents(setup, state.step, state.key)

    def played(state: train.TrainState) -> Any:
        return train.play(setup, state.params, drawn(state), state.key, state.past_selves)

    def acted(state: train.TrainState) -> Any:
        return train.actor_step(setup, state, drawn(state), played(state))

    def fitted(state: train.TrainState) -> Any:
        return train.critic_step(setup, state, state.params, played(state))

    phases: tuple[tuple[str, Callable[[train.TrainState], Any]], ...] = (
        ("drawing and rollout", played),
        ("drawing, rollout and actor step", acted),
        ("drawing, rollout and critic step", fitted),
    )
    measured = []
    for what, phase in phases:
        compiled, _ = compile_for(jax.jit(jax.vmap(phase)), state)
        times = timed(compiled, state, repeats=repeats).seconds
        measured.append(row(f"{run.name()}: {what}", "ms", [1e3 * t for t in times]))
        if phase is played:
            steps = run.batch_size * config.episode_length
            what = "environment steps, two GRU agents playing"
            measured.append(row(f"{run.name()}: {what}", "1/s", [steps / t for t in times]))
    return measured


def _init(config: CoinGameConfig, num_seeds: int) -> train.TrainState:
    training = train.make_coin_game_train(config)
    init = jax.jit(jax.vmap(lambda seed: training.init(jax.random.key(seed))))
    state: train.TrainState = init(jnp.arange(num_seeds))
    return state
