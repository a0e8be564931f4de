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
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# metric, label in the figure, marker
ESTIMATES = (("nll", "ODE", "o"), ("negative_kelbo", "KELBO", "^"), ("negative_elbo", "ELBO", "s"))


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
    from common.logger.curve_drawing import STYLES, draw_seeds
    from riemannian_diffusion.experiments import drawing

    text = "test likelihood (line: truth); loss"
    figure, left, right = drawing.two_panels(record, text)
    names = drawing.training_names(record, "_nll")
    _draw_likelihoods(left, record, names)
    for style, name in zip(STYLES, names, strict=False):
        draw_seeds(right, rows, f"{name}_loss", name, style)
    right.set(xlabel="update", ylabel="training loss (nats)")
    right.legend(fontsize=7)
    return figure


def _draw_likelihoods(axes: Axes, record: Record, names: list[str]) -> None:
    """Draws a column of points per variant: likelihood and bounds of every seed."""
    from common.logger.curve_drawing import STYLES
    from riemannian_diffusion.experiments import drawing

    for style, (estimate, label, marker) in zip(STYLES, ESTIMATES, strict=False):
        for place, name in enumerate(names):
            if f"{name}_{estimate}" in record["metrics"]:
                seeds = record["metrics"][f"{name}_{estimate}"]["per_seed"]
                axes.plot([place] * len(seeds), seeds, marker, color=style["color"], label=label)
                label = "_"
    for place, name in enumerate(names):
        if f"{name}_entropy" in record["metrics"]:
            entropy = drawing.mean(record, f"{name}_entropy")
            axes.plot([place - 0.3, place + 0.3], [entropy] * 2, "k-", lw=1)
    for claim in record["claims"]:
        if claim["paper_value"] is not None and claim["metric"].endswith("_nll"):
            axes.axhline(claim["paper_value"], color="0.5", ls=":", label="paper")
    axes.set_xticks(range(len(names)), [name.replace("_", "\n") for name in names], fontsize=7)
    axes.set_ylabel("negative log-likelihood (nats)")
    axes.legend(fontsize=7)
