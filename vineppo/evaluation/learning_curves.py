"""Metrics of finished trainings: of one method, and of one method against another within a seed.

Shapes: S seeds, points of evaluation in training.
"""

from typing import NamedTuple

import numpy as np

from common.logger.experiment import Metrics
from vineppo.config import MethodConfig
from vineppo.evaluation.training_result import TrainingResult

AT_THE_END = ("test_accuracy", "validation_accuracy", "train_accuracy", "test_any_right")


class Method(NamedTuple):
    """A method that was trained, and its metrics by `metrics_of`."""

    name: str
    result: TrainingResult
    metrics: Metrics


def metrics_of(config: MethodConfig, result: TrainingResult, num_seeds: int) -> Metrics:
    """What a method was given, what it cost, and what it reached, a value per seed."""
    sampled_tokens = result.metrics["sampled_tokens"]
    return {
        "learning_rate": [config.learning_rate] * num_seeds,
        "training_responses": [config.num_training_responses] * num_seeds,
        "sampled_tokens": sampled_tokens,
        **{metric: result.metrics[metric] for metric in AT_THE_END},
        "mean_accuracy": np.mean(_curve(result, "test_accuracy"), 0).tolist(),
        "cpu_seconds_per_update": [result.seconds_per_update] * num_seeds,
        "tokens_per_update": (np.array(sampled_tokens) / result.log[-1]["step"]).tolist(),
        "slope": _slopes(result),
    }


def metrics_against(first: Method, other: Method) -> Metrics:
    """How far, and by how much faster, a method is ahead of another one."""
    found: Metrics = {}
    for metric in ("test_accuracy", "mean_accuracy", "slope"):
        pairs = zip(first.metrics[metric], other.metrics[metric], strict=True)
        found[f"{first.name}_minus_{other.name}_{metric}"] = [a - b for a, b in pairs]
    ratios = updates_ratios(first.result, other.result)
    cost = first.result.seconds_per_update / max(other.result.seconds_per_update, 1e-9)
    speedup = f"{first.name}_speedup_over_{other.name}"
    found[f"{speedup}_in_updates"] = ratios
    found[f"{speedup}_in_cpu_seconds"] = [ratio / cost for ratio in ratios]
    found[f"{first.name}_cost_over_{other.name}"] = [cost] * len(ratios)
    if "kl" in first.result.metrics and "kl" in other.result.metrics:
        differences = _at_equal_kl(first.result, other.result)
        found[f"{first.name}_minus_{other.name}_at_equal_kl"] = differences
    return found


def mean_over_training(result: TrainingResult, metric: str) -> float:
    """Mean of a metric over all evaluations and seeds."""
    return float(np.mean(_curve(result, metric)))


def updates_ratios(ours: TrainingResult, theirs: TrainingResult) -> list[float]:
    """How many times fewer updates we need to reach their best test accuracy, by seed.

    Updates are interpolated between evaluations, from the initial policy on. If we never reach it,
    the ratio counts our whole run times their best over ours: below 1, or near it.
    """
    steps, other_steps = (np.array([line["step"] for line in r.log]) for r in (ours, theirs))
    curves = (_curve(result, "test_accuracy").T for result in (ours, theirs))
    ratios = []
    for mine, other in zip(*curves, strict=True):
        best = float(np.max(other))
        theirs_at = other_steps[int(np.argmax(other))]
        reached = _first_reached(steps, mine, best)
        if reached is None:
            ratios.append(float(np.max(mine) / best * theirs_at / steps[-1]))
        else:
            ratios.append(float(theirs_at / reached))
    return ratios


def _first_reached(steps: np.ndarray, curve: np.ndarray, level: float) -> float | None:
    """Updates after which a curve [points] first reaches a level; None if it never does."""
    above = np.flatnonzero(curve >= level)
    if not len(above):
        return None
    index = int(above[0])
    if index == 0:
        return float(steps[0])
    low, high = curve[index - 1], curve[index]
    share = (level - low) / max(high - low, 1e-9)
    return float(steps[index - 1] + share * (steps[index] - steps[index - 1]))


def _at_equal_kl(ours: TrainingResult, theirs: TrainingResult) -> list[float]:
    """Difference of test accuracy at the largest KL that both reached, by seed."""
    found = []
    for kl_a, acc_a, kl_b, acc_b in zip(
        *(_curve(r, m).T for r in (ours, theirs) for m in ("kl", "test_accuracy")), strict=True
    ):
        at = min(np.max(kl_a), np.max(kl_b))
        values = []
        for kl, accuracy in ((kl_a, acc_a), (kl_b, acc_b)):
            order = np.argsort(kl)
            values.append(float(np.interp(at, kl[order], accuracy[order])))
        found.append(values[0] - values[1])
    return found


def _slopes(result: TrainingResult) -> list[float]:
    """Slope of test accuracy in training accuracy over the evaluations, by seed."""
    slopes = []
    for train, test in zip(
        _curve(result, "train_accuracy").T, _curve(result, "test_accuracy").T, strict=True
    ):
        spread = float(np.var(train))
        covariance = float(np.mean((train - np.mean(train)) * (test - np.mean(test))))
        slopes.append(covariance / spread if spread > 0 else 0.0)
    return slopes


def _curve(result: TrainingResult, metric: str) -> np.ndarray:
    """A metric at all evaluations. Shape [points, S]."""
    return np.array([line[metric] for line in result.log])
