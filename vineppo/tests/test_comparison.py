"""Tests of methods side by side: what they are given, how a rate is chosen, who was faster."""

from types import SimpleNamespace

import pytest

from vineppo.evaluation import learning_curves
from vineppo.experiments import comparison, presets
from vineppo.experiments.comparison import all_methods

CONFIG = presets.rl("smoke", "vineppo")


def run_of(steps, accuracy):
    log = [{"step": s, "test_accuracy": [a]} for s, a in zip(steps, accuracy, strict=True)]
    return SimpleNamespace(log=log)


def test_every_method_of_the_table_is_given_as_many_responses():
    """24 iterations of 8 x 8; 2 rounds of 96 x 8; 96 x 16."""
    given = [config.num_training_responses for _, config in all_methods("quick").contestants]
    assert given == [1536] * 6


def test_the_learning_rate_is_chosen_on_validation_with_seeds_of_its_own():
    """Validation accuracies .1 and .5 at the first rate, .4 and .4 at the second, which wins."""
    validation = {0.1: [[0.1], [0.5]], 0.2: [[0.4], [0.4]]}
    asked = []

    def train(config, name, seeds=None):
        asked.append((config.learning_rate, config.critic_learning_rate, seeds))
        lines = [
            {"validation_accuracy": each, "test_accuracy": [1.0 - config.learning_rate]}
            for each in validation[config.learning_rate]
        ]
        return SimpleNamespace(log=lines)

    trainer = SimpleNamespace(train=train)
    tuned = comparison.train_tuned(trainer, CONFIG, "vineppo", (0.1, 0.2), 2)
    assert tuned.config.learning_rate == 0.2
    assert asked == [(0.1, 0.1, range(900, 902)), (0.2, 0.2, range(900, 902)), (0.2, 0.2, None)]


def test_updates_ratios_by_hand():
    """Their best, .4, at 30; ours crosses .4 half-way between 10 (.3) and 20 (.5): 30 / 15."""
    theirs = run_of([10, 20, 30], [0.2, 0.3, 0.4])
    assert learning_curves.updates_ratios(run_of([10, 20, 30], [0.3, 0.5, 0.6]), theirs) == [2.0]
    never = learning_curves.updates_ratios(run_of([10, 20, 30], [0.1, 0.1, 0.2]), theirs)
    assert never == [pytest.approx(0.5)]
