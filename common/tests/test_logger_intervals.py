"""Tests of the bootstrap interval against closed forms."""

import math

import numpy as np
import pytest

from common.logger import intervals


@pytest.mark.parametrize("per_seed", [[], [1.0], [1.0, 2.0]])
def test_fewer_than_three_seeds_have_no_interval(per_seed):
    assert intervals.bootstrap_interval(per_seed) is None


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_values_that_are_not_finite_have_no_interval(value):
    assert intervals.bootstrap_interval([1.0, 2.0, value]) is None


def test_equal_values_have_an_interval_without_width():
    assert intervals.bootstrap_interval([0.1, 0.1, 0.1]) == (0.1, 0.1)


def test_three_seeds_give_smallest_to_largest():
    """A resample is three times the smallest with probability 1/27 = 3.7 %, above 2.5 %."""
    assert intervals.bootstrap_interval([0.0, 1.0, 5.0]) == (0.0, 5.0)


def test_four_seeds_match_the_exact_resampling_distribution():
    """Of 0, 0, 0, 1, a resample mean of 3/4 or more has probability 13/256 = 5.1 %, 1 has 0.4 %."""
    assert intervals.bootstrap_interval([0.0, 0.0, 0.0, 1.0]) == (0.0, 0.75)


def test_many_seeds_match_the_normal_interval():
    per_seed = np.random.default_rng(0).normal(3.0, 2.0, size=400)
    half_width = 1.96 * per_seed.std() / math.sqrt(400)
    low, high = intervals.bootstrap_interval(per_seed)
    assert low == pytest.approx(per_seed.mean() - half_width, abs=0.02)
    assert high == pytest.approx(per_seed.mean() + half_width, abs=0.02)


def test_coverage_at_twenty_seeds_matches_theory():
    """About P(|t_19| < 1.96 sqrt(19/20)) = 92.9 %; 150 trials have a standard error of 2.1 %."""
    rng = np.random.default_rng(0)
    trials = [intervals.bootstrap_interval(rng.normal(size=20)) for _ in range(150)]
    coverage = np.mean([low <= 0 <= high for low, high in trials])
    assert coverage == pytest.approx(0.929, abs=0.06)


def test_lower_confidence_is_narrower_and_the_same_values_give_the_same_interval():
    per_seed = [0.1, 0.4, 0.2, 0.8, 0.5]
    low, high = intervals.bootstrap_interval(per_seed)
    inner_low, inner_high = intervals.bootstrap_interval(per_seed, confidence=0.5)
    assert low < inner_low < 0.4 < inner_high < high
    assert intervals.bootstrap_interval(per_seed) == (low, high)


def test_summary_of_a_metric():
    assert intervals.summarise(np.float32([1, 2, 6])) == {
        "mean": 3.0,
        "ci95": [1.0, 6.0],
        "per_seed": [1.0, 2.0, 6.0],
    }
    assert intervals.summarise([1.0, 2.0])["ci95"] is None


def test_summary_holds_no_number_that_json_cannot():
    expected = {"mean": None, "ci95": None, "per_seed": [1.0, None, 3.0]}
    assert intervals.summarise([1.0, math.inf, 3.0]) == expected


def test_metric_without_values_is_refused():
    with pytest.raises(ValueError, match="one seed at least"):
        intervals.summarise([])
