"""The built-in task: chains of permutations of the digits, with steps that are hard by design.

A prompt lists letters and a digit, `b B c 7`; the response applies each letter's permutation to the
digit before it, a letter and a digit per step, `b8B3c5`, and only the last digit is graded. Every
letter is a permutation: one wrong digit always changes the answer, unless a second one repairs it.
Demonstrations are wrong on purpose: what is left after imitation is for reinforcement to find.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from common.logger.errors import UserError
from vineppo.tasks.task import Responses, Split, Task

NUM_DIGITS = 10
ROUTINE = "bcd"  # add 1, 2, 3
CRITICAL = "AB"  # permutations without a rule
LETTERS = ROUTINE + CRITICAL
SYMBOLS = "0123456789" + LETTERS + " "
END_TOKEN = len(SYMBOLS)
NUM_TOKENS = END_TOKEN + 1
SPACE = SYMBOLS.index(" ")
WRONG_SHIFTS = (3, 7)  # the two wrong digits of demonstrations, from the right one

Regime = Literal["critical", "uniform"]


@dataclass(frozen=True)
class Arithmetic:
    """Sizes of the task.

    Attributes:
      regime: critical: `num_critical` lines of a chain have a critical letter, demonstrated right
        with probability `share_right`, all others routine letters, demonstrated right always;
        uniform: any letter anywhere, every line right with probability `share_right`.
      num_lines: steps of a chain (N).
      num_critical: of them, in the critical regime.
      share_right: of demonstrated digits that may be wrong.
      num_train: questions, each with a demonstration.
      num_held_out: questions of the validation split, and of the test split.
    """

    regime: Regime
    num_lines: int
    num_critical: int
    share_right: float
    num_train: int
    num_held_out: int


def permutations() -> np.ndarray:
    """Digit that each letter makes of each digit. Shape [letters, digits]."""
    digits = np.arange(NUM_DIGITS)
    routine = [(digits + 1 + shift) % NUM_DIGITS for shift in range(len(ROUTINE))]
    critical = [
        np.random.default_rng(seed).permutation(NUM_DIGITS) for seed in range(len(CRITICAL))
    ]
    return np.array([*routine, *critical])


def make_task(sizes: Arithmetic) -> Task:
    """Draws the questions, always the same; no question is in two splits."""
    rng = np.random.default_rng(20241002)
    num_questions = sizes.num_train + 2 * sizes.num_held_out
    chains = draw_chains(sizes, rng, 2 * num_questions + 1000)  # [Q, N + 1], letters and a digit
    _, first = np.unique(chains, axis=0, return_index=True)
    chains = chains[np.sort(first)[:num_questions]]
    if len(chains) < num_questions:
        raise UserError(
            f"num_train + 2 num_held_out {num_questions} chains were to be drawn; only "
            f"{len(chains)} distinct ones came; try more num_lines or less num_train"
        )
    held_out = sizes.num_held_out
    return Task(
        train=_split(sizes, rng, chains[2 * held_out :]),
        validation=_split(sizes, rng, chains[:held_out]),
        test=_split(sizes, rng, chains[held_out : 2 * held_out]),
        grade=grade,
        segment=segment,
        decode=decode,
        end_token=END_TOKEN,
        num_tokens=NUM_TOKENS,
    )


def draw_chains(sizes: Arithmetic, rng: np.random.Generator, number: int) -> np.ndarray:
    """Letters (as indices) and the first digit of chains. Shape [number, N + 1]."""
    lines = sizes.num_lines
    if sizes.regime == "uniform":
        letters = rng.integers(len(LETTERS), size=(number, lines))
    else:
        is_critical = np.arange(lines) < sizes.num_critical
        is_critical = rng.permuted(np.tile(is_critical, (number, 1)), axis=1)
        critical = len(ROUTINE) + rng.integers(len(CRITICAL), size=(number, lines))
        letters = np.where(is_critical, critical, rng.integers(len(ROUTINE), size=(number, lines)))
    digits = rng.integers(NUM_DIGITS, size=(number, 1))
    return np.concatenate([letters, digits], axis=1)


def solve(chains: np.ndarray) -> np.ndarray:
    """Right digit after every line. Shape [Q, N]."""
    tables, digit, digits = permutations(), chains[:, -1], []
    for letter in chains[:, :-1].T:
        digit = tables[letter, digit]
        digits.append(digit)
    return np.stack(digits, axis=1)


def demonstrate(sizes: Arithmetic, rng: np.random.Generator, chains: np.ndarray) -> np.ndarray:
    """Digits of demonstrations: wrong lines take one of two digits, and later ones go on there."""
    tables, digit, digits = permutations(), chains[:, -1], []
    for letter in chains[:, :-1].T:
        may_err = (sizes.regime == "uniform") | (letter >= len(ROUTINE))
        is_wrong = may_err & (rng.random(len(chains)) >= sizes.share_right)
        shift = np.where(is_wrong, rng.choice(WRONG_SHIFTS, len(chains)), 0)
        digit = (tables[letter, digit] + shift) % NUM_DIGITS
        digits.append(digit)
    return np.stack(digits, axis=1)


def grade(split: Split, responses: Responses) -> np.ndarray:
    """1 where a finished response has the right digit before its end token, else 0. Shape [n]."""
    last = np.maximum(responses.lengths - 2, 0)[:, None]
    answer = np.take_along_axis(responses.tokens, last, axis=1)[:, 0]
    gold = np.asarray(split.golds)[responses.rows]
    return ((answer == gold) & responses.is_finished & (responses.lengths > 1)).astype(np.float32)


def segment(responses: Responses) -> list[np.ndarray]:
    """A step begins at every letter; the first at 0, whatever is there."""
    is_letter = (responses.tokens >= NUM_DIGITS) & (responses.tokens < SPACE)
    is_letter &= np.arange(responses.tokens.shape[1]) < responses.lengths[:, None]
    is_letter[:, 0] = True
    return [np.flatnonzero(row) for row in is_letter]


def decode(tokens: np.ndarray) -> str:
    """Text of tokens; the end token is left out."""
    return "".join(SYMBOLS[token] for token in tokens if token < END_TOKEN)


def _split(sizes: Arithmetic, rng: np.random.Generator, chains: np.ndarray) -> Split:
    number, lines = len(chains), sizes.num_lines
    letters = chains[:, :-1] + NUM_DIGITS
    prompts = np.full((number, 2 * lines + 1), SPACE, np.int32)
    prompts[:, :-1:2] = letters
    prompts[:, -1] = chains[:, -1]
    demonstrations = np.full((number, 2 * lines + 1), END_TOKEN, np.int32)
    demonstrations[:, :-1:2] = letters
    demonstrations[:, 1::2] = demonstrate(sizes, rng, chains)
    return Split(
        prompts=prompts,
        prompt_lengths=np.full(number, 2 * lines + 1, np.int32),
        golds=solve(chains)[:, -1].tolist(),
        demonstrations=demonstrations,
        demonstration_lengths=np.full(number, 2 * lines + 1, np.int32),
    )
