"""What each kind of experiment trains and measures, from its settings to metrics and curves."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from advantage_alignment import exploitability, harvest_scenarios, league, methods
from advantage_alignment.league import Entrant, Rules
from advantage_alignment.runs import RunResult
from advantage_alignment.study_configs import (
    ComparisonConfig,
    ExploitabilityConfig,
    HarvestConfig,
    LeagueConfig,
)
from advantage_alignment.trainer import Trainer

Metrics = dict[str, list[float]]  # metric -> a value per seed
Rows = list[dict[str, float]]  # of curves


class Findings(NamedTuple):
    """What an experiment shows."""

    metrics: Metrics
    curves: Rows


def study(config: Any, trainer: Trainer) -> Findings:
    """Runs an experiment of any kind.

    Args:
      config: its settings; their type decides what is done.
      trainer: trains what it needs.
    """
    if isinstance(config, LeagueConfig):
        return play_league(config, trainer)
    if isinstance(config, ExploitabilityConfig):
        return exploit(config, trainer)
    if isinstance(config, HarvestConfig):
        return harvest(config, trainer)
    return compare(config, trainer)


def compare(
    config: ComparisonConfig | LeagueConfig | ExploitabilityConfig | HarvestConfig,
    trainer: Trainer,
) -> Findings:
    """Trains every entrant; metrics and curves are those of its run, its name in front.

    Of two entrants also the differences of their metrics, later minus first, seed by seed. late_
    in front of a metric: see `late_means`.
    """
    results = {name: trainer.train(entrant, name) for name, entrant in config.entrants}
    metrics = {
        f"{name}_{metric}": values
        for name, result in results.items()
        for metric, values in {**result.metrics, **late_means(result)}.items()
    }
    first, *others = results
    for other in others:
        for metric in results[first].metrics:
            pairs = zip(metrics[f"{other}_{metric}"], metrics[f"{first}_{metric}"], strict=True)
            metrics[f"{other}_minus_{first}_{metric}"] = [ours - base for ours, base in pairs]
    curves = side_by_side({n: curve_rows(r.log, trainer.seeds) for n, r in results.items()})
    return Findings(metrics, curves)


def late_means(result: RunResult) -> Metrics:
    """Means of each metric over the evaluations of a run's second half, if it goes in circles."""
    second_half = result.log[len(result.log) // 2 :]
    return {
        f"late_{metric}": np.mean([line[metric] for line in second_half], axis=0).tolist()
        for metric in result.metrics
    }


def play_league(config: LeagueConfig, trainer: Trainer) -> Findings:
    """Trains every entrant, then lets all agents meet each other and the scripts.

    Metrics are those of `compare` and of `league.play_league`, with `_tN` behind for lengths other
    than the first.
    """
    found = compare(config, trainer)
    entrants = _entrants(config, trainer)
    first = config.entrants[0][1]
    metrics = dict(found.metrics)
    for i, length in enumerate(config.lengths):
        rules = Rules(methods.make_game(first), first.game, length, config.num_episodes)
        key = jax.random.fold_in(jax.random.key(trainer.seeds[0]), length)
        suffix = "" if i == 0 else f"_t{length}"
        played = league.play_league(rules, entrants, key)
        metrics |= {f"{metric}{suffix}": values for metric, values in played.items()}
    return Findings(metrics, found.curves)


def exploit(config: ExploitabilityConfig, trainer: Trainer) -> Findings:
    """Trains every entrant, then a naive learner against each of its agents, which are frozen."""
    found = compare(config, trainer)
    metrics = dict(found.metrics)
    for name, _ in config.entrants:
        params = trainer.train(dict(config.entrants)[name], name).params
        answered = exploitability.answer(config.responder, params, trainer.seeds)
        metrics[f"best_response_vs_{name}"] = answered.responder
        metrics[f"{name}_vs_best_response"] = answered.agent
    return Findings(metrics, found.curves)


def harvest(config: HarvestConfig, trainer: Trainer) -> Findings:
    """Trains every entrant in Commons Harvest, then lets its agents meet bots.

    Metrics are those of `compare`, of random play, of the scenarios, and the best seed of each.
    """
    found = compare(config, trainer)
    metrics = dict(found.metrics)
    for name, entrant in config.entrants:
        params = trainer.train(entrant, name).params
        for metric, values in harvest_scenarios.play(entrant, params, trainer.seeds).items():
            metrics[f"{name}_{metric}"] = values
        apples = metrics[f"{name}_apples_per_agent"]
        metrics[f"{name}_best_apples_per_agent"] = [max(apples)] * len(apples)
    first = config.entrants[0][1]
    for metric, values in harvest_scenarios.play_random(first, trainer.seeds).items():
        metrics[f"random_{metric}"] = values
    return Findings(metrics, found.curves)


def _entrants(config: LeagueConfig, trainer: Trainer) -> dict[str, Entrant]:
    return {
        name: Entrant(
            methods.learned(methods.make_agent(entrant)), trainer.train(entrant, name).params
        )
        for name, entrant in config.entrants
    }


def curve_rows(log: Sequence[Mapping[str, Any]], seeds: Sequence[int]) -> Rows:
    """Turns lines of metrics with lists over seeds into rows of a curve, one per line and seed."""
    return [
        {
            "update": line["step"],
            "seed": seed,
            **{name: values[i] for name, values in line.items() if name != "step"},
        }
        for line in log
        for i, seed in enumerate(seeds)
    ]


def side_by_side(runs_rows: Mapping[str, Rows]) -> Rows:
    """Joins the curves of several runs by update and seed; NaN where a run has no such update.

    A metric's name gets the run's in front.
    """
    columns = {
        f"{run}_{name}": math.nan
        for run, rows in runs_rows.items()
        for name in rows[0]
        if name not in ("update", "seed")
    }
    joined: dict[tuple[float, float], dict[str, float]] = {}
    for run, rows in runs_rows.items():
        for row in rows:
            place = {"update": row["update"], "seed": row["seed"]}
            entry = joined.setdefault((row["update"], row["seed"]), {**place, **columns})
            entry |= {f"{run}_{name}": value for name, value in row.items() if name not in place}
    return [joined[where] for where in sorted(joined)]
