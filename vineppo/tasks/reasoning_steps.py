"""Where the reasoning steps of a response begin: lines of GSM8K, sentences and formulas of MATH.

Steps are found in the text, as starts of consecutive pieces: the first is 0, and the pieces joined
give the text back exactly. Prefixes are cut between token ids, never tokenised again: a step begins
at the first token that starts at or after its first character.
"""

import bisect
import re
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

PLACEHOLDER = "\ue000"  # stands for the characters of a formula while sentences are found
PLACEHOLDER_LENGTH = 60
SHORT, LONG = 20, 100
MIN_HALF_OF_TEXT, MIN_HALF_OF_MATH = 40, 20
# By kind: what opens a formula or a drawing, and what closes it (group 1); the first closing of the
# same name (group 2) belongs to it. Looking ahead finds those that overlap, too.
_MATH_SPANS = [
    (re.compile(f"(?=({opening}))"), re.compile(f"(?=({closing}))"))
    for opening, closing in (
        (r"\[asy\]", r"\[/asy\]"),
        (r"\\begin\{tabular\}", r"\\end\{tabular\}"),
        (r"\\\(", r"\\\)"),
        (r"\\\[", r"\\\]"),
        (r"\$\$", r"\$\$"),
        (r"(?<!\\)\$", r"(?<!\\)\$"),
        (r"\\begin\{(\w+\*?)\}", r"\\end\{(\w+\*?)\}"),
    )
]
_SENTENCE_END = re.compile(r"\.(?=\s+[A-Z])")
_ABBREVIATION = re.compile(r"(?:^|\s)[A-Z][a-z]?\.$")
_MATH_END = re.compile(r"\.(?:\$|\$\$|\\\)|\\\])$")
_OPENING = re.compile(r"\$\$?|\\\(|\\\[|\\begin\{\w+\*?\}|\[asy\]")
_TEXT_SEPARATORS = (", ", " and ", ":", " to ")
_MATH_SEPARATORS = re.compile(r",\$|,\\\)|,\\\]|=|\\equiv|\+|\\cancelto")


def gsm8k_steps(text: str) -> list[int]:
    """Starts of the steps of a GSM8K solution: its lines.

    A line break belongs to the line after it; empty lines to the next that is not. The last line
    before the answer and everything after it, `#### n`, are one step.
    """
    starts = [0, *(match.start() for match in re.finditer("\n", text) if match.start())]
    answer = text.find("\n#### ")
    if answer >= 0:
        before = [s for s in starts if s < answer and _line(text, s)]
        starts = [s for s in starts if s <= (before[-1] if before else 0)]
    return _without_empty(text, starts)


def _line(text: str, start: int) -> str:
    """The line that begins with the break at `start`, or at 0, without white space."""
    begin = start + text.startswith("\n", start)
    end = text.find("\n", begin)
    return text[begin : end if end >= 0 else None].strip()


def _without_empty(text: str, starts: Sequence[int]) -> list[int]:
    """Drops starts so that no piece is white space alone; such a piece joins the next one."""
    kept: list[int] = []
    begin = 0
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        if text[start:end].strip():
            kept.append(begin)
            begin = end
    return kept or [0]


def math_steps(text: str) -> list[int]:
    """Starts of the steps of a MATH solution, by the heuristics of the original code."""
    spans = math_spans(text)
    condensed, places = _condense(text, spans)
    cuts = _merge(len(condensed), _sentence_cuts(condensed), _short_sentences(condensed))
    cuts = _after_math(text, condensed, places, cuts)
    starts = sorted({places[cut] for cut in cuts})
    inside = _mask(len(text), spans)
    starts = sorted({*starts, *(i for i, c in enumerate(text) if c == "\n" and inside[i] and i)})
    starts = _merge(len(text), starts, _lone_openings(text))
    found: list[int] = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        found += _halved(text, inside, start, end, is_math=False)
    return found or [0]


def math_spans(text: str) -> list[tuple[int, int]]:
    """Formulas and drawings, in the order of the text; found by kind, none inside another."""
    taken = np.zeros(len(text) + 1, np.int64)
    spans = []
    for opening, closing in _MATH_SPANS:
        num_taken = np.concatenate([[0], np.cumsum(taken)])  # before each character
        closings: dict[str, list[tuple[int, int]]] = {}
        for match in closing.finditer(text):
            closings.setdefault(_name(match), []).append(match.span(1))
        position = 0
        for match in opening.finditer(text):
            start, inside = match.span(1)
            later = closings.get(_name(match), [])
            place = bisect.bisect_left(later, (inside, 0))
            if start < position or place == len(later):
                continue
            end = later[place][1]
            if num_taken[end] == num_taken[start]:
                taken[start:end] = 1
                spans.append((start, end))
                position = end
    return sorted(spans)


def _name(match: re.Match[str]) -> str:
    """Which environment a match opens or closes; empty where its kind has no names."""
    return str(match[match.re.groups]) if match.re.groups > 1 else ""


def _condense(text: str, spans: Sequence[tuple[int, int]]) -> tuple[str, list[int]]:
    """The text with placeholders of fixed length, and where each of its characters stands in it."""
    pieces, places, position = [], [], 0
    for start, end in spans:
        pieces += [text[position:start], PLACEHOLDER * PLACEHOLDER_LENGTH]
        places += [*range(position, start), *([start] * PLACEHOLDER_LENGTH)]
        position = end
    pieces.append(text[position:])
    places += [*range(position, len(text)), len(text)]
    return "".join(pieces), places


def _sentence_cuts(text: str) -> list[int]:
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    cuts = {end for end in ends if not _ABBREVIATION.search(text[max(end - 4, 0) : end])}
    cuts |= {match.start() for match in re.finditer("\n", text)}
    return sorted({0, *(cuts - {len(text)})})


def _short_sentences(text: str) -> Callable[[int, int], bool]:
    """Says of a piece whether it is line breaks alone, or short and not at a full stop."""
    others = np.array([*(match.start() for match in re.finditer(r"[^\n]", text)), len(text)])

    def is_small(begin: int, end: int) -> bool:
        has_only_breaks = bool(others[np.searchsorted(others, begin)] >= end)
        return has_only_breaks or (end - begin < SHORT and not text.endswith(".", begin, end))

    return is_small


def _lone_openings(text: str) -> Callable[[int, int], bool]:
    """Says of a piece whether it is shorter than three characters, or opens a formula, no more."""
    inked = np.array([match.start() for match in re.finditer(r"\S", text)], int)

    @lru_cache(maxsize=1)  # the same while a piece grows by white space
    def is_opening(begin: int, end: int) -> bool:
        return _OPENING.fullmatch(text, begin, end) is not None

    def is_small(begin: int, end: int) -> bool:
        first, last = np.searchsorted(inked, (begin, end))
        if end - begin < 3 or first == last:
            return end - begin < 3
        return is_opening(int(inked[first]), int(inked[last - 1]) + 1)

    return is_small


def _merge(length: int, cuts: Sequence[int], is_small: Callable[[int, int], bool]) -> list[int]:
    """Joins pieces that are too small with the next one; the last with the one before."""
    kept: list[int] = []
    begin = 0
    for end in [*cuts[1:], length]:
        if not is_small(begin, end):
            kept.append(begin)
            begin = end
    return kept or [0]


def _after_math(text: str, condensed: str, places: Sequence[int], cuts: Sequence[int]) -> list[int]:
    """Cuts after formulas that end with a full stop, if both sides are long enough."""
    added = set(cuts)
    for match in re.finditer(f"{PLACEHOLDER}{{{PLACEHOLDER_LENGTH}}}", condensed):
        end = match.end()
        if end < len(condensed) and _MATH_END.search(text[places[match.start()] : places[end]]):
            added.add(end)

    def is_small(begin: int, end: int) -> bool:
        if end - begin >= SHORT or condensed.endswith(".", begin, end):
            return False
        return PLACEHOLDER not in condensed[begin:end]

    return _merge(len(condensed), sorted(added), is_small)


def _mask(length: int, spans: Sequence[tuple[int, int]]) -> np.ndarray:
    inside = np.zeros(length + 1, bool)
    for start, end in spans:
        inside[start:end] = True
    return inside


def _halved(text: str, inside: np.ndarray, start: int, end: int, *, is_math: bool) -> list[int]:
    """Starts of a piece halved until none is longer than `LONG`, if it can be.

    Text is cut outside formulas first; a region once cut inside a formula only there again.
    """
    if end - start <= LONG:
        return [start]
    cut = None if is_math else _text_cut(text, inside, start, end)
    if cut is None:
        is_math, cut = True, _math_cut(text, start, end)
    if cut is None:
        return [start]
    first = _halved(text, inside, start, cut, is_math=is_math)
    return first + _halved(text, inside, cut, end, is_math=is_math)


def _text_cut(text: str, inside: np.ndarray, start: int, end: int) -> int | None:
    for separator in _TEXT_SEPARATORS:
        ends = [m.end() for m in re.finditer(re.escape(separator), text[start:end])]
        fitting = [
            start + e
            for e in ends
            if not inside[start + e - 1]
            and not (inside[start + e] and inside[start + e - 1])
            and min(e, end - start - e) >= MIN_HALF_OF_TEXT
        ]
        if fitting:
            return min(fitting, key=lambda place: abs(2 * place - start - end))
    return None


def _math_cut(text: str, start: int, end: int) -> int | None:
    places = [start + match.start() for match in _MATH_SEPARATORS.finditer(text[start:end])]
    fitting = [p for p in places if min(p - start, end - p) >= MIN_HALF_OF_MATH]
    return min(fitting, key=lambda place: abs(2 * place - start - end), default=None)


def token_boundaries(starts: Sequence[int], offsets: Sequence[int]) -> np.ndarray:
    """Tokens at which steps begin.

    Args:
      starts: first characters of the steps, the first 0.
      offsets: first character of each token, never falling.

    Returns:
      The first token at or after each start, without doubles and without those past the end; the
      first is 0.
    """
    places = np.searchsorted(np.asarray(offsets), np.asarray(starts), side="left")
    inside = places[places < max(len(offsets), 1)]
    return np.unique(np.concatenate([[0], inside])).astype(int)
