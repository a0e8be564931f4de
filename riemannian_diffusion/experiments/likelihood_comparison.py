"""What each kind of experiment trains and measures, from its settings to metrics and curves."""

from collections.abc import Callable
from typing import Any

from riemannian_diffusion import ablation_studies, density_studies
from riemannian_diffusion.findings import Findings, Metrics, curve_rows, side_by_side
from riemannian_diffusion.study_configs import (
    ComparisonConfig,
    DensityConfig,
    KernelConfig,
    StepsConfig,
    TimeSamplingConfig,
)
from riemannian_diffusion.trainer import Trainer


def study(config: Any, trainer: Trainer) -> Findings:
    """Runs an experiment of any kind.

    Args:
      config: its settings; their type decides what is done.
      trainer: trains what it needs.
    """
    kinds: dict[type, Callable[[Any, Trainer], Findings]] = {
        ComparisonConfig: compare,
        TimeSamplingConfig: ablation_studies.compare_time_samplings,
        StepsConfig: ablation_studies.compare_steps,
        KernelConfig: ablation_studies.compare_with_kernel,
        DensityConfig: density_studies.draw_densities,
    }
    return kinds[type(config)](config, trainer)


def compare(config: ComparisonConfig, trainer: Trainer) -> Findings:
    """Trains all variants; metrics are those of each at the end, and differences from the first."""
    results = {name: trainer.train(variant, name) for name, variant in config.variants}
    metrics: Metrics = {
        f"{name}_{metric}": values
        for name, result in results.items()
        for metric, values in result.metrics.items()
    }
    first, *others = results
    for other in others:
        metrics[f"{other}_minus_{first}_nll"] = _difference(
            metrics[f"{other}_nll"], metrics[f"{first}_nll"]
        )
    for name in results:
        if f"{name}_negative_kelbo" in metrics:
            for other in ("nll", "entropy"):
                if f"{name}_{other}" in metrics:
                    metrics[f"{name}_kelbo_minus_{other}"] = _difference(
                        metrics[f"{name}_negative_kelbo"], metrics[f"{name}_{other}"]
                    )
    curves = {name: curve_rows(result.log, trainer.seeds) for name, result in results.items()}
    return Findings(metrics, side_by_side(curves))


def _difference(values: list[float], base: list[float]) -> list[float]:
    return [value - other for value, other in zip(values, base, strict=True)]
