"""Agents that are trained side by side, each measured by the evaluation of its own run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from advantage_alignment.config import TrainingConfig
from advantage_alignment.experiments.sizes import ByPreset
from advantage_alignment.experiments.trainer import TrainedAgents, Trainer
from common.logger.curves import curve_rows, side_by_side
from common.logger.experiment import Findings, Metrics

Entrants = tuple[tuple[str, TrainingConfig], ...]  # of one game


@dataclass(frozen=True)
class ComparisonConfig:
    """What is trained."""

    entrants: Entrants


class HasEntrants(Protocol):
    """Settings of an experiment that trains several agents."""

    @property
    def entrants(self) -> Entrants:
        """What is trained, by name."""


def entrants_at(preset: str, by_name: Mapping[str, ByPreset]) -> Entrants:
    """What is trained at a preset; the smoke run has two entrants at most."""
    named = tuple((name, by_preset[preset]) for name, by_preset in by_name.items())
    return named[:2] if preset == "smoke" else named


def comparisons(by_name: Mapping[str, ByPreset]) -> dict[str, ComparisonConfig]:
    """A comparison at every preset."""
    presets = next(iter(by_name.values()))
    return {preset: ComparisonConfig(entrants_at(preset, by_name)) for preset in presets}


def first_entrant(config: HasEntrants) -> TrainingConfig:
    """Settings of the training that `train NAME` runs: of several agents the first."""
    return config.entrants[0][1]


def beta_name(beta: float) -> str:
    """Name of the entrant that is trained with a beta."""
    return f"beta_{beta:g}".replace(".", "_")


def compare(config: HasEntrants, trainer: Trainer) -> Findings:
    """Trains every entrant and compares their runs."""
    return findings_of(train_all(config, trainer), trainer.seeds)


def train_all(config: HasEntrants, trainer: Trainer) -> dict[str, TrainedAgents]:
    """Trains every entrant."""
    return {name: trainer.train(entrant, name) for name, entrant in config.entrants}


def findings_of(results: Mapping[str, TrainedAgents], seeds: Sequence[int]) -> Findings:
    """Metrics and curves of several runs, the entrant's name in front.

    Of two entrants also the differences of their metrics, later minus first, seed by seed. late_
    in front of a metric: see `late_means`.
    """
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
    curves = side_by_side({n: curve_rows(r.log, seeds) for n, r in results.items()})
    return Findings(metrics, curves)


def late_means(result: TrainedAgents) -> Metrics:
    """Means of each metric over the evaluations of a run's second half, if it goes in circles."""
    import numpy as np

    second_half = result.log[len(result.log) // 2 :]
    return {
        f"late_{metric}": np.mean([line[metric] for line in second_half], axis=0).tolist()
        for metric in result.metrics
    }
