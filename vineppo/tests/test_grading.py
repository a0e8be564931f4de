r"""Tests of grading: both sets of rules, what paid, and answers meant to do harm."""

import json
import os
import time
from pathlib import Path

import pytest

from vineppo.tasks import answers, grading
from vineppo.tasks.grading import Grader
from vineppo.tasks.symbolic import Worker

DATA = Path(os.environ.get("REPRO_DATA_DIR", "data"))


def grader(task, rules, equivalent=lambda a, b: False):
    return Grader(task, rules, equivalent)


@pytest.mark.parametrize(
    ("response", "gold", "published", "strict"),
    [
        ("so\n#### 18", "#### 18", True, True),
        ("#### 1,080", "#### 1,080", False, True),  # the gold answer's comma stays, as published
        ("#### 1080", "#### 1080", True, True),
        ("#### 18.0", "#### 18", False, False),
        ("#### $18", "#### 18", False, False),
        ("#### 5\n#### 18", "#### 18", True, True),
        ("18", "#### 18", False, False),
        ("####", "#### 18", False, False),
    ],
)
def test_gsm8k_compares_what_follows_the_last_mark(response, gold, published, strict):
    for rules, expected in (("as_published", published), ("strict", strict)):
        judge = grader("gsm8k", rules)
        assert judge.grade("q", response, judge.gold("q", gold)) is expected


@pytest.mark.parametrize(
    ("response", "gold", "published", "strict"),
    [
        (r"\boxed{5}", r"\boxed{5}", True, True),
        (r"\boxed{\frac12}", r"\boxed{\dfrac{1}{2}}", True, True),
        (r"\boxed{1/2}", r"\boxed{\frac{1}{2}}", True, True),
        (r"\boxed{0.5}", r"\boxed{50}", True, False),  # a percentage
        (r"\boxed{1,000}", r"\boxed{1000}", True, True),
        (r"\boxed{(1,2]}", r"\boxed{[1,2)}", True, False),  # the kind of brackets
        (r"\boxed{(1,2)}", r"\boxed{(1,2)}", True, True),
        (r"\boxed{(2,1)}", r"\boxed{(1,2)}", False, False),
        (r"\boxed{x=5}", r"\boxed{5}", True, True),
        (r"\boxed{5\text{ cm}}", r"\boxed{5}", True, True),
        (r"\boxed{.5}", r"\boxed{0.5}", True, True),
        (r"the answer is 7", r"\boxed{7}", True, True),
        ("we get 3 and then 7", r"\boxed{7}", True, True),  # the last number, unboxed
        (r"\boxed{5.0004}", r"\boxed{5}", True, False),
        ("no number", r"\boxed{7}", False, False),
    ],
)
def test_math_by_both_sets_of_rules(response, gold, published, strict):
    for rules, expected in (("as_published", published), ("strict", strict)):
        judge = grader("math", rules)
        assert judge.grade("q", response, judge.gold("q", gold)) is expected, rules


def test_every_answer_must_match_and_only_the_last_ones_count():
    judge = grader("math", "strict")
    gold = judge.gold("q", r"\boxed{1} and \boxed{2}")
    assert judge.grade("q", r"\boxed{2}, \boxed{1}", gold)
    assert judge.grade("q", r"\boxed{9} \boxed{2} \boxed{1}", gold)
    assert not judge.grade("q", r"\boxed{1} \boxed{1}", gold)
    listed = judge.gold("separated by commas", r"\boxed{1,2}")
    assert listed == ("1", "2")


def test_the_rule_that_paid_is_counted():
    judge = grader("math", "strict")
    for response in (r"\boxed{7}", "it is 7", "it is 7", r"\boxed{8}"):
        judge.grade("q", response, ("7",))
    assert judge.paid == {"boxed": 1, "number": 2}


def test_boxes_have_balanced_braces():
    assert answers.boxed(r"\boxed{a{b}c} and \boxed{d} \boxed{e") == ["a{b}c", "d"]


HOSTILE = [
    "\\boxed{" * 3000,
    r"\boxed{" + "9^{" * 200 + "9" + "}" * 200 + "}",
    r"\boxed{" + "x" * 1_000_000 + "}",
    "{" * 100_000,
    r"\boxed{\x00\x1b[2J}" + "\x00",
    r"\boxed{__import__('os').system('touch hacked')}",
    "####" * 10_000,
    "$" * 9_999,
    "1" * 500_000,
    r"\boxed{" + "(" * 5000 + "}",
]


@pytest.mark.parametrize("response", HOSTILE)
def test_hostile_answers_are_wrong_and_quickly_so(response, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    started = time.monotonic()
    for task in ("gsm8k", "math"):
        for rules in ("as_published", "strict"):
            assert not grader(task, rules).grade("q", response, ("7",))
    assert time.monotonic() - started < 20
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "piece",
    ["```output ", " ", "final answer is $", r"\boxed{", "{", "1", "1.0", "-", "he answer is "],
)
@pytest.mark.parametrize("opening", ["", "```output", "final answer is $", r"\boxed{"])
def test_the_time_of_extraction_grows_with_the_length_of_an_answer_no_faster(piece, opening):
    """Four times the length: four times the time, and not 16 or 64."""

    def seconds(length):
        text = opening + piece * (length // len(piece))
        times = []
        for _ in range(3):
            started = time.process_time()
            answers.math_answers("q", text)
            times.append(time.process_time() - started)
        return min(times)

    assert seconds(80_000) < 10 * seconds(20_000) + 0.02


def test_a_block_of_output_ends_at_its_first_closing_and_loses_its_blanks():
    extracted = answers.math_answers("q", "so\n```output" + " \n" * 3 + "7 8\n ```\n9``` it is")
    assert extracted == (("78",), "output")
    assert answers.math_answers("q", "5 ```output 7").rule == "number"


def test_large_powers_and_long_texts_are_not_asked_about():
    asked = []
    judge = grader("math", "as_published", lambda a, b: bool(asked.append((a, b))))
    for answer in (r"9^{9^{9}}", "a+b+c", "x" * 400):
        assert not judge.same(answer, "7+y")
    assert asked == []
    judge.same("2x", "x+x")
    assert asked == [("2x", "x+x")]


def test_numbers_are_finite_or_none():
    assert grading.number("1,000.5") == 1000.5
    assert grading.number("1e999") is None
    assert grading.number("nan") is None
    assert grading.number("9" * 50) is None


@pytest.mark.parametrize("engine", ["math_verify", "sympy"])
def test_the_worker_decides_survives_nonsense_and_is_killed_on_time(engine):
    """One worker: equal, not equal, unreadable, never ending; then it answers again."""
    with Worker(engine, time_limit=30.0) as worker:
        assert worker.equivalent("x+x", "2x")  # math-verify takes no lone letter for an expression
        assert not worker.equivalent("x+1", "x")
        assert not worker.equivalent(r"\frac{", "7")
        worker.time_limit = 1.0
        started = time.monotonic()
        assert not worker.equivalent("9^{9^{9^{9}}}", "8^{8^{8^{8}}}")
        assert time.monotonic() - started < 20


@pytest.mark.data
def test_every_gold_answer_of_the_data_is_right_by_its_own_rules():
    """As published 79 of 7,473 training questions of GSM8K can never be right: commas."""
    path = DATA / "gsm8k" / "train.jsonl"
    if not path.exists():
        pytest.skip(f"{path} is not there; set REPRO_DATA_DIR")
    solutions = [json.loads(line)["answer"] for line in path.read_text().splitlines()]
    for rules, expected in (("strict", 0), ("as_published", 79)):
        judge = grader("gsm8k", rules)
        wrong = sum(not judge.grade("q", s, judge.gold("q", s)) for s in solutions)
        assert wrong == expected
