"""Trains methods side by side from one initial policy; settings, run and words of many experiments.

A learning rate is chosen for every method alike: of a grid, with seeds of its own, on validation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from common.logger.claims import Criterion
from common.logger.curves import curve_rows, side_by_side
from common.logger.experiment import Findings, Metrics, Record, Rows
from vineppo.config import MethodConfig, RlConfig
from vineppo.evaluation.training_result import TrainingResult
from vineppo.experiments import presets
from vineppo.experiments.trainer import Trainer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Methods = tuple[tuple[str, MethodConfig], ...]  # name, settings

FIRST_TUNING_SEED = 900  # the seeds of results begin at 0
RATES = {"smoke": (), "quick": (1e-4, 3e-4, 1e-3, 2e-3, 4e-3), "paper": ()}
AHEAD = Criterion("low", ">=", 0.0, partly=-0.02)
LABELS = {  # in the order of the main table
    "sft": "SFT",
    "restem": "RestEM",
    "dpo": "DPO-Positive",
    "grpo": "GRPO",
    "rloo": "RLOO",
    "ppo": "PPO",
    "vineppo": "VinePPO",
    "grpo_matched": "GRPO, 10 times the responses",
    "k9": "VinePPO, K = 9",
    "k3": "VinePPO, K = 3",
    "k1": "VinePPO, K = 1",
    "k1_lambda_1": "K = 1, λ = 1",
    "k1_lambda_0.9": "K = 1, λ = 0.9",
    "k1_lambda_0": "K = 1, λ = 0",
    "shift": "R - V(S_0), K = 9",
    "ppo_lambda_1": "PPO, λ = 1",
    "ppo_lambda_0.95": "PPO, λ = 0.95",
    "ppo_lambda_0": "PPO, λ = 0",
}


@dataclass(frozen=True)
class CompareConfig:
    """Methods side by side, from the same initial policy.

    Attributes:
      contestants: name and settings of each; the others are compared with the first.
      learning_rates: tried for every method with seeds of their own; the one with the best
        validation accuracy, over all evaluations, is used. Empty: that of the settings.
      tuning_seeds: number of those seeds.
    """

    contestants: Methods
    learning_rates: tuple[float, ...] = ()
    tuning_seeds: int = 2


class Tuned(NamedTuple):
    """A training with the learning rate that was chosen for it."""

    config: MethodConfig
    result: TrainingResult


def all_methods(preset: str) -> CompareConfig:
    """The methods of the main table; the initial policy is measured with them."""
    return CompareConfig(
        contestants=(
            ("vineppo", presets.rl(preset, "vineppo")),
            ("ppo", presets.rl(preset, "ppo", keeps_snapshots=True)),
            ("grpo", presets.rl(preset, "grpo")),
            ("rloo", presets.rl(preset, "rloo")),
            ("restem", presets.restem(preset)),
            ("dpo", presets.dpo(preset)),
        ),
        learning_rates=RATES[preset],
    )


def policy_gradient_methods(preset: str) -> CompareConfig:
    """Those of them that go by iterations of the same size."""
    config = all_methods(preset)
    return CompareConfig(config.contestants[:4], config.learning_rates)


def method_of(preset: str, name: str) -> RlConfig:
    """A policy gradient method as in the main table."""
    config = dict(all_methods(preset).contestants)[name]
    assert isinstance(config, RlConfig)
    return config


def first_method(config: CompareConfig) -> MethodConfig:
    """The training of a comparison that `train` runs."""
    return config.contestants[0][1]


def compare(config: CompareConfig, trainer: Trainer) -> Findings:
    """Trains all methods; metrics are those of each at the end and along the way."""
    tuned = {
        name: train_tuned(trainer, each, name, config.learning_rates, config.tuning_seeds)
        for name, each in config.contestants
    }
    metrics = metrics_of_all(tuned, len(trainer.seeds))
    first, first_config = config.contestants[0]
    sft = trainer.train(first_config.initial, "sft", [0]).metrics["test_accuracy"][0]
    metrics["sft_test_accuracy"] = [sft] * len(trainer.seeds)
    metrics[f"{first}_minus_sft_test_accuracy"] = [
        value - sft for value in metrics[f"{first}_test_accuracy"]
    ]
    curves = {name: curve_rows(each.result.log, trainer.seeds) for name, each in tuned.items()}
    return Findings(metrics, side_by_side(curves))


def train_tuned(
    trainer: Trainer,
    config: MethodConfig,
    name: str,
    learning_rates: Sequence[float],
    num_seeds: int,
) -> Tuned:
    """Trains with the learning rate, of a grid, that is best on validation.

    The grid is tried with seeds of its own; what counts is the mean validation accuracy over all
    evaluations, which a late collapse and a slow start both lower.
    """
    from vineppo.evaluation import learning_curves

    if not learning_rates:
        return Tuned(config, trainer.train(config, name))
    seeds = range(FIRST_TUNING_SEED, FIRST_TUNING_SEED + num_seeds)

    def validation_accuracy(rate: float) -> float:
        tried = config.with_learning_rate(rate)
        result = trainer.train(tried, f"{name}_rate_{rate:g}", seeds)
        return learning_curves.mean_over_training(result, "validation_accuracy")

    best = config.with_learning_rate(max(learning_rates, key=validation_accuracy))
    return Tuned(best, trainer.train(best, name))


def metrics_of_all(tuned: Mapping[str, Tuned], num_seeds: int) -> Metrics:
    """Metrics of each method, and of the first against each other one within a seed."""
    from vineppo.evaluation.learning_curves import Method, metrics_against, metrics_of

    first, *others = (
        Method(name, result, metrics_of(config, result, num_seeds))
        for name, (config, result) in tuned.items()
    )
    metrics = {
        f"{method.name}_{metric}": values
        for method in (first, *others)
        for metric, values in method.metrics.items()
    }
    for other in others:
        metrics |= metrics_against(first, other)
    return metrics


def draw_accuracies(record: Record, rows: Rows) -> Figure:
    """Draws the test accuracy of all methods over iterations, and a bar for its mean."""
    from vineppo.experiments import drawing

    return drawing.draw_accuracies(record, rows)
