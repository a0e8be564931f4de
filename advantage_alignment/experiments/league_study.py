"""Agents that are trained and then meet each other and the scripted players of their game."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from advantage_alignment.experiments.comparison import Entrants, findings_of, train_all
from advantage_alignment.experiments.trainer import Trainer
from common.logger.experiment import Findings, Record, Rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class LeagueConfig:
    """What is trained and played.

    Attributes:
      entrants: what is trained.
      num_episodes: of every pair of agents.
      lengths: steps of the episodes that are scored; the first gives the plain names.
    """

    entrants: Entrants
    num_episodes: int = 256
    lengths: tuple[int, ...] = (50,)


def run(config: LeagueConfig, trainer: Trainer) -> Findings:
    """Trains every entrant, then lets all agents meet each other and the scripts.

    Metrics are those of the runs and of `league.play_league`, with `_tN` behind for lengths other
    than the first.
    """
    import jax

    from advantage_alignment.agents import sampling_player
    from advantage_alignment.evaluation import league
    from advantage_alignment.games import by_name

    trained = train_all(config, trainer)
    found = findings_of(trained, trainer.seeds)
    entrants = {
        name: league.Entrant(sampling_player(by_name.make_agent(entrant)), trained[name].params)
        for name, entrant in config.entrants
    }
    first = config.entrants[0][1]
    game, scripts = by_name.make_game(first), by_name.GAMES[first.game].SCRIPTS
    metrics = dict(found.metrics)
    for i, length in enumerate(config.lengths):
        rules = league.Rules(game, scripts, length, config.num_episodes)
        key = jax.random.fold_in(jax.random.key(trainer.seeds[0]), length)
        suffix = "" if i == 0 else f"_t{length}"
        played = league.play_league(rules, entrants, key)
        metrics |= {f"{metric}{suffix}": values for metric, values in played.items()}
    return Findings(metrics, found.curves)


def draw(record: Record, rows: Rows) -> Figure:
    """Heat map of rewards, row player against column player; three curves over training."""
    from advantage_alignment.experiments import league_drawing

    return league_drawing.draw_league(record, rows)
