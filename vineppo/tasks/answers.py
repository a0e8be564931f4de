r"""Extracts final answers from responses, and brings them into one form.

The rules are those of the paper's code: for GSM8K what follows the last `####`; for MATH the first
that applies of a stock phrase, `\boxed{}`, another phrase, a block of output, the last number. The
name of the rule goes along: rewards from the later ones are how a model may cheat.

A model may write anything: all that is looked for here is found in time that is linear in the text.
"""

import re
from typing import NamedTuple

_NUMBER = re.compile(r"-?\d*\.?\d+")
LONGEST_ANSWER = 2_000  # characters; a longer one is no answer
LONGEST_TEXT = 100_000

_DROPPED = (
    r"\!",
    r"\left",
    r"\right",
    r"^\circ",
    r"^{\circ}",
    r"\$",
    "$",
    r"\mathbf",
    r"\mathrm",
    r"\cdot",
    r"x\in",
    r"\%",
    "%",
)


class Extracted(NamedTuple):
    """Answers of a response, and the rule that found them."""

    answers: tuple[str, ...]
    rule: str


def gsm8k_answer(text: str) -> Extracted:
    """What follows the last `####`; none if there is no such mark."""
    if "####" not in text:
        return Extracted((), "none")
    return Extracted((text.rpartition("####")[2].strip()[:LONGEST_ANSWER],), "mark")


def math_answers(question: str, text: str) -> Extracted:
    """Answers by the first rule that applies; never none if there is a number in the text."""
    text = text[-LONGEST_TEXT:]
    rule, found = _first_rule(text)
    answers = []
    for answer in found:
        if len(answer) <= LONGEST_ANSWER:
            normal = normalised(answer)
            answers += _separated(question, normal)
    return Extracted(tuple(answer for answer in answers if answer), rule)


def _first_rule(text: str) -> tuple[str, list[str]]:
    final = _between(text, "final answer is $", "$. I hope")
    if final is not None:
        return "final", [final]
    if boxes := boxed(text):
        return "boxed", boxes
    if "he answer is" in text:
        return "phrase", [text.rpartition("he answer is")[2].strip()]
    output = _between(text, "```output", "```")
    if output is not None:
        return "output", [output.strip()]
    numbers = _NUMBER.findall(text.replace(",", ""))
    return ("number", numbers[-1:]) if numbers else ("none", [])


def _between(text: str, opening: str, closing: str) -> str | None:
    """What stands between the first opening that is closed, and its closing; None without one."""
    _, opened, rest = text.partition(opening)
    inside, closed, _ = rest.partition(closing)
    return inside if opened and closed else None


def boxed(text: str) -> list[str]:
    """Contents of all `boxed{...}`, braces balanced; one without its end is left out."""
    closing: dict[int, int] = {}
    opened: list[int] = []
    for place, character in enumerate(text):
        if character == "{":
            opened.append(place)
        elif character == "}" and opened:
            closing[opened.pop()] = place
    found, position = [], 0
    while (start := text.find("boxed{", position)) >= 0:
        brace = start + len("boxed")
        end = closing.get(brace)
        if end is not None:
            found.append(text[brace + 1 : end])
        position = brace + 1 if end is None else end
    return found


def normalised(answer: str) -> str:
    """One spelling for answers that are written differently."""
    answer = answer.strip().partition("\n")[0].strip().rstrip(".")
    answer = re.sub(r"\\text\{[^{}]*\}$", "", answer) or answer
    answer = re.sub(r"\\text\{\s*and\s*\}", ",", answer)
    answer = re.sub(r"\\text\{([^{}]*)\}", r"\1", answer)
    for piece in _DROPPED:
        answer = answer.replace(piece, "")
    answer = re.sub(r"\\[tdc]frac", r"\\frac", answer)
    answer = re.sub(r"\\frac(\w)(\w)", r"\\frac{\1}{\2}", answer)
    answer = re.sub(r"\\sqrt(\w)", r"\\sqrt{\1}", answer)
    answer = re.sub(r"\s+", "", answer)
    if match := re.fullmatch(r"(-?\d+)/(\d+)", answer):
        answer = rf"\frac{{{match.group(1)}}}{{{match.group(2)}}}"
    answer = re.sub(r"(?<!\d)\.(\d)", r"0.\1", answer)
    answer = re.sub(r"(?<!\d)(\d+)\.0+(?!\d)", r"\1", answer)
    answer = re.sub(r"\binfinity\b|\binf\b", r"\\infty", answer)
    return re.sub(r"(?<![A-Za-z\\])j(?![A-Za-z])", "i", answer)


def _separated(question: str, answer: str) -> list[str]:
    if "separated by commas" in question and not re.search(r"[()\[\]]", answer):
        return answer.split(",")
    return [answer]
