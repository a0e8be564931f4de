"""Throughput on this machine: outer steps of MeVa, the Logistic Game, tournaments."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from common.logger import atomic, provenance, results
from common.logger.timing import Row, compile_for, row, timed
from meta_value import train
from meta_value.config import LOGISTIC, ColaConfig, MamlConfig, MetaValueConfig
from meta_value.evaluation import tournament
from meta_value.games import GAMES, draw_starts
from meta_value.meta_game import make_setup
from meta_value.run.training_run import Config, make_train
from meta_value.train_state import TrainState


class Case(NamedTuple):
    """One training whose updates are timed."""

    name: str
    config: Config
    num_seeds: int = 1


_PUBLISHED = MetaValueConfig()
DEFAULT_CASES = (
    # As published (0.34 s on a T4 GPU in the notebook), and with more seeds side by side.
    Case("IPD against itself, batch 128, H 128, Q 64", _PUBLISHED),
    Case("IPD against itself, batch 128, H 128, Q 64", _PUBLISHED, 3),
    Case("IPD against itself, batch 128, H 128, Q 64", _PUBLISHED, 10),
    Case("IPD against naive, batch 128, H 128, Q 64", replace(_PUBLISHED, opponent="naive")),
    Case("IPD against LOLA, batch 128, H 128, Q 64", replace(_PUBLISHED, opponent="lola")),
    Case(
        "IPD against itself, batch 64, H 64, Q 32",
        replace(_PUBLISHED, batch_size=64, hidden_size=64, num_quantiles=32),
    ),
    Case("Logistic Game, batch 128, H 64, Q 16, T 50", MetaValueConfig(**LOGISTIC)),
    Case("COLA, batch 256, H 64", ColaConfig()),
    Case("M-MAML, batch 64, T 300, both seats", MamlConfig()),
)


def run(repeats: int, output: Path, cases: tuple[Case, ...] = DEFAULT_CASES) -> str:
    """Measures, writes a JSON file and returns the table as text.

    Args:
      repeats: timed repeats after a warm-up; the median is reported.
      output: file to write.
      cases: trainings to time; the phases are those of the first.
    """
    rows = [each for case in cases for each in _update_rows(case, repeats)]
    first = cases[0].config
    if isinstance(first, MetaValueConfig):
        rows += _phase_rows(cases[0].name, first, repeats)
    rows += _tournament_rows(repeats)
    memory = provenance.peak_memory_bytes() / 2**20
    rows.append(row("peak memory of the whole benchmark", "MiB", [memory]))
    atomic.write_json(
        output,
        {
            "schema_version": results.SCHEMA_VERSION,
            "paper": "meta_value",
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


def _update_rows(case: Case, repeats: int) -> list[Row]:
    """Seconds of one update of all seeds, and what a whole run of the published length takes."""
    training = make_train(case.config)
    state = _init(case.config, case.num_seeds)
    compiled, seconds = compile_for(jax.jit(lambda states: lax.map(training.update, states)), state)
    times = timed(compiled, state, repeats=repeats)
    name = f"{case.name}, {case.num_seeds} seed{'s' * (case.num_seeds > 1)}"
    core_hours = [t * case.config.num_updates / 3600 for t in times.core_seconds]
    return [
        row(f"{name}: one update", "s", times.seconds),
        row(f"{name}: one update, all cores together", "s", times.core_seconds),
        row(f"{name}: a whole run, all cores together", "h", core_hours),
        row(f"{name}: compilation", "s", [seconds]),
    ]


def _phase_rows(name: str, config: MetaValueConfig, repeats: int) -> list[Row]:
    """Milliseconds of the parts of one gradient step, of which an outer step has several."""
    setup = make_setup(config)
    state = _init(config, 1)
    batch = jax.jit(jax.vmap(partial(train.draw_batch, setup)))(state.key)

    def paths(state: TrainState, batch: train.Batch) -> Array:
        path = partial(train.path_of_learning, setup, state.params)
        return jax.vmap(path)(batch.policies, batch.discounts)

    def fit(state: TrainState, batch: train.Batch) -> Any:
        return train.fit(setup, state, batch.policies, batch.discounts, None)

    phases: tuple[tuple[str, Callable[..., Any]], ...] = (
        ("exploration", lambda state, batch: train.explore(setup, state.params, batch).policies),
        ("path of learning", paths),
        ("path and gradient step", fit),
    )
    measured = []
    for what, phase in phases:
        lifted = jax.jit(lambda both, phase=phase: jax.vmap(phase)(*both))
        compiled, _ = compile_for(lifted, (state, batch))
        times = timed(compiled, (state, batch), repeats=repeats)
        core_milliseconds = [1e3 * t for t in times.core_seconds]
        measured.append(row(f"{name}: {what}, all cores together", "ms", core_milliseconds))
    return measured


def _tournament_rows(repeats: int, num_trials: int = 1024) -> list[Row]:
    """Seconds of a pairing of the tournament, 300 simultaneous updates of every trial."""
    game = GAMES["ipd"]
    learners = tournament.untrained_learners(game)
    starts = draw_starts(game, jax.random.key(0), num_trials)
    measured = []
    for name in ("naive", "lola"):
        learner = learners[name]
        compiled, seconds = compile_for(
            jax.jit(lambda starts, each=learner: tournament.play(game, [(each, each)], starts)[0]),
            starts,
        )
        what = f"tournament, {name} against {name}, {num_trials} trials"
        times = timed(compiled, starts, repeats=repeats)
        measured.append(row(f"{what}: 300 steps, all cores together", "s", times.core_seconds))
        measured.append(row(f"{what}: compilation", "s", [seconds]))
    return measured


def _init(config: Config, num_seeds: int) -> Any:
    training = make_train(config)
    init = jax.jit(jax.vmap(lambda seed: training.init(jax.random.key(seed))))
    return init(jnp.arange(num_seeds))
