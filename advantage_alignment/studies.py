"""What each kind of experiment trains and measures, from its settings to metrics and curves."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from common.coin_game import CoinGame
from advantage_alignment import coin_game_rollout, exact_best_response, league, methods, programs, thresholds
from advantage_alignment.best_response import learn_best_response
from advantage_alignment.coin_game_rollout import Player
from advantage_alignment.estimator_bias import compare_gradients
from advantage_alignment.league import Entrant
from advantage_alignment.matches import SCRIPTS
from advantage_alignment.networks import Params
from advantage_alignment.study_configs import ExploitabilityConfig, LeagueConfig, ScalingConfig
from advantage_alignment.trainer import Trainer
from advantage_alignment.training_configs import BestResponseConfig, GradientConfig

CRITICS: tuple[Literal["sarsa", "returns"], ...] = ("sarsa", "returns")
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
    if isinstance(config, GradientConfig):
        return compare_critics(config, trainer)
    if isinstance(config, LeagueConfig):
        return play_league(config, trainer)
    if isinstance(config, ScalingConfig):
        return scale(config, trainer)
    if isinstance(config, ExploitabilityConfig):
        return exploit(config, trainer)
    result = trainer.train(config)
    return Findings(result.metrics, curve_rows(result.log, trainer.seeds))


def compare_critics(config: GradientConfig, trainer: Trainer) -> Findings:
    """Two trainings in the iterated game, judged by their gradients on the way.

    Metrics are means over the snapshots.
    """
    compared = partial(compare_gradients, num_batches=config.num_batches)
    logs = {
        critic: trainer.train(config.training(critic), critic, evaluation=compared).log
        for critic in CRITICS
    }
    means: dict[str, dict[str, np.ndarray]] = {
        critic: {
            name: np.mean([line[name] for line in log], axis=0)  # [seeds]
            for name in log[0]
            if name != "step"
        }
        for critic, log in logs.items()
    }
    return Findings(
        metrics={name: values.tolist() for name, values in compared_critics(means).items()},
        curves=side_by_side({c: curve_rows(log, trainer.seeds) for c, log in logs.items()}),
    )


def compared_critics(
    means: Mapping[str, Mapping[str, np.ndarray]],
) -> dict[str, np.ndarray]:
    """Metrics of both runs, critic -> metric -> [seeds], under the names that claims use."""
    exact, exact_value = (
        np.mean([means[critic][name] for critic in CRITICS], axis=0)
        for name in ("cosine_exact", "cosine_exact_value")
    )
    learned = {
        f"{name}_{critic}_critic": means[critic][f"{name}_learned"]
        for name in ("cosine", "signal")
        for critic in CRITICS
    }
    return {
        **learned,
        "cosine_exact_critic": exact,
        "cosine_exact_critic_value": exact_value,
        "cosine_gain_of_critic_value": exact_value - exact,
    }


def play_league(config: LeagueConfig, trainer: Trainer) -> Findings:
    """Trains every entrant, then lets all agents meet each other and the scripts.

    Metrics are those of `league.play_league` and of each training, and differences to the first
    entrant, seed by seed.
    """
    results = {name: trainer.train(entrant, name) for name, entrant in config.entrants}
    game = coin_game_rollout.make_game(config.entrants[0][1])
    entrants = {
        name: Entrant(
            coin_game_rollout.learned(game, methods.make_agent(entrant)), results[name].params
        )
        for name, entrant in config.entrants
    }
    key = jax.random.key(trainer.seeds[0])
    metrics = league.play_league(game, entrants, key, config.num_episodes)
    for name, result in results.items():
        metrics |= {league_name(name, kind): values for kind, values in result.metrics.items()}
    first, *others = results
    for other in others:
        for rest in ("self", *(f"vs_{script}" for script in SCRIPTS)):
            pairs = zip(metrics[f"{other}_{rest}"], metrics[f"{first}_{rest}"], strict=True)
            metrics[f"{other}_minus_{first}_{rest}"] = [ours - base for ours, base in pairs]
    return Findings(
        metrics=metrics,
        curves=side_by_side({n: curve_rows(r.log, trainer.seeds) for n, r in results.items()}),
    )


def league_name(entrant: str, metric: str) -> str:
    """Name in a league of what a run measured: always_defect_vs_agent is always_defect_vs_loqa."""
    if metric.endswith("_vs_agent"):
        return metric.removesuffix("agent") + entrant
    return f"{entrant}_{metric}"


def scale(config: ScalingConfig, trainer: Trainer) -> Findings:
    """Trains every entrant on every grid and notes when it passes the thresholds."""
    metrics: Metrics = {}
    rows: dict[str, Rows] = {}
    for name, entrant in config.entrants:
        for size in config.grid_sizes:
            case = f"{name}_{size}x{size}"
            result = trainer.train(replace(entrant, grid_size=size), case)
            rows[case] = curve_rows(result.log, trainer.seeds)
            passed = thresholds.passed(result.log, size)
            for level, updates in passed.items():
                metrics[f"{case}_{level}_passed"] = [float(u is not None) for u in updates]
                metrics[f"{case}_{level}_updates"] = [
                    float(entrant.num_updates if u is None else u) for u in updates
                ]
            metrics[f"{case}_seconds_per_update"] = [result.seconds_per_update] * len(trainer.seeds)
    return Findings(metrics, side_by_side(rows))


def exploit(config: ExploitabilityConfig, trainer: Trainer) -> Findings:
    """Trains every entrant, then a best response to each of its agents and to two scripts.

    Of the scripts the exact best response is known, which says how far the learned ones fall short.
    """
    game = coin_game_rollout.make_game(config.entrants[0][1])
    metrics: Metrics = {}
    rows: dict[str, Rows] = {}
    for name, entrant in config.entrants:
        player = coin_game_rollout.learned(game, methods.make_agent(entrant))
        params = trainer.train(entrant, name).params
        found, rows[name] = answer(config.response, game, name, player, params, trainer.seeds)
        metrics |= found
    for name in ("always_cooperate", "always_defect"):
        player = coin_game_rollout.scripted(game, SCRIPTS[name])
        unused = {"none": jnp.zeros(len(trainer.seeds))}
        found, rows[name] = answer(config.response, game, name, player, unused, trainer.seeds)
        exact = exact_best_response.best_response(game, SCRIPTS[name]).responder
        per_step = [float(exact) / game.episode_length for _ in trainer.seeds]
        metrics |= {**found, f"exact_best_response_vs_{name}": per_step}
    return Findings(metrics, side_by_side(rows))


def answer(
    config: BestResponseConfig,
    game: CoinGame,
    name: str,
    player: Player,
    params: Params,
    seeds: Sequence[int],
) -> tuple[Metrics, Rows]:
    """Learns a best response to each of S frozen players; metrics and the learning curve."""

    def respond(of_seed: tuple[Params, Array]) -> dict[str, Array]:
        params, seed = of_seed
        return learn_best_response(config, game, player, params, jax.random.key(seed))

    all_seeds = (params, jnp.asarray(seeds, jnp.int32))
    learned = programs.over_seeds(respond, all_seeds)(all_seeds)
    curve = np.asarray(learned["learning_curve"])  # [S, C]
    every = config.num_updates // config.num_curve_points
    rows = [
        {"update": every * (point + 1), "seed": seed, "best_response": float(value)}
        for point, values in enumerate(curve.T)
        for seed, value in zip(seeds, values, strict=True)
    ]
    metrics = {
        f"best_response_vs_{name}": learned["responder_value"].tolist(),
        f"{name}_vs_best_response": learned["agent_value"].tolist(),
    }
    return metrics, rows


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
