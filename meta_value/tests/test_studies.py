"""Tests of what the studies compute besides training: lines of payoffs, exact rules, errors."""

import numpy as np
import pytest

from meta_value import exact_studies, logistic_studies, repeated_studies
from meta_value.logistic_experiments import LOGISTIC_EXPERIMENTS


@pytest.mark.parametrize(
    ("first", "second", "angle"), [(1, 1, 45), (2, 0, 90), (1, -1, 135), (0, 1, 0)]
)
def test_angle_of_a_line_of_payoffs(first, second, angle):
    along = np.linspace(-1, 1, 11)[:, None]
    found, share = repeated_studies._line(along * np.array([[first, second]], float) - 2)
    assert np.sin(np.radians(found - angle)) == pytest.approx(0, abs=1e-6)
    assert share == pytest.approx(1)


def test_payoffs_in_all_directions_lie_along_no_line():
    payoffs = np.random.default_rng(0).normal(size=(2000, 2))
    assert repeated_studies._line(payoffs)[1] < 0.6


def test_exact_rules_of_every_seed_start_a_billionth_apart():
    """So that a share which rounding decides has a spread; on 5 x 5 starts naive learning is even.

    All but the five starts of the antidiagonal go where the sum of the start's sign says.
    """
    config = LOGISTIC_EXPERIMENTS["figure_logistic_basins"].configs["smoke"]
    found = logistic_studies._exact_rules(config, [100, 101])
    assert found["lola_0_reached"].shape == (2, 25)
    decided = np.abs(np.add.outer(np.arange(5), np.arange(5)).ravel() - 4) > 0
    np.testing.assert_array_equal(found["lola_0_reached"][:, decided].sum(axis=1), [10, 10])
    assert set(found) == {
        f"{rule}_{level}_{what}"
        for rule in ("lola", "hola2")
        for level in (0, 1, 10, 20)
        for what in ("reached", "share_to_B", "distance_to_B", "diverged")
    }


def test_relative_error_of_a_constant_guess_of_the_mean_is_one():
    known = np.random.default_rng(0).normal(size=(1000, 2)).astype(np.float32)
    mean = np.full_like(known, known.mean())
    assert exact_studies._relative(mean, known) == pytest.approx(1, rel=1e-3)
    assert exact_studies._relative(known, known) == 0
