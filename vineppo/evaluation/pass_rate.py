"""Pass@1: how often a sampled response is right, on held-out and on training questions."""

from collections.abc import Callable
from typing import Any, NamedTuple

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


class Evaluation(NamedTuple):
    """How a model is asked questions.

    Attributes:
      setup: task and model.
      params: of the model.
      sampler: draws its responses.
      num_samples: responses per question.
      between_batches: called between batches of questions; ends the evaluation if it raises.
    """

    setup: Setup
    params: Params
    sampler: Sampler
    num_samples: int
    between_batches: Callable[[], None] = lambda: None


def accuracy(evaluation: Evaluation, split: Split, key: Array) -> dict[str, float]:
    """Samples responses to every question of a split and grades them; consumes the key.

    Returns:
      `accuracy`: mean over samples, then questions (Pass@1); `any_right`: share of questions with a
      right response (pass@k of k = num_samples); `finished`: share of finished responses.
    """
    setup, params, sampler, num_samples, between_batches = evaluation
    rewards, finished = [], []
    number = len(split.prompts)
    for index, part in enumerate(policy.chunks(number, QUESTIONS_AT_ONCE)):
        between_batches()
        rows, batch_key = np.arange(number)[part], jax.random.fold_in(key, index)
        responses, _ = policy.respond(
            setup.architecture, sampler, params, split, rows, num_samples, batch_key
        )
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
    between_batches: Callable[[], None],
) -> dict[str, float]:
    """Pass@1 on validation, test, and as many training questions.

    Args:
      setup: task and model.
      config: of the training.
      params: of the policy.
      key: see `evaluation_key`; consumed.
      between_batches: see `Evaluation`.
    """
    task = setup.task
    parts: list[Any] = [each[: len(task.test.prompts)] for each in task.train]
    shown = Split(*parts)
    sampler = setup.sampler(config.eval_temperature, config.top_p)
    evaluation = Evaluation(setup, params, sampler, config.eval_samples, between_batches)
    validation, test, train = (
        accuracy(evaluation, split, each)
        for split, each in zip(
            (task.validation, task.test, shown), jax.random.split(key, 3), strict=True
        )
    )
    return {
        "validation_accuracy": validation["accuracy"],
        "test_accuracy": test["accuracy"],
        "train_accuracy": train["accuracy"],
        "test_any_right": test["any_right"],
    }


def evaluation_key(key: Array, step: Array) -> Array:
    """Key of the evaluation after `step` updates, always the same; the run's is not consumed."""
    return jax.random.fold_in(jax.random.fold_in(key, 2**31 - 2), step)
