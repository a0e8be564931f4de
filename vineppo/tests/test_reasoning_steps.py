"""Tests of step boundaries: cases by hand, and pieces that give the text back, on made-up and real
solutions."""

import json
import os
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vineppo.tasks import reasoning_steps
from vineppo.tasks.reasoning_steps import gsm8k_steps, math_spans, math_steps, token_boundaries

DATA = Path(os.environ.get("REPRO_DATA_DIR", "data"))


def pieces(text, starts):
    return [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]


def check(text, starts):
    assert starts[0] == 0
    assert all(a < b for a, b in pairwise(starts))
    assert not text or starts[-1] < len(text)
    assert "".join(pieces(text, starts)) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\nA\nB\n#### 7", ["\nA", "\nB\n#### 7"]),
        ("A\nB\nC\n#### 7\n", ["A", "\nB", "\nC\n#### 7\n"]),
        ("\n\nA\n\nB", ["\n\nA", "\n\nB"]),
        ("A\nB\n", ["A", "\nB\n"]),
        ("#### 7", ["#### 7"]),
        ("A\n\n#### 7", ["A\n\n#### 7"]),
        ("", [""]),
        ("\n\n", ["\n\n"]),
    ],
)
def test_steps_of_gsm8k_are_lines_and_the_answer_belongs_to_the_last(text, expected):
    assert pieces(text, gsm8k_steps(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "We have three apples here. They cost two dollars each.",
            ["We have three apples here.", " They cost two dollars each."],
        ),
        ("Let A. B be two points of it. Then it holds now.", 2),
        ("First we compute the sum\nand then the product of all", 2),
        ("Short one\nand then the product of all of them", 1),  # the first is merged
        ("The value of it is now $x. Y = 2$ and no more than that is needed", 1),
        ("It follows that we have $x = 2.$ then we go on with what is next", 2),
    ],
)
def test_steps_of_math_are_sentences_and_lines(text, expected):
    found = pieces(text, math_steps(text))
    if isinstance(expected, list):
        assert found == expected
    else:
        assert len(found) == expected, found


def test_a_long_sentence_is_halved_outside_formulas_first():
    text = (
        "when we add up all of the numbers from above, "
        "it turns out that $a + b = c + d = e + f = g + h$ is what remains of them"
    )
    found = pieces(text, math_steps(text))
    assert found[0] == "when we add up all of the numbers from above, "
    assert len(found) == 2


def test_a_long_formula_is_cut_at_its_relations():
    text = "$" + " = ".join(f"x_{{{i}}} + y_{{{i}}}" for i in range(12)) + "$"
    found = pieces(text, math_steps(text))
    assert len(found) > 1
    assert all(20 <= len(piece) <= 100 for piece in found)
    assert all(piece[0] in "=+" for piece in found[1:])


def test_formulas_are_found_by_kind_and_never_inside_another():
    text = r"a $x$ b \$5 c \[y $z$ w\] d [asy] $q$ [/asy] e \begin{align}1\end{align}"
    assert [text[a:b] for a, b in math_spans(text)] == [
        "$x$",
        r"\[y $z$ w\]",
        "[asy] $q$ [/asy]",
        r"\begin{align}1\end{align}",
    ]


SOUP = st.lists(
    st.sampled_from(
        [
            "a",
            "B",
            ". ",
            "\n",
            "$",
            "$$",
            r"\(",
            r"\)",
            "#### 7",
            " and ",
            "=",
            "word " * 9,
            "+",
            "é",
        ]
    ),
    max_size=40,
).map("".join)


@settings(max_examples=150, deadline=None)
@given(SOUP)
def test_pieces_give_any_text_back(text):
    check(text, gsm8k_steps(text))
    check(text, math_steps(text))


@pytest.mark.parametrize(
    "piece", ["\n", "$", "$\n", r"\(", r"\begin{a}", "[asy]", "a. ", "A. B", ", ", "=", "\n#### "]
)
def test_the_time_of_cutting_grows_with_the_length_of_a_response_no_faster(piece):
    """Four times the length: four times the time, and not 16."""

    def seconds(length):
        text = r"\begin{b}$" + piece * (length // len(piece))
        times = []
        for _ in range(2):
            started = time.process_time()
            gsm8k_steps(text)
            math_steps(text)
            times.append(time.process_time() - started)
        return min(times)

    assert seconds(16_000) < 10 * seconds(4_000) + 0.02


def test_a_step_begins_at_the_first_token_that_starts_in_it():
    """Tokens at 0, 3, 4, 9: a boundary at 4 is token 2, at 5 token 3, at 10 none."""
    assert token_boundaries([0, 4, 5, 6, 10], [0, 3, 4, 9]).tolist() == [0, 2, 3]
    assert token_boundaries([0], [0]).tolist() == [0]
    assert token_boundaries([0], []).tolist() == [0]


def rows(name):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not there; set REPRO_DATA_DIR")
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.data
@pytest.mark.parametrize("name", ["gsm8k/train.jsonl", "gsm8k/test.jsonl"])
def test_pieces_give_back_every_solution_of_gsm8k(name):
    counts = []
    for row in rows(name):
        starts = gsm8k_steps(row["answer"])
        check(row["answer"], starts)
        counts.append(len(starts))
        assert "#### " in pieces(row["answer"], starts)[-1]
    assert 2 < np.mean(counts) < 5


@pytest.mark.data
def test_pieces_give_back_every_solution_of_math_500():
    counts = []
    for row in rows("math/test_500.jsonl"):
        starts = math_steps(row["solution"])
        check(row["solution"], starts)
        counts.append(len(starts))
        # Only what the rules may cut inside a formula is cut there: line breaks and relations.
        for place in starts:
            inside = [s for s in math_spans(row["solution"]) if s[0] < place < s[1]]
            text = row["solution"][place:]
            assert not inside or text[0] in "\n=+," or text.startswith("\\") or text[0] == "$"
    assert np.mean(counts) > 4


def test_the_placeholder_is_of_the_length_of_the_original():
    condensed, places = reasoning_steps._condense("ab $x$ cd", [(3, 6)])
    assert len(condensed) == 6 + 60
    assert (places[0], places[3], places[63], places[66]) == (0, 3, 6, 9)
