"""What each kind of experiment trains and measures, from its settings to metrics and curves."""

from collections.abc import Callable
from typing import Any

from brs.findings import Findings, curve_rows, side_by_side
from brs.study_configs import VariantsConfig
from brs.trainer import Trainer


def study(config: Any, trainer: Trainer) -> Findings:
    """Runs an experiment of any kind.

    Args:
      config: its settings; their type decides what is done.
      trainer: trains what it needs.
    """
    kinds: dict[type, Callable[[Any, Trainer], Findings]] = {VariantsConfig: compare_variants}
    return kinds[type(config)](config, trainer)


def compare_variants(config: VariantsConfig, trainer: Trainer) -> Findings:
    """Trains all variants; metrics are those of each at the end, and differences of some."""
    results = {name: trainer.train(variant, name) for name, variant in config.variants}
    metrics = {
        f"{name}_{metric}": values
        for name, result in results.items()
        for metric, values in result.metrics.items()
    }
    for first, second in config.differences:
        for metric, values in results[first].metrics.items():
            pairs = zip(values, results[second].metrics[metric], strict=True)
            metrics[f"{first}_minus_{second}_{metric}"] = [a - b for a, b in pairs]
    curves = {name: curve_rows(result.log, trainer.seeds) for name, result in results.items()}
    return Findings(metrics, side_by_side(curves))
