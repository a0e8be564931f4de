r"""Decides whether an answer is right, and by which rule it was paid.

`as_published` follows the paper's code, quirks included: GSM8K compares strings and strips commas
of the answer alone; MATH accepts a percentage for its fraction, ignores the kind of brackets, and
asks sympy. `strict` strips commas on both sides, compares brackets, takes no percentage for
another number, and asks math-verify. Nothing is evaluated here: what needs algebra goes to a worker
process with limits of time and memory (`symbolic.py`).
"""

import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from vineppo.tasks import answers
from vineppo.tasks.answers import Extracted

Rules = Literal["as_published", "strict"]
Equivalent = Callable[[str, str], bool]  # of two LaTeX expressions, asked last
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?")
_PAIR = re.compile(r"^[(\[](.*)[)\]]$", re.DOTALL)
_MATRIX = re.compile(r"\\begin\{([pb]matrix)\}(.*)\\end\{\1\}", re.DOTALL)
_TOO_HARD = re.compile(r"\^\{|\^\(|\^\d\d|\^\w+\^|\d{3,}!")
TOLERANCE = 1e-3
LONGEST_SYMBOLIC = 300  # characters


@dataclass
class Grader:
    """Grades responses to GSM8K or MATH questions, and counts what paid.

    Attributes:
      task: gsm8k or math.
      rules: see above.
      equivalent: asked about expressions that differ as strings and as numbers.
      paid: rewards by the rule that found the answer; grows.
    """

    task: Literal["gsm8k", "math"]
    rules: Rules
    equivalent: Equivalent = lambda a, b: False
    paid: Counter[str] = field(default_factory=Counter)

    def extract(self, question: str, response: str) -> Extracted:
        """Answers of a response."""
        if self.task == "gsm8k":
            return answers.gsm8k_answer(response)
        return answers.math_answers(question, response)

    def gold(self, question: str, solution: str) -> tuple[str, ...]:
        """Answers of a reference solution."""
        return self.extract(question, solution).answers

    def grade(self, question: str, response: str, gold: tuple[str, ...]) -> bool:
        """Whether the response has the gold answers; counts the rule if so."""
        found = self.extract(question, response)
        if self.task == "gsm8k":
            is_right = (
                bool(found.answers) and bool(gold) and self._same_word(found.answers[0], gold[0])
            )
        else:
            is_right = self._same_answers(found.answers, gold)
        if is_right:
            self.paid[found.rule] += 1
        return is_right

    def _same_word(self, given: str, gold: str) -> bool:
        """GSM8K: equal without commas; as published those of the gold answer stay."""
        gold = gold if self.rules == "as_published" else gold.replace(",", "")
        return given.replace(",", "").lower() == gold.lower()

    def _same_answers(self, given: tuple[str, ...], gold: tuple[str, ...]) -> bool:
        """MATH: every answer matches a gold one, and every gold one is matched."""
        wanted = list(dict.fromkeys(gold))
        offered = list(dict.fromkeys(given))[-len(wanted) :] if wanted else []
        if not offered:
            return False
        matches = [[self.same(a, b) for b in wanted] for a in offered]
        return all(any(row) for row in matches) and all(map(any, zip(*matches, strict=True)))

    def same(self, given: str, gold: str) -> bool:
        """Whether two answers, normalised, are the same."""
        if given == gold:
            return True
        a, b = number(given), number(gold)
        if a is not None and b is not None:
            return self._same_numbers(a, b)
        structured = self._same_structure(given, gold)
        if structured is not None:
            return structured
        return self._asks_algebra(given, gold) and self.equivalent(given, gold)

    def _same_numbers(self, given: float, gold: float) -> bool:
        if self.rules == "strict":
            return math.isclose(given, gold, rel_tol=1e-9, abs_tol=1e-9)
        if abs(given - gold) < TOLERANCE:
            return True
        percents = (gold / 100, gold, gold * 100)
        return any(math.isclose(given, p, rel_tol=1e-9, abs_tol=TOLERANCE) for p in percents)

    def _same_structure(self, given: str, gold: str) -> bool | None:
        """Tuples, matrices, equations and unions part by part; None if they are none."""
        if (a := _PAIR.match(given)) and (b := _PAIR.match(gold)):
            ends = (given[0], given[-1]) == (gold[0], gold[-1])
            if self.rules == "strict" and not ends:
                return False
            return self._same_parts(a.group(1).split(","), b.group(1).split(","))
        if (a := _MATRIX.fullmatch(given)) and (b := _MATRIX.fullmatch(gold)):
            return self._same_parts(*(re.split(r"\\\\|&", m.group(2)) for m in (a, b)))
        if given.count("=") == 1 and gold.count("=") == 0:
            name, value = given.split("=")
            return self.same(value, gold) if len(name) <= 2 else None
        if gold.count("=") == 1 and given.count("=") == 0:
            name, value = gold.split("=")
            return self.same(given, value) if len(name) <= 2 else None
        if r"\cup" in given and r"\cup" in gold:
            return self._same_answers(
                tuple(given.split(r"\cup")), tuple(gold.split(r"\cup"))
            ) and given.count(r"\cup") == gold.count(r"\cup")
        return None

    def _same_parts(self, given: list[str], gold: list[str]) -> bool:
        pairs = zip(given, gold, strict=False)
        return len(given) == len(gold) and all(self.same(a, b) for a, b in pairs)

    def _asks_algebra(self, given: str, gold: str) -> bool:
        """Whether algebra may be tried; as published not on large powers or many unknowns."""
        if max(len(given), len(gold)) > LONGEST_SYMBOLIC:
            return False
        if self.rules == "strict":
            return True
        both = re.sub(r"\\[A-Za-z]+", "", given + gold)
        unknowns = set(re.findall(r"[A-Za-z]", both))
        return len(unknowns) <= 2 and not _TOO_HARD.search(given + " " + gold)


def number(answer: str) -> float | None:
    """A finite number without commas, or None."""
    plain = answer.replace(",", "")
    if len(plain) > 40 or not _NUMBER.fullmatch(plain):
        return None
    value = float(plain)
    return value if math.isfinite(value) else None
