"""Agents that are trained in Commons Harvest and then meet scripted bots, as published."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from advantage_alignment.experiments.comparison import Entrants, findings_of, train_all
from advantage_alignment.experiments.trainer import Trainer
from common.logger.experiment import Findings, Record, Rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class HarvestConfig:
    """What is trained."""

    entrants: Entrants


def run(config: HarvestConfig, trainer: Trainer) -> Findings:
    """Trains every entrant in Commons Harvest, then lets its agents meet bots.

    Metrics are those of the runs, of random play, of the scenarios, and the best seed of each.
    """
    from advantage_alignment.evaluation import harvest_scenarios

    trained = train_all(config, trainer)
    found = findings_of(trained, trainer.seeds)
    metrics = dict(found.metrics)
    for name, entrant in config.entrants:
        play = partial(harvest_scenarios.play, entrant)
        scores = trainer.per_seed(play, trained[name].params)
        metrics |= {f"{name}_{metric}": values.tolist() for metric, values in scores.items()}
        apples = metrics[f"{name}_apples_per_agent"]
        metrics[f"{name}_best_apples_per_agent"] = [max(apples)] * len(apples)
    first = config.entrants[0][1]
    random = trainer.per_seed(lambda _, key: harvest_scenarios.play_random(first, key), None)
    metrics |= {f"random_{metric}": values.tolist() for metric, values in random.items()}
    return Findings(metrics, found.curves)


def draw(record: Record, rows: Rows) -> Figure:
    """Apples per agent, apples alive over an episode, apples and zaps along training."""
    from advantage_alignment.experiments.drawing import (
        LOOKS,
        draw_bars,
        draw_entrants,
        entrants_of,
        new_figure,
    )
    from common.logger.curve_drawing import mark_paper, paper_values

    names = entrants_of(record)
    figure = new_figure(record, (13, 3.6))
    bars, alive, *curves = figure.subplots(1, 4)
    draw_bars(bars, record, [*names, "random"], "apples_per_agent")
    bars.set(ylabel="apples per agent and episode")
    for name in [*names, "random"]:
        marks = [record["metrics"][f"{name}_alive_{mark}"]["mean"] for mark in range(1, 7)]
        alive.plot(range(7), [1.0, *marks], label=LOOKS[name].label, **LOOKS[name].line)
        if f"{name}_alive_6" in paper_values(record):
            theirs = paper_values(record)[f"{name}_alive_6"]
            mark_paper(alive, theirs, f"the paper: {LOOKS[name].label} at the end")
    alive.set(xlabel="sixths of an episode", ylabel="share of apples alive", ylim=(-0.03, 1.03))
    alive.set_title("mean over seeds", fontsize=8)
    alive.legend(fontsize=6)
    for axes, metric in zip(curves, ("apples_per_agent", "zaps_per_agent"), strict=True):
        draw_entrants(axes, rows, names, metric)
        axes.set(ylabel=f"{metric.split('_')[0]} per agent and episode")
    return figure
