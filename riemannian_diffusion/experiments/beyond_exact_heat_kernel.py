"""Beyond the paper: denoising with the exact heat kernel against the bound on simulated paths.

`make reproduce-riemannian_diffusion EXPERIMENT=beyond_exact_heat_kernel`, 4 minutes on two cores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment, Findings, Metrics, Record, Rows
from riemannian_diffusion.config import DiffusionConfig
from riemannian_diffusion.experiments.sizes import KNOWN_TARGETS, NUM_SEEDS, PRESETS, diffusion
from riemannian_diffusion.experiments.trainings import (
    DiffusionTrainings,
    Trainer,
    differences,
    first_training,
    joined_curves,
    named,
    train_all,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MANIFOLDS = ("sphere", "torus", "so3")


@dataclass(frozen=True)
class KernelConfig:
    """Training on simulated paths against training on the exact heat kernel, by manifold.

    Attributes:
      pairs: manifold, settings with simulation, settings with the kernel.
    """

    pairs: tuple[tuple[str, DiffusionConfig, DiffusionConfig], ...]

    def trainings(self) -> DiffusionTrainings:
        """Returns name and settings of every training."""
        return tuple(
            (f"{name}_{kind}", config)
            for name, *both in self.pairs
            for kind, config in zip(("simulated", "exact"), both, strict=True)
        )


def settings(preset: str) -> KernelConfig:
    """Returns a pair of trainings for each manifold whose heat kernel is known."""
    exact = {"simulation": "exact", "objective": "denoising", "time_sampling": "power"}
    targets = {name: KNOWN_TARGETS[name][0] for name in MANIFOLDS}
    return KernelConfig(
        tuple(
            (name, diffusion(target, preset), diffusion(target, preset, **exact))
            for name, target in targets.items()
            if preset != "smoke" or name == "sphere"
        )
    )


def run(config: KernelConfig, trainer: Trainer) -> Findings:
    """Trains both ways on every manifold.

    Metrics, by manifold: those of the final evaluations, `gap_difference` (kernel less simulation)
    and `time_ratio`, of the seconds that all updates took (kernel over simulation).
    """
    results = train_all(config, trainer)
    metrics: Metrics = {}
    num_seeds = len(trainer.seeds)
    for manifold, *both in config.pairs:
        seconds = {}
        for kind, variant in zip(("simulated", "exact"), both, strict=True):
            result = results[f"{manifold}_{kind}"]
            seconds[kind] = result.seconds_per_update * variant.num_updates
            metrics |= named(f"{manifold}_{kind}", result.metrics)
            metrics[f"{manifold}_{kind}_seconds"] = [seconds[kind]] * num_seeds
        metrics[f"{manifold}_gap_difference"] = differences(
            metrics[f"{manifold}_exact_gap"], metrics[f"{manifold}_simulated_gap"]
        )
        ratio = seconds["exact"] / max(seconds["simulated"], 1e-9)
        metrics[f"{manifold}_time_ratio"] = [ratio] * num_seeds
    return Findings(metrics, joined_curves(results, trainer.seeds))


def draw(record: Record, rows: Rows) -> Figure:
    """Draws the gap to the truth against seconds of training; a line joins a manifold's means."""
    from matplotlib.figure import Figure

    from riemannian_diffusion.experiments import drawing

    del rows
    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log")
    for kind in ("simulated", "exact"):
        look = drawing.LOOKS[kind]
        axes.plot([], [], look.marker, color="black", label=look.words)
    for name in drawing.training_names(record, "_time_ratio"):
        color = drawing.LOOKS[name].style["color"]
        means = []
        for kind in ("simulated", "exact"):
            seconds = record["metrics"][f"{name}_{kind}_seconds"]["per_seed"]
            gaps = record["metrics"][f"{name}_{kind}_gap"]["per_seed"]
            axes.plot(seconds, gaps, drawing.LOOKS[kind].marker, color=color)
            means.append((drawing.mean(record, f"{name}_{kind}_seconds"), sum(gaps) / len(gaps)))
        axes.plot(*zip(*means, strict=True), linewidth=0.8, **drawing.LOOKS[name].style)
        axes.annotate(
            drawing.LOOKS[name].words,
            means[0],
            xytext=(8, 0),
            textcoords="offset points",
            color=color,
            fontsize=8,
            va="center",
        )
    axes.set(xlabel="seconds of all updates", ylabel="gap to the known density (nats)")
    axes.margins(x=0.18)
    drawing.plain_logarithmic(axes.xaxis)
    axes.legend(fontsize=7, loc="upper left")
    figure.suptitle(drawing.title(record, "gap of every seed, and time"), fontsize=9)
    return figure


EXPERIMENT = Experiment(
    source="beyond the paper",
    summary="Denoising with the exact heat kernel against the bound on simulated paths: gap "
    "to the known density after as many updates, and time of training",
    claims=(
        *(
            Claim(
                f"{name}_no_worse",
                "ours",
                f"On {KNOWN_TARGETS[name][1]} training on the exact heat kernel leaves no larger "
                "gap to the truth than on simulated paths (difference)",
                f"{name}_gap_difference",
                Criterion("mean", "<=", 0.02, partly=0.05),
                unit="nats",
            )
            for name in MANIFOLDS
        ),
        *(
            Claim(
                f"{name}_faster",
                "ours",
                f"On {KNOWN_TARGETS[name][1]} updates on the exact heat kernel take less time "
                "than on simulated paths (ratio)",
                f"{name}_time_ratio",
                Criterion("mean", "<=", 0.7, partly=0.95),
                repeats="once",
            )
            for name in MANIFOLDS
        ),
    ),
    configs={preset: settings(preset) for preset in PRESETS},
    num_seeds=NUM_SEEDS,
    minutes={"smoke": 0.2, "quick": 4.0, "paper": 4000.0},
    run=run,
    draw=draw,
    trained=first_training,
)
