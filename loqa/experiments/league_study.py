"""A league in the Coin Game: agents are trained, then meet each other and the scripted players."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from common.logger.curves import curve_rows, side_by_side
from common.logger.experiment import Findings, Record, Rows
from loqa.config import CoinGameConfig
from loqa.experiments.sizes import BY_PRESET
from loqa.pola.config import PolaConfig

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from loqa.run.training_run import Trainer

Entrants = tuple[tuple[str, CoinGameConfig | PolaConfig], ...]  # name, settings


@dataclass(frozen=True)
class LeagueConfig:
    """Agents that are trained and then meet each other and the scripted players."""

    entrants: Entrants
    num_episodes: int = 1024  # of every pair of agents


def league(**entrants: Mapping[str, CoinGameConfig | PolaConfig]) -> dict[str, LeagueConfig]:
    """A league at every preset, of entrants given by preset."""
    return {
        preset: LeagueConfig(
            tuple((name, configs[preset]) for name, configs in entrants.items()),
            num_episodes=8 if preset == "smoke" else 1024,
        )
        for preset in BY_PRESET
    }


def first_entrant(config: LeagueConfig) -> CoinGameConfig | PolaConfig:
    """Settings of the agents that `train` trains."""
    return config.entrants[0][1]


def run(config: LeagueConfig, trainer: Trainer) -> Findings:
    """Trains every entrant, then lets all agents meet each other and the scripts.

    Metrics are those of `league.play_league` and of each training, and differences to the first
    entrant, seed by seed.
    """
    import jax

    from loqa import coin_game_rollout
    from loqa.evaluation import league
    from loqa.evaluation.matches import SCRIPTS

    results = {name: trainer.train(entrant, name) for name, entrant in config.entrants}
    game = coin_game_rollout.make_game(config.entrants[0][1])
    entrants = {
        name: league.Entrant(coin_game_rollout.learned(game, result.agent), result.params)
        for name, result in results.items()
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


def draw(record: Record, rows: Rows) -> Figure:
    """Heat map of rewards, bars beside the paper's numbers, learning curves."""
    from loqa.experiments import drawing

    return drawing.draw_league(record, rows)
