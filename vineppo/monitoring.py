"""What is measured of a policy during training: Pass@1 on the three splits."""

from functools import partial
from typing import Any

import jax
from jax import Array

from vineppo.problem import Problem
from vineppo.tasks import Split
from vineppo.transformer import Params

Metrics = dict[str, float]


def evaluate_splits(
    problem: Problem, config: object, params: Params, key: Array, step: Array
) -> Metrics:
    """Pass@1 on validation, test, and as many training questions; the key is not consumed.

    Args:
      problem: task and model.
      config: of a training; has `eval_temperature`, `top_p` and `eval_samples`.
      params: of the policy.
      key: of the run.
      step: updates done; a step's evaluation is always the same.
    """
    temperature, top_p, num_samples = (
        getattr(config, name) for name in ("eval_temperature", "top_p", "eval_samples")
    )
    task = problem.task
    parts: list[Any] = [each[: len(task.test.prompts)] for each in task.train]
    shown = Split(*parts)
    keys = jax.random.split(jax.random.fold_in(jax.random.fold_in(key, 2**31 - 2), step), 3)
    evaluate = partial(
        problem.evaluate,
        params,
        sampler=problem.sampler(temperature, top_p),
        num_samples=num_samples,
    )
    validation, test, train = (
        evaluate(split=split, key=each)
        for split, each in zip((task.validation, task.test, shown), keys, strict=True)
    )
    return {
        "validation_accuracy": validation["accuracy"],
        "test_accuracy": test["accuracy"],
        "train_accuracy": train["accuracy"],
        "test_any_right": test["any_right"],
    }
