"""Compares a critic and Monte Carlo estimates with the truth, on the states of one policy.

Shapes: U states. Estimators are `critic`, `mcK` for K rollouts, and `constant`, the mean truth.
"""

from typing import NamedTuple

import jax
import numpy as np
from jax import Array

from common.logger.experiment import Metrics, Rows
from vineppo.evaluation import value_accuracy
from vineppo.evaluation.value_accuracy import StateSample
from vineppo.evaluation.value_config import ValueConfig
from vineppo.policy import Policy
from vineppo.transformer import Params
from vineppo.value_estimation import States

NUM_BINS = 4  # of step positions


class StateValues(NamedTuple):
    """Values of the states of one policy, by estimator; `truth` among them."""

    values: dict[str, np.ndarray]  # [U]
    positions: np.ndarray  # [U], step number over the number of steps of its trajectory
    rankings: dict[str, dict[str, float]]  # of next steps, by estimator


def estimate_all(policy: Policy, critic: Params, config: ValueConfig, key: Array) -> StateValues:
    """Values of states of one policy by all estimators; consumes the key."""
    state_key, truth_key, estimate_key, action_key = jax.random.split(key, 4)
    sample = value_accuracy.draw_states(
        policy, config.num_trajectories, config.num_states, state_key
    )
    responses, states = sample.responses, sample.states
    truth = value_accuracy.rollout_rewards(
        policy, responses, states, config.num_truth_rollouts, truth_key
    )
    drawn = value_accuracy.rollout_rewards(
        policy, responses, states, max(config.estimates), estimate_key
    )
    values = {
        "truth": np.mean(truth, axis=1),
        "critic": value_accuracy.critic_at(policy.setup, critic, responses, states),
        **{f"mc{number}": np.mean(drawn[:, :number], axis=1) for number in config.estimates},
    }
    rankings = rank_next_steps(policy, critic, config, sample, action_key)
    return StateValues(values, sample.positions, rankings)


def rank_next_steps(
    policy: Policy, critic: Params, config: ValueConfig, sample: StateSample, key: Array
) -> dict[str, dict[str, float]]:
    """How critic and Monte Carlo rank next steps; consumes the key."""
    step_key, truth_key, estimate_key = jax.random.split(key, 3)
    candidates, groups = value_accuracy.next_steps(
        policy, sample, config.num_actions, config.num_action_states, step_key
    )
    most = max(config.estimates)
    if not len(groups):
        nothing = value_accuracy.ranking(np.zeros(0), np.zeros(0), np.zeros(0))
        return {"critic": nothing, f"mc{most}": nothing}
    ends = States(np.arange(len(groups), dtype=np.int32), np.asarray(candidates.lengths), [])
    truth, drawn = (
        np.mean(value_accuracy.rollout_rewards(policy, candidates, ends, number, each), axis=1)
        for number, each in ((config.num_truth_rollouts, truth_key), (most, estimate_key))
    )
    of_critic = value_accuracy.critic_at(policy.setup, critic, candidates, ends)
    return {
        "critic": value_accuracy.ranking(of_critic, truth, groups),
        f"mc{most}": value_accuracy.ranking(drawn, truth, groups),
    }


def summarise(found: StateValues, tolerance: float) -> dict[str, float]:
    """Metrics of one policy: of each estimator over all states, by position, and of rankings."""
    truth, metrics = found.values["truth"], {}
    constant = np.full_like(truth, np.mean(truth))
    estimators = {n: v for n, v in found.values.items() if n != "truth"} | {"constant": constant}
    for name, values in estimators.items():
        for metric, value in value_accuracy.agreement(values, truth, tolerance).items():
            metrics[f"{name}_{metric}"] = value
        errors = np.abs(values - truth)
        for place, part in (
            ("first", found.positions <= 1 / NUM_BINS),
            ("last", found.positions > 1 - 1 / NUM_BINS),
        ):
            metrics[f"{name}_mae_{place}"] = float(np.mean(errors[part])) if np.any(part) else 0.0
        metrics[f"{name}_mae_rise"] = metrics[f"{name}_mae_last"] - metrics[f"{name}_mae_first"]
    for name, ranking in found.rankings.items():
        metrics |= {f"{name}_{metric}": value for metric, value in ranking.items()}
    return metrics


def over_training(metrics: Metrics, steps: list[int], most_rollouts: int) -> Metrics:
    """Summary of `NAME_at_STEP` metrics: the last step's by plain names, and means over all steps.

    Both say how far the estimator of `most_rollouts` is ahead of the critic, too.
    """
    last = f"_at_{steps[-1]}"
    names = [name.removesuffix(last) for name in metrics if name.endswith(last)]
    plain = {name: metrics[f"{name}{last}"] for name in names}
    means = {
        f"{name}_over_training": np.mean(
            [metrics[f"{name}_at_{step}"] for step in steps], axis=0
        ).tolist()
        for name in names
    }
    for summary, suffix in ((plain, ""), (means, "_over_training")):
        for metric in ("mae", "accuracy", "correlation", "top_action", "pairs"):
            pairs = zip(
                summary[f"mc{most_rollouts}_{metric}{suffix}"],
                summary[f"critic_{metric}{suffix}"],
                strict=True,
            )
            summary[f"mc_minus_critic_{metric}{suffix}"] = [a - b for a, b in pairs]
    return plain | means


def state_rows(found: StateValues, step: int, seed: int) -> Rows:
    """A row per state: for scatter plots and errors by position."""
    return [
        {
            "update": step,
            "seed": seed,
            "position": float(position),
            **{name: float(values[index]) for name, values in found.values.items()},
        }
        for index, position in enumerate(found.positions)
    ]
