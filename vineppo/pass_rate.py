"""Pass@1: how often a sampled response is right."""

from functools import partial

import jax
import numpy as np
from jax import Array

from vineppo import policy
from vineppo.sampling import Sampler
from vineppo.tasks import Split, Task
from vineppo.transformer import Params, TransformerConfig

QUESTIONS_AT_ONCE = 256


def accuracy(
    architecture: TransformerConfig,
    sampler: Sampler,
    params: Params,
    task: Task,
    split: Split,
    num_samples: int,
    key: Array,
) -> dict[str, float]:
    """Samples responses to every question of a split and grades them.

    Args:
      architecture: of the model.
      sampler: of evaluation.
      params: of the model.
      task: grades.
      split: its questions.
      num_samples: responses per question.
      key: consumed.

    Returns:
      `accuracy`: mean over samples, then questions (Pass@1); `any_right`: share of questions with a
      right response (pass@k of k = num_samples); `finished`: share of finished responses.
    """
    rewards, finished = [], []
    respond = partial(policy.respond, architecture, sampler, params, split)
    number = len(split.prompts)
    for index, part in enumerate(policy.chunks(number, QUESTIONS_AT_ONCE)):
        rows = np.arange(number)[part]
        responses, _ = respond(rows, num_samples, jax.random.fold_in(key, index))
        rewards.append(task.grade(split, responses).reshape(-1, num_samples))
        finished.append(responses.is_finished)
    per_question = np.concatenate(rewards)
    return {
        "accuracy": float(np.mean(per_question)),
        "any_right": float(np.mean(np.max(per_question, axis=1))),
        "finished": float(np.mean(np.concatenate(finished))),
    }
