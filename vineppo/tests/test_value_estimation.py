"""Tests of Monte Carlo values: which states are one, who forks them, and what comes back."""

import numpy as np
import pytest

from vineppo import value_estimation
from vineppo.tasks.task import Responses
from vineppo.value_estimation import States


def responses(rows, tokens, lengths):
    return Responses(
        np.array(rows), np.array(tokens, np.int32), np.array(lengths), np.ones(len(rows), bool)
    )


SAMPLE = responses(
    [7, 7, 8], [[1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 9, 9], [1, 2, 3, 4, 5, 6]], [6, 6, 6]
)
BOUNDARIES = [np.array([0, 2, 4])] * 3


def test_the_same_prefix_of_the_same_question_is_one_state():
    """Question 7: states at 0, 2 and 4 are shared by both responses; question 8 has its own."""
    found = value_estimation.distinct_states(SAMPLE, BOUNDARIES, 0)
    assert len(found.cuts) == 6
    first, second, third = found.of_steps
    assert first.tolist() == second.tolist()
    assert not set(third) & set(first)
    for trajectory, of_steps in enumerate(found.of_steps):
        assert found.cuts[of_steps].tolist() == [0, 2, 4]
        prefix_of_owner = SAMPLE.tokens[found.owners[of_steps]]
        for cut, owned in zip([0, 2, 4], prefix_of_owner, strict=True):
            assert owned[:cut].tolist() == SAMPLE.tokens[trajectory, :cut].tolist()


def test_shared_states_are_spread_over_the_trajectories():
    found = value_estimation.distinct_states(SAMPLE, BOUNDARIES, 0)
    assert set(found.owners[found.of_steps[0]]) == {0, 1}


def test_the_cap_keeps_the_first_states():
    found = value_estimation.distinct_states(SAMPLE, BOUNDARIES, 2)
    assert [of.shape for of in found.of_steps] == [(2,)] * 3
    assert sorted(found.cuts) == [0, 0, 2, 2]


def test_every_state_has_k_jobs_of_its_owner_the_longest_first():
    found = value_estimation.distinct_states(SAMPLE, BOUNDARIES, 0)
    table = value_estimation.job_table(found, 3, 5)
    for state in range(6):
        rows, _ = np.nonzero(table.states == state)
        assert rows.tolist() == [found.owners[state]] * 5
        assert sorted(table.repeats[table.states == state]) == [0, 1, 2, 3, 4]
    for row in table.states:
        cuts = found.cuts[row[row >= 0]]
        assert np.all(np.diff(cuts) >= 0)
    width = table.states.shape[1] // 5
    assert width & (width - 1) == 0


def test_rollouts_are_graded_with_the_prefix_they_continue():
    states = States(np.array([1, 0]), np.array([4, 2]), [])
    new = responses([7, 7], [[50, 51, 0], [60, 0, 0]], [2, 1])
    whole = value_estimation.joined(SAMPLE, states, np.array([0, 1]), new)
    assert whole.lengths.tolist() == [6, 3]
    assert whole.tokens[0, :6].tolist() == [1, 2, 3, 4, 50, 51]
    assert whole.tokens[1, :3].tolist() == [1, 2, 60]


def test_a_value_is_the_mean_reward_of_its_rollouts():
    which = np.array([0, 1, 0, 1, 1])
    found = value_estimation.mean_rewards(which, np.array([1.0, 0, 0, 1, 0]), 2)
    assert found == pytest.approx([0.5, 1 / 3])
