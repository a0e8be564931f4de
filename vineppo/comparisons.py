"""Trains methods side by side and says how far and how fast each came."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from vineppo.findings import Findings, Metrics, curve_rows, side_by_side
from vineppo.runs import RunResult
from vineppo.study_configs import CompareConfig, initial_configs
from vineppo.trainer import Trainer
from vineppo.training_configs import RlConfig

FIRST_TUNING_SEED = 900  # the seeds of results begin at 0
MEASURED = ("test_accuracy", "validation_accuracy", "train_accuracy", "test_any_right")


class Tuned(NamedTuple):
    """A training with the learning rate that was chosen for it."""

    config: Any
    result: RunResult


def compare(config: CompareConfig, trainer: Trainer) -> Findings:
    """Trains all contestants; metrics are those of each at the end and along the way."""
    tuned = {
        name: train_tuned(trainer, each, name, config.learning_rates, config.tuning_seeds)
        for name, each in config.contestants
    }
    metrics = measured(tuned, len(trainer.seeds))
    initial = initial_configs(config.contestants)[0]
    sft = trainer.train(initial, "sft", [0]).metrics["test_accuracy"][0]
    metrics["sft_test_accuracy"] = [sft] * len(trainer.seeds)
    first = config.contestants[0][0]
    metrics[f"{first}_minus_sft_test_accuracy"] = [
        value - sft for value in metrics[f"{first}_test_accuracy"]
    ]
    curves = {name: curve_rows(each.result.log, trainer.seeds) for name, each in tuned.items()}
    return Findings(metrics, side_by_side(curves))


def train_tuned(
    trainer: Trainer, config: Any, name: str, learning_rates: Sequence[float], num_seeds: int
) -> Tuned:
    """Trains with the learning rate, of a grid, that is best on validation.

    The grid is tried with seeds of its own; the judge is the mean validation accuracy over all
    evaluations, which a late collapse and a slow start both lower.
    """
    if not learning_rates:
        return Tuned(config, trainer.train(config, name))
    seeds = range(FIRST_TUNING_SEED, FIRST_TUNING_SEED + num_seeds)

    def with_rate(rate: float) -> Any:
        if isinstance(config, RlConfig):
            return replace(config, learning_rate=rate, critic_learning_rate=rate)
        return replace(config, learning_rate=rate)

    def judged(rate: float) -> float:
        result = trainer.train(with_rate(rate), f"{name}_rate_{rate:g}", seeds)
        return float(np.mean([line["validation_accuracy"] for line in result.log]))

    best = with_rate(max(learning_rates, key=judged))
    return Tuned(best, trainer.train(best, name))


def measured(tuned: Mapping[str, Tuned], num_seeds: int) -> Metrics:
    """Metrics of each contestant, and of the first against each other one within a seed."""
    metrics: Metrics = {}
    results = {name: each.result for name, each in tuned.items()}
    for name, (config, result) in tuned.items():
        metrics[f"{name}_learning_rate"] = [config.learning_rate] * num_seeds
        metrics[f"{name}_training_responses"] = [config.num_training_responses] * num_seeds
        metrics[f"{name}_sampled_tokens"] = result.metrics["sampled_tokens"]
        for metric in MEASURED:
            metrics[f"{name}_{metric}"] = result.metrics[metric]
        metrics[f"{name}_mean_accuracy"] = np.mean(_curve(result, "test_accuracy"), 0).tolist()
        metrics[f"{name}_cpu_seconds_per_update"] = [result.seconds_per_update] * num_seeds
        metrics[f"{name}_tokens_per_update"] = (
            np.array(result.metrics["sampled_tokens"]) / result.log[-1]["step"]
        ).tolist()
        metrics[f"{name}_slope"] = _slopes(result)
    first, *others = results
    for other in others:
        for metric in ("test_accuracy", "mean_accuracy", "slope"):
            metrics[f"{first}_minus_{other}_{metric}"] = _differences(
                metrics[f"{first}_{metric}"], metrics[f"{other}_{metric}"]
            )
        ratios = updates_ratios(results[first], results[other])
        metrics[f"{first}_speedup_over_{other}_in_updates"] = ratios
        cost = results[first].seconds_per_update / max(results[other].seconds_per_update, 1e-9)
        metrics[f"{first}_speedup_over_{other}_in_cpu_seconds"] = [r / cost for r in ratios]
        metrics[f"{first}_cost_over_{other}"] = [cost] * num_seeds
        if "kl" in results[first].metrics and "kl" in results[other].metrics:
            metrics[f"{first}_minus_{other}_at_equal_kl"] = _at_equal_kl(
                results[first], results[other]
            )
    return metrics


def updates_ratios(ours: RunResult, theirs: RunResult) -> list[float]:
    """How many times fewer updates we need to reach their best test accuracy, by seed.

    Updates are interpolated between evaluations, from the initial policy on. If we never reach it,
    the ratio counts our whole run times their best over ours: below 1, or near it.
    """
    ratios = []
    for mine, other in zip(
        _curve(ours, "test_accuracy").T, _curve(theirs, "test_accuracy").T, strict=True
    ):
        steps, other_steps = (np.array([line["step"] for line in r.log]) for r in (ours, theirs))
        best = float(np.max(other))
        theirs_at = other_steps[int(np.argmax(other))]
        above = np.flatnonzero(mine >= best)
        if not len(above):
            ratios.append(float(np.max(mine) / best * theirs_at / steps[-1]))
            continue
        index = int(above[0])
        if index == 0:
            reached = float(steps[0])
        else:
            low, high = mine[index - 1], mine[index]
            share = (best - low) / max(high - low, 1e-9)
            reached = float(steps[index - 1] + share * (steps[index] - steps[index - 1]))
        ratios.append(float(theirs_at / reached))
    return ratios


def _at_equal_kl(ours: RunResult, theirs: RunResult) -> list[float]:
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


def _slopes(result: RunResult) -> list[float]:
    """Slope of test accuracy in training accuracy over the evaluations, by seed."""
    slopes = []
    for train, test in zip(
        _curve(result, "train_accuracy").T, _curve(result, "test_accuracy").T, strict=True
    ):
        spread = float(np.var(train))
        covariance = float(np.mean((train - np.mean(train)) * (test - np.mean(test))))
        slopes.append(covariance / spread if spread > 0 else 0.0)
    return slopes


def _curve(result: RunResult, metric: str) -> np.ndarray:
    """A metric over the log points. Shape [points, S]."""
    return np.array([line[metric] for line in result.log])


def _differences(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    return [a - b for a, b in zip(ours, theirs, strict=True)]
