"""What each kind of experiment trains and measures, from its settings to metrics and curves."""

from collections.abc import Callable
from typing import Any

from meta_value import exact_studies, logistic_studies, repeated_studies
from meta_value.findings import Findings, curve_rows, side_by_side
from meta_value.study_configs import (
    AblationConfig,
    ExactConfig,
    ExtortionConfig,
    LogisticConfig,
    OneModelConfig,
    SweepConfig,
    TournamentConfig,
)
from meta_value.trainer import Trainer


def study(config: Any, trainer: Trainer) -> Findings:
    """Runs an experiment of any kind.

    Args:
      config: its settings; their type decides what is done.
      trainer: trains what it needs.
    """
    kinds: dict[type, Callable[[Any, Trainer], Findings]] = {
        LogisticConfig: logistic_studies.compare_rules,
        TournamentConfig: repeated_studies.play_tournament,
        AblationConfig: ablate,
        SweepConfig: repeated_studies.sweep_discounts,
        ExtortionConfig: repeated_studies.watch_extortion,
        OneModelConfig: repeated_studies.pair_discounts,
        ExactConfig: exact_studies.compare_with_exact,
    }
    return kinds[type(config)](config, trainer)


def ablate(config: AblationConfig, trainer: Trainer) -> Findings:
    """Trains all variants; metrics are those of each at the end, and differences from the first."""
    results = {name: trainer.train(variant, name) for name, variant in config.variants}
    metrics = {
        f"{name}_{metric}": values
        for name, result in results.items()
        for metric, values in result.metrics.items()
    }
    first, *others = results
    for other in others:
        pairs = zip(metrics[f"{other}_self_play"], metrics[f"{first}_self_play"], strict=True)
        metrics[f"{other}_minus_{first}_self_play"] = [ours - base for ours, base in pairs]
    for name in results:
        published = metrics[f"{name}_long_td_error_as_published"]
        pairs = zip(published, metrics[f"{name}_long_td_error"], strict=True)
        metrics[f"{name}_long_td_bias"] = [biased - exact for biased, exact in pairs]
    curves = {name: curve_rows(result.log, trainer.seeds) for name, result in results.items()}
    return Findings(metrics, side_by_side(curves))
