"""Tests of values against the truth: agreement and rankings by hand."""

import numpy as np
import pytest

from vineppo.evaluation import value_accuracy


def test_agreement_and_ranking_by_hand():
    truth = np.array([0.0, 0.5, 1.0, 0.2])
    found = value_accuracy.agreement(truth + np.array([0.02, -0.1, 0.0, 0.04]), truth, 0.05)
    assert found["mae"] == pytest.approx(0.04)
    assert found["accuracy"] == 0.75
    assert found["correlation"] > 0.98
    groups = np.array([0, 0, 0, 1, 1, 1])
    truth = np.array([0.1, 0.2, 0.9, 0.5, 0.5, 0.1])
    predicted = np.array([0.3, 0.1, 0.8, 0.7, 0.7, 0.9])
    found = value_accuracy.ranking(predicted, truth, groups)
    assert found["top_action"] == 0.5
    assert found["chance"] == pytest.approx((1 / 3 + 2 / 3) / 2)
    assert found["pairs"] == pytest.approx(2 / 5)  # of three pairs two, of two none


def test_values_that_are_all_alike_name_the_best_action_by_chance():
    groups, truth = np.zeros(4), np.array([0.0, 0.1, 0.2, 0.9])
    assert value_accuracy.ranking(np.zeros(4), truth, groups)["top_action"] == 0.25
