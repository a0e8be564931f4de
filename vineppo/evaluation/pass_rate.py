"""Pass@1: how often a sampled response is right, on held-out and on training questions."""

from functools import partial
from typing import Any

import jax
import numpy as np
from jax import Array

from vineppo import policy
from vineppo.config import MethodConfig
from vineppo.sampling import Sampler
from vineppo.tasks.setup import Setup
from vineppo.tasks.task import Split
from vineppo.transformer import Params

QUESTIONS_AT_ONCE = 256


def accuracy(
    setup: Setup, params: Params, split: Split, sampler: Sampler, num_samples: int, key: Array
) -> dict[str, float]:
    """Samples responses to every question of a split and grades them.

    Args:
      setup: task and model.
      params: of the model.
      split: questions of the task.
      sampler: of evaluation.
      num_samples: responses per question.
      key: consumed.

    Returns:
      `accuracy`: mean over samples, then questions (Pass@1); `any_right`: share of questions with a
      right response (pass@k of k = num_samples); `finished`: share of finished responses.
    """
    rewards, finished = [], []
    respond = partial(policy.respond, setup.architecture, sampler, params, split)
    number = len(split.prompts)
    for index, part in enumerate(policy.chunks(number, QUESTIONS_AT_ONCE)):
        rows = np.arange(number)[part]
        responses, _ = respond(rows, num_samples, jax.random.fold_in(key, index))
        rewards.append(setup.task.grade(split, responses).reshape(-1, num_samples))
        finished.append(responses.is_finished)
    per_question = np.concatenate(rewards)
    return {
        "accuracy": float(np.mean(per_question)),
        "any_right": float(np.mean(np.max(per_question, axis=1))),
        "finished": float(np.mean(np.concatenate(finished))),
    }


def evaluate_splits(
    setup: Setup,
    config: MethodConfig,
    params: Params,
    key: Array,
    step: Array,
) -> dict[str, float]:
    """Pass@1 on validation, test, and as many training questions; the key is not consumed.

    Args:
      setup: task and model.
      config: of the training.
      params: of the policy.
      key: of the run.
      step: updates done; a step's evaluation is always the same.
    """
    task = setup.task
    parts: list[Any] = [each[: len(task.test.prompts)] for each in task.train]
    shown = Split(*parts)
    keys = jax.random.split(jax.random.fold_in(jax.random.fold_in(key, 2**31 - 2), step), 3)
    sampler = setup.sampler(config.eval_temperature, config.top_p)
    validation, test, train = (
        accuracy(setup, params, split, sampler, config.eval_samples, each)
        for split, each in zip((task.validation, task.test, shown), keys, strict=True)
    )
    return {
        "validation_accuracy": validation["accuracy"],
        "test_accuracy": test["accuracy"],
        "train_accuracy": train["accuracy"],
        "test_any_right": test["any_right"],
    }
