"""Tests of the baselines: which responses RestEM keeps, and which DPO-Positive pairs."""

import numpy as np

from vineppo.baselines import dpo, restem


def test_right_responses_are_kept_up_to_a_limit_per_question():
    rewards = np.array([[1, 0, 1, 1], [0, 0, 0, 0], [0, 1, 0, 0]])
    kept = restem.right_responses(rewards, 2, np.random.default_rng(0))
    assert len(kept) == 3
    assert set(kept) <= {0, 2, 3, 9}
    assert 9 in kept


def test_pairs_are_of_one_question_the_right_response_first_and_none_comes_twice():
    rewards = np.array([[1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 0]])
    pairs = dpo.pair_up(rewards, 3, np.random.default_rng(0))
    flat = rewards.ravel()
    assert len(pairs) == 6
    assert len({tuple(pair) for pair in pairs}) == 6
    for right, wrong in pairs:
        assert (flat[right], flat[wrong]) == (1, 0)
        assert right // 4 == wrong // 4
