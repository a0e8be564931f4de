"""Trains several models of one target or of several, and compares their likelihoods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.logger.experiment import Findings, Metrics, Record, Rows
from riemannian_diffusion.experiments.trainings import (
    ComparisonConfig,
    Trainer,
    differences,
    joined_curves,
    named,
    train_all,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def run(config: ComparisonConfig, trainer: Trainer) -> Findings:
    """Trains all variants.

    Metrics are those of each variant's final evaluation; `OTHER_minus_FIRST_nll`; and what the
    bound of K paths is above the exact likelihood (`NAME_kelbo_minus_nll`) and above the truth,
    where it is known (`NAME_kelbo_minus_entropy`).
    """
    results = train_all(config, trainer)
    metrics: Metrics = {}
    for name, result in results.items():
        metrics |= named(name, result.metrics)
    first, *others = results
    for other in others:
        metrics[f"{other}_minus_{first}_nll"] = differences(
            metrics[f"{other}_nll"], metrics[f"{first}_nll"]
        )
    for name in results:
        for exact in ("nll", "entropy"):
            if f"{name}_negative_kelbo" in metrics and f"{name}_{exact}" in metrics:
                metrics[f"{name}_kelbo_minus_{exact}"] = differences(
                    metrics[f"{name}_negative_kelbo"], metrics[f"{name}_{exact}"]
                )
    return Findings(metrics, joined_curves(results, trainer.seeds))


def draw(record: Record, rows: Rows) -> Figure:
    """Draws likelihood and bounds of every variant, and losses over training."""
    from riemannian_diffusion.experiments import drawing

    figure, left, right = drawing.two_panels(record, "likelihood of every seed; training")
    names = drawing.training_names(record, "_nll")
    drawing.draw_likelihoods(left, record, names)
    drawing.draw_curves(right, rows, names, "loss")
    right.set_ylabel("training loss (nats)")
    return figure
