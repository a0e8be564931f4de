"""Tests of the line of payoffs, by its angle and the share of the variance along it."""

import numpy as np
import pytest

from meta_value.evaluation.extortion import line_of_payoffs


@pytest.mark.parametrize(
    ("first", "second", "angle"), [(1, 1, 45), (2, 0, 90), (1, -1, 135), (0, 1, 0)]
)
def test_angle_of_a_line_of_payoffs(first, second, angle):
    along = np.linspace(-1, 1, 11)[:, None]
    found, share = line_of_payoffs(along * np.array([[first, second]], float) - 2)
    assert np.sin(np.radians(found - angle)) == pytest.approx(0, abs=1e-6)
    assert share == pytest.approx(1)


def test_payoffs_in_all_directions_lie_along_no_line():
    payoffs = np.random.default_rng(0).normal(size=(2000, 2))
    assert line_of_payoffs(payoffs)[1] < 0.6
