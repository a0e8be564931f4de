"""What a task is to the trainer: questions as tokens, demonstrations, a grader, a cutter of steps.

Shapes: Q questions of a split, n responses, L tokens of a prompt, M tokens of a response.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np


class Split(NamedTuple):
    """Questions with what is known about them."""

    prompts: np.ndarray  # [Q, L], padded on the right
    prompt_lengths: np.ndarray  # [Q]
    golds: Sequence[Any]  # what the grader compares with, Q of them
    demonstrations: np.ndarray  # [Q, M], responses to imitate, end token included
    demonstration_lengths: np.ndarray  # [Q]


class Responses(NamedTuple):
    """Responses to questions of a split."""

    rows: np.ndarray  # [n], the question
    tokens: np.ndarray  # [n, M], padded on the right
    lengths: np.ndarray  # [n], end token included
    is_finished: np.ndarray  # [n], not stopped for length


class Task(NamedTuple):
    """A task.

    Attributes:
      train: questions to learn from.
      validation: held out, for choices.
      test: held out, for results.
      grade: rewards [n], 0 or 1, of responses.
      segment: token at which each reasoning step of each response begins, the first 0.
      decode: text of tokens.
      end_token: of a response.
      num_tokens: of the tokenizer.
      stop_sequences: token sequences that end a response too.
    """

    train: Split
    validation: Split
    test: Split
    grade: Callable[[Split, Responses], np.ndarray]
    segment: Callable[[Responses], list[np.ndarray]]
    decode: Callable[[np.ndarray], str]
    end_token: int
    num_tokens: int
    stop_sequences: tuple[tuple[int, ...], ...] = ()


def padded(rows: Sequence[Sequence[int]], pad: int) -> tuple[np.ndarray, np.ndarray]:
    """Token lists as one array, padded on the right, and their lengths."""
    lengths = np.array([len(row) for row in rows], np.int32)
    array = np.full((len(rows), max(lengths.max(initial=1), 1)), pad, np.int32)
    for target, row in zip(array, rows, strict=True):
        target[: len(row)] = row
    return array, lengths
