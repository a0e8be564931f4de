"""GSM8K and MATH as tasks of a real checkpoint: prompts, tokens, grading and steps of text."""

import atexit
import os
import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from common.logger.errors import UserError
from vineppo.config import SftConfig
from vineppo.model_files import hugging_face
from vineppo.tasks import datasets, reasoning_steps
from vineppo.tasks.datasets import Problem
from vineppo.tasks.grading import Grader
from vineppo.tasks.symbolic import Worker
from vineppo.tasks.task import Responses, Split, Task, padded
from vineppo.transformer import TransformerConfig

PROMPT = "[MATH_TASK] Problem:\n{question}\n\nSolution:"
STOP = "\n\n\nProblem:"
_CALCULATOR = re.compile(r"<<.*?>>")


def make(config: SftConfig) -> tuple[Task, TransformerConfig]:
    """The task of a checkpoint and its architecture.

    Raises:
      UserError: checkpoint, tokenizer or data are missing, damaged or not supported.
    """
    architecture = hugging_face.read_architecture(
        config.model, dtype=config.dtype, rematerialise=config.rematerialise
    )
    tokenizer = load_tokenizer(config.model)
    problems = datasets.load(config.task, Path(config.data_dir or "data"))
    splits = [make_split(tokenizer, config, each) for each in problems]
    grader = make_grader(config)
    task = Task(
        train=splits[0],
        validation=splits[1],
        test=splits[2],
        grade=partial(grade, tokenizer, grader),
        segment=partial(segment, tokenizer, config.task),
        decode=lambda tokens: decode(tokenizer, tokens),
        end_token=tokenizer.eos_token_id,
        num_tokens=len(tokenizer),
        stop_sequences=(tuple(tokenizer.encode(STOP, add_special_tokens=False)),),
    )
    return task, architecture


def load_tokenizer(folder: str) -> Any:
    """The tokenizer of a checkpoint.

    Raises:
      UserError: it has none, or none with an end token.
    """
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")  # no advice to install torch
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError) as error:
        raise UserError(f"{folder} holds no tokenizer that can be read") from error
    if tokenizer.eos_token_id is None:
        raise UserError(f"the tokenizer of {folder} has no end token")
    return tokenizer


def make_grader(config: SftConfig) -> Grader:
    """The grader of a task; algebra is done by a worker process that ends with this one."""
    task = "gsm8k" if config.task == "gsm8k" else "math"
    worker = Worker("sympy" if config.grading == "as_published" else "math_verify")
    atexit.register(worker.close)
    return Grader(task, config.grading, worker.equivalent)  # type: ignore[arg-type]


def make_split(tokenizer: Any, config: SftConfig, problems: list[Problem]) -> Split:
    """Problems as tokens; those whose prompt is too long are left out."""
    grader = Grader("gsm8k" if config.task == "gsm8k" else "math", config.grading)
    prompts, golds, demonstrations = [], [], []
    for problem in problems:
        prompt = prompt_tokens(tokenizer, problem.question)
        if len(prompt) > config.max_prompt_tokens:
            continue
        prompts.append(prompt)
        golds.append((problem.question, grader.gold(problem.question, problem.solution)))
        demonstrations.append(demonstration_tokens(tokenizer, problem, config.max_new_tokens))
    if not prompts:
        raise UserError(
            f"no question has at most max_prompt_tokens {config.max_prompt_tokens}; try more"
        )
    end = tokenizer.eos_token_id
    prompt_rows, prompt_lengths = padded(prompts, end)
    return Split(prompt_rows, prompt_lengths, golds, *padded(demonstrations, end))


def prompt_tokens(tokenizer: Any, question: str) -> list[int]:
    """The prompt of a question, the begin token in front if the tokenizer has one."""
    text = PROMPT.format(question=question)
    begin = [] if tokenizer.bos_token_id is None else [tokenizer.bos_token_id]
    return [*begin, *tokenizer.encode(text, add_special_tokens=False)]


def demonstration_tokens(tokenizer: Any, problem: Problem, limit: int) -> list[int]:
    """A solution to imitate: between line breaks, without calculator marks, and the end token."""
    solution = _CALCULATOR.sub("", problem.solution)
    tokens = tokenizer.encode(f"\n{solution}\n", add_special_tokens=False)
    return [*tokens, tokenizer.eos_token_id][:limit]


def decode(tokenizer: Any, tokens: np.ndarray) -> str:
    """Text of tokens; special ones are left out."""
    text: str = tokenizer.decode(
        [int(token) for token in tokens],
        skip_special_tokens=True,
        clean_up_tokenization_spaces=False,
    )
    return text


def grade(tokenizer: Any, grader: Grader, split: Split, responses: Responses) -> np.ndarray:
    """Rewards of responses; one that was stopped for length has 0, like one without an answer."""
    rewards = np.zeros(len(responses.rows), np.float32)
    known: dict[tuple[int, str], bool] = {}
    for index, (row, tokens, length, is_finished) in enumerate(zip(*responses, strict=True)):
        if not is_finished:
            continue
        text = decode(tokenizer, tokens[:length]).partition(STOP)[0]
        question, gold = split.golds[row]
        if (row, text) not in known:
            known[row, text] = grader.grade(question, text, gold)
        rewards[index] = known[row, text]
    return rewards


def segment(tokenizer: Any, task: str, responses: Responses) -> list[np.ndarray]:
    """Token at which each step of each response begins."""
    find = reasoning_steps.gsm8k_steps if task == "gsm8k" else reasoning_steps.math_steps
    boundaries = []
    for tokens, length in zip(responses.tokens, responses.lengths, strict=True):
        text, offsets = text_and_offsets(tokenizer, tokens[:length])
        boundaries.append(reasoning_steps.token_boundaries(find(text), offsets))
    return boundaries


def text_and_offsets(tokenizer: Any, tokens: np.ndarray) -> tuple[str, list[int]]:
    """Text of tokens and the character at which each begins.

    Tokens are decoded one by one behind an anchor, which keeps white space; if the pieces are not
    the text, because a character spans several tokens, prefixes are decoded instead.
    """
    text = decode(tokenizer, tokens)
    anchor = int(tokens[0]) if len(tokens) else 0
    before = len(decode(tokenizer, np.array([anchor])))
    pieces = [before] + [
        len(decode(tokenizer, np.array([anchor, token]))) - before for token in tokens[1:]
    ]
    offsets = [0, *np.cumsum(pieces)[:-1].tolist()] if len(tokens) else []
    if sum(pieces[: len(tokens)]) != len(text):
        lengths = [len(decode(tokenizer, tokens[:end])) for end in range(len(tokens))]
        offsets = np.maximum.accumulate(np.minimum(lengths, len(text))).tolist() if lengths else []
    return text, offsets
