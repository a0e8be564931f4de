"""Trainings side by side that differ in a few settings: what most experiments consist of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from brs.responders.config import SearchConfig
from common.logger.curves import curve_rows, side_by_side
from common.logger.experiment import Findings, Metrics

# Of an agent over who meets it, and what its opponent gains by responding best: differences of two
# metrics of one variant.
GAINS = {
    "extortion": ("agent_vs_best_response", "best_response"),
    "gain_from_AC": ("agent_vs_AC", "AC_vs_agent"),
    "gain_of_cooperation": ("best_response", "AD_vs_agent"),
}


@dataclass(frozen=True)
class VariantsConfig:
    """Trainings side by side; metrics carry the variant's name in front.

    Attributes:
      variants: name and settings of each.
      differences: pairs of variants whose metrics are subtracted, as FIRST_minus_SECOND_METRIC.
      shows: what the figure shows, for the record.
      search: with which the agents of the Coin Game are searched for weaknesses; None for not.
      num_search_episodes: of each agent.
    """

    variants: tuple[tuple[str, Any], ...]
    differences: tuple[tuple[str, str], ...] = ()
    shows: str = "policies"
    search: SearchConfig | None = None
    num_search_episodes: int = 16


def first_variant(config: Any) -> Any:
    """Settings of the first training: what `train` trains. None if there is no training."""
    return config.variants[0][1] if config.variants else None


def compare_variants(
    config: VariantsConfig,
    trainer: Any,
    examine: Callable[[Any, Any], Metrics] = lambda variant, result: {},
) -> Findings:
    """Trains all variants; metrics are those of each at the end, and differences of some.

    Args:
      config: what is trained, and which pairs are subtracted.
      trainer: trains it.
      examine: settings and result of a variant -> what else is measured of it.
    """
    results = {name: trainer.train(variant, name) for name, variant in config.variants}
    metrics = {
        f"{name}_{metric}": values
        for name, result in results.items()
        for metric, values in result.metrics.items()
    }
    for first, second in config.differences:
        for metric, values in results[first].metrics.items():
            metrics[f"{first}_minus_{second}_{metric}"] = difference(
                values, results[second].metrics[metric]
            )
    for name, variant in config.variants:
        measured = results[name].metrics
        for label, (ours, theirs) in GAINS.items():
            if ours in measured and theirs in measured:
                metrics[f"{name}_{label}"] = difference(measured[ours], measured[theirs])
        examined = examine(variant, results[name])
        metrics |= {f"{name}_{metric}": values for metric, values in examined.items()}
    curves = {name: curve_rows(result.log, trainer.seeds) for name, result in results.items()}
    return Findings(metrics, side_by_side(curves))


def difference(first: list[float], second: list[float]) -> list[float]:
    """First minus second, seed by seed."""
    return [a - b for a, b in zip(first, second, strict=True)]
