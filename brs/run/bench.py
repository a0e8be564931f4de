"""Throughput on this machine: exact updates, the phases of an iteration, both searches."""

from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
from jax import Array

from brs import episodes, objectives, train
from brs.coin_game_players import CONTROLLERS, controlled
from brs.config import BrsConfig, ExactConfig
from brs.exact import ipd_brs
from brs.responders import searcher
from brs.responders.config import MCTX, OPEN_LOOP
from brs.train_state import TrainState
from common.coin_game import CoinGame
from common.logger import atomic, provenance, results
from common.logger.timing import Row, compile_for, row, timed


def run(repeats: int, output: Path) -> str:
    """Measures, writes a JSON file and returns the table as text.

    Args:
      repeats: timed repeats after a warm-up; the median is reported.
      output: file to write.
    """
    rows = [*_exact_rows(repeats), *_phase_rows(repeats), *_search_rows(repeats)]
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
    training = ipd_brs.make_train(ExactConfig())
    seeds = jnp.arange(num_seeds)
    states = jax.jit(jax.vmap(lambda seed: training.init(jax.random.key(seed))))(seeds)

    def advance(states: TrainState) -> TrainState:
        step = jax.vmap(training.update)
        return jax.lax.scan(lambda s, _: (step(s)[0], None), states, length=num_updates)[0]

    compiled, seconds = compile_for(jax.jit(advance), states)
    rates = [num_updates / t for t in timed(compiled, states, repeats=repeats).seconds]
    name = f"exact IPD, {num_seeds} seeds side by side"
    return [row(f"{name}: updates", "1/s", rates), row(f"{name}: compilation", "s", [seconds])]


def _phase_rows(repeats: int) -> list[Row]:
    """Seconds by phase of an iteration in the Coin Game, 32 units, 8 episodes per step."""
    config = BrsConfig(batch_size=8, num_drawn_agents=8, hidden_size=32, detective_hidden_size=32)
    players = train.make_players(config)
    state = jax.jit(partial(train.init, config, players))(jax.random.key(0))
    agent, detective = state.params["agent"], state.params["detective"]
    keys = jax.random.split(jax.random.key(1), config.batch_size)
    play = partial(episodes.play_with_detective, players, agent["actor"], detective["actor"])
    batch = jax.jit(jax.vmap(play))(keys)

    def gradient(batch: episodes.Trajectory) -> Array:
        def loss(agent: object) -> Array:
            one = partial(objectives.agent_loss, config, players, agent, detective)
            return jnp.mean(jax.vmap(one)(batch)[0])

        return jax.grad(loss)(agent)

    itself = partial(episodes.play_with_itself, players, agent["actor"])
    phases = (
        ("play with questions", jax.vmap(play), keys),
        ("play with itself", jax.vmap(itself), keys),
        ("gradient through the detective", gradient, batch),
    )
    rows = []
    inner = config.episode_length * 4 * config.num_roll_outs * config.roll_out_steps * len(keys)
    for what, phase, argument in phases:
        compiled, _ = compile_for(jax.jit(phase), argument)
        times = timed(compiled, argument, repeats=repeats).seconds
        rows.append(row(f"Coin Game, 8 episodes, H 32: {what}", "s", times))
        if what == "play with questions":
            rates = [inner / seconds for seconds in times]
            rows.append(row("inner environment steps of the answers", "1/s", rates))
    return rows


def _search_rows(repeats: int) -> list[Row]:
    """Simulations per second of both searches against Coin-TFT, 8 games of 2 moves."""
    game = CoinGame(episode_length=2)
    agent = controlled(game, CONTROLLERS["Coin-TFT"])
    keys = jax.random.split(jax.random.key(0), 8)
    rows = []
    for search in (MCTX, OPEN_LOOP):
        case = searcher.make_case((), "AC", search.exploration)
        play = jax.jit(partial(searcher.play_many, search, game, agent, case))
        compiled, seconds = compile_for(play, keys)
        trees = search.num_trees if search.kind == "mctx" else 1
        number = len(keys) * game.episode_length * trees * search.num_simulations
        rates = [number / each for each in timed(compiled, keys, repeats=repeats).seconds]
        rows.append(row(f"{search.kind}: simulations", "1/s", rates))
        rows.append(row(f"{search.kind}: compilation", "s", [seconds]))
    return rows
