"""Tests of the built-in task: chains by hand, demonstrations, grader and steps."""

import numpy as np
import pytest

from common.logger.errors import UserError
from vineppo.tasks import arithmetic
from vineppo.tasks.arithmetic import Arithmetic
from vineppo.tasks.task import Responses

SIZES = Arithmetic("critical", 6, 2, 0.4, 2000, 200)


def encode(text):
    return [arithmetic.SYMBOLS.index(c) if c != "." else arithmetic.END_TOKEN for c in text]


def respond(split, row, text, is_finished=True):
    tokens = encode(text)
    padded = np.full((1, 20), arithmetic.END_TOKEN, np.int32)
    padded[0, : len(tokens)] = tokens
    return Responses(np.array([row]), padded, np.array([len(tokens)]), np.array([is_finished]))


@pytest.fixture(scope="module")
def task():
    return arithmetic.make_task(SIZES)


def test_routine_letters_add_and_every_letter_is_a_permutation():
    tables = arithmetic.permutations()
    for shift, _ in enumerate(arithmetic.ROUTINE):
        assert tables[shift].tolist() == [(digit + 1 + shift) % 10 for digit in range(10)]
    assert all(sorted(row) == list(range(10)) for row in tables)


def test_a_chain_by_hand():
    """b, c, d add 1, 2, 3: 7, 8, 0, 3."""
    chain = np.array([[0, 1, 2, 7]])
    assert arithmetic.solve(chain).tolist() == [[8, 0, 3]]


def test_splits_share_no_question_and_every_question_is_distinct(task):
    prompts = [{tuple(p) for p in split.prompts} for split in task[:3]]
    assert [len(each) for each in prompts] == [2000, 200, 200]
    assert not prompts[0] & prompts[1]
    assert not prompts[0] & prompts[2]
    assert not prompts[1] & prompts[2]


def test_the_same_sizes_give_the_same_questions(task):
    again = arithmetic.make_task(SIZES)
    np.testing.assert_array_equal(again.test.prompts, task.test.prompts)


def test_critical_lines_are_demonstrated_right_as_often_as_asked_and_routine_ones_always(task):
    tokens, prompts = task.train.demonstrations, task.train.prompts
    letters, digits = tokens[:, :-1:2] - 10, tokens[:, 1::2]
    np.testing.assert_array_equal(letters, prompts[:, :-1:2] - 10)
    before = np.concatenate([prompts[:, -1:], digits[:, :-1]], axis=1)
    is_right = arithmetic.permutations()[letters, before] == digits
    is_critical = letters >= len(arithmetic.ROUTINE)
    assert np.all(np.sum(is_critical, axis=1) == 2)
    assert np.all(is_right[~is_critical])
    assert np.mean(is_right[is_critical]) == pytest.approx(0.4, abs=0.03)
    wrong = (digits - arithmetic.permutations()[letters, before])[~is_right] % 10
    assert set(wrong) == set(arithmetic.WRONG_SHIFTS)


def test_uniform_lines_are_all_alike():
    task = arithmetic.make_task(Arithmetic("uniform", 4, 2, 0.75, 2000, 100))
    letters, digits = task.train.demonstrations[:, :-1:2] - 10, task.train.demonstrations[:, 1::2]
    before = np.concatenate([task.train.prompts[:, -1:], digits[:, :-1]], axis=1)
    is_right = arithmetic.permutations()[letters, before] == digits
    for letter in range(len(arithmetic.LETTERS)):
        assert np.mean(is_right[letters == letter]) == pytest.approx(0.75, abs=0.05)


@pytest.mark.parametrize(
    ("ending", "is_finished", "reward"),
    [(".", True, 1.0), ("", False, 0.0), ("b.", True, 0.0), ("..", True, 0.0)],
)
def test_only_a_finished_response_that_ends_with_the_right_digit_is_paid(
    task, ending, is_finished, reward
):
    answer = str(task.test.golds[3])
    response = respond(task.test, 3, f"A1b{answer}{ending}", is_finished)
    assert task.grade(task.test, response).tolist() == [reward]


def test_a_wrong_digit_or_nothing_is_not_paid(task):
    wrong = str((task.test.golds[3] + 1) % 10)
    for text in (f"A1b{wrong}.", "."):
        assert task.grade(task.test, respond(task.test, 3, text)).tolist() == [0.0]


def test_a_step_begins_at_every_letter(task):
    found = task.segment(respond(task.test, 0, "A1b22cc9."))
    assert found[0].tolist() == [0, 2, 5, 6]
    assert task.segment(respond(task.test, 0, "12b."))[0].tolist() == [0, 2]
    assert arithmetic.decode(np.array(encode("A1b2."))) == "A1b2"


def test_too_few_distinct_chains_is_an_error_with_a_remedy():
    with pytest.raises(UserError, match="try more num_lines or less num_train"):
        arithmetic.make_task(Arithmetic("critical", 1, 0, 0.4, 100, 10))
