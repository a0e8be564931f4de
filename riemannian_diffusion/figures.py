"""Figures of the experiments, from their records and curves; needs no JAX."""

import math
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from common.logger import curves, results
from riemannian_diffusion.configs import EXPERIMENTS
from riemannian_diffusion.curve_drawing import STYLES, Record, Rows, draw_seeds
from riemannian_diffusion.density_drawing import draw_densities
from riemannian_diffusion.study_configs import (
    ComparisonConfig,
    DensityConfig,
    KernelConfig,
    StepsConfig,
    StudyConfig,
    TimeSamplingConfig,
)


def draw(name: str, folder: Path) -> None:
    """Draws the figure of one experiment from its record and curves, as PNG and SVG."""
    record = results.read_record(folder / f"{name}.json")
    rows = curves.read_curves(folder / f"{name}.csv")
    mpl.rcParams["svg.hashsalt"] = "riemannian_diffusion"  # the same file for the same figure
    figure = _picture(EXPERIMENTS[name].configs["quick"])(record, rows)
    for suffix, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
        figure.savefig(folder / f"{name}.{suffix}", dpi=130, metadata=metadata)


def _picture(config: StudyConfig) -> Callable[[Record, Rows], Figure]:
    """Chooses the drawing of an experiment by its settings."""
    pictures: dict[type, Callable[[Record, Rows], Figure]] = {
        ComparisonConfig: _draw_likelihoods,
        TimeSamplingConfig: _draw_losses,
        StepsConfig: _draw_steps,
        KernelConfig: _draw_kernels,
        DensityConfig: draw_densities,
    }
    return pictures[type(config)]


def _mean(record: Record, metric: str) -> float:
    value = record["metrics"][metric]["mean"]
    return math.nan if value is None else value


def _names(record: Record, suffix: str) -> list[str]:
    """What comes before a suffix in the names of metrics, in their order; no differences."""
    ends = [name.removesuffix(suffix) for name in record["metrics"] if name.endswith(suffix)]
    return [name for name in ends if not name.endswith("_minus") and "_minus_" not in name]


def _title(record: Record, text: str) -> str:
    return f"{record['experiment']} ({record['preset']}, {len(record['seeds'])} seeds): {text}"


def _draw_likelihoods(record: Record, rows: Rows) -> Figure:
    """Negative log-likelihood and bounds of every variant, and losses over training."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    names = _names(record, "_nll")
    kinds = (("nll", "ODE", "o"), ("negative_kelbo", "KELBO", "^"), ("negative_elbo", "ELBO", "s"))
    for style, (kind, label, marker) in zip(STYLES, kinds, strict=False):
        for place, name in enumerate(names):
            if f"{name}_{kind}" in record["metrics"]:
                seeds = record["metrics"][f"{name}_{kind}"]["per_seed"]
                left.plot([place] * len(seeds), seeds, marker, color=style["color"], label=label)
                label = "_"
    for place, name in enumerate(names):
        if f"{name}_entropy" in record["metrics"]:
            entropy = _mean(record, f"{name}_entropy")
            left.plot([place - 0.3, place + 0.3], [entropy] * 2, "k-", lw=1)
    for claim in record["claims"]:
        if claim["paper_value"] is not None and claim["metric"].endswith("_nll"):
            left.axhline(claim["paper_value"], color="0.5", ls=":", label="paper")
    left.set_xticks(range(len(names)), [name.replace("_", "\n") for name in names], fontsize=7)
    left.set_ylabel("negative log-likelihood (nats)")
    left.legend(fontsize=7)
    for style, name in zip(STYLES, names, strict=False):
        draw_seeds(right, rows, f"{name}_loss", name, style)
    right.set(xlabel="update", ylabel="training loss (nats)")
    right.legend(fontsize=7)
    figure.suptitle(_title(record, "test likelihood (line: truth); loss"), fontsize=9)
    return figure


def _draw_losses(record: Record, rows: Rows) -> Figure:
    """The loss and the variance of one estimate of it, with times drawn in several ways."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    names = [name for name in _names(record, "_nll") if "_over_" not in name]
    for style, name in zip(STYLES, names, strict=False):
        draw_seeds(left, rows, f"{name}_loss", name, style)
        draw_seeds(right, rows, f"{name}_loss_variance", name, style)
    left.set(xlabel="update", ylabel="loss, mean since the last point (nats)")
    right.set(xlabel="update", ylabel="variance over a batch", yscale="log")
    if "learned_variance_optimal" in record["metrics"]:
        optimal = _mean(record, "learned_variance_optimal")
        right.axhline(optimal, color="0.5", ls=":", label="optimal density")
    left.legend(fontsize=7)
    right.legend(fontsize=7)
    figure.suptitle(_title(record, "times drawn in several ways"), fontsize=9)
    return figure


def _draw_steps(record: Record, rows: Rows) -> Figure:
    """The loss on a model's own paths and on exact ones, by the number of steps."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    names = _names(record, "_bias")
    for style, name in zip(STYLES, names, strict=False):
        draw_seeds(left, rows, f"{name}_loss", name.replace("_", " "), style)
    for marker, kind, label in (("o-", "loss", "own paths"), ("s--", "direct_loss", "exact paths")):
        values = [_mean(record, f"{name}_{kind}") for name in names]
        right.plot(range(len(names)), values, marker, label=label)
    right.set_xticks(range(len(names)), [name.removeprefix("steps_") for name in names])
    right.set(xlabel="steps", ylabel="loss of the trained model (nats)")
    left.set(xlabel="update", ylabel="training loss (nats)")
    left.legend(fontsize=7)
    right.legend(fontsize=7)
    figure.suptitle(_title(record, "integration steps in training"), fontsize=9)
    return figure


def _draw_kernels(record: Record, rows: Rows) -> Figure:
    """Gap to the truth against seconds of training, by manifold."""
    del rows
    figure = Figure(figsize=(5, 3.8), layout="constrained")
    axes = figure.subplots()
    for style, name in zip(STYLES, _names(record, "_time_ratio"), strict=False):
        for kind, marker in (("simulated", "o"), ("exact", "^")):
            seconds = record["metrics"][f"{name}_{kind}_seconds"]["per_seed"]
            gaps = record["metrics"][f"{name}_{kind}_gap"]["per_seed"]
            label = f"{name}, {'bound on simulated paths' if kind == 'simulated' else 'kernel'}"
            axes.plot(seconds, gaps, marker, color=style["color"], label=label)
    axes.set(xlabel="seconds of all updates", ylabel="gap to the known density (nats)")
    axes.set_xscale("log")
    axes.legend(fontsize=6)
    figure.suptitle(_title(record, "simulation and exact kernel"), fontsize=9)
    return figure
