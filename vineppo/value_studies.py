"""Judges values at every snapshot of PPO: the critic's and Monte Carlo's, against the truth."""

from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array

from vineppo import checkpoints, comparisons, value_accuracy
from vineppo.findings import Findings, Metrics, Rows
from vineppo.problem import Problem, make_problem
from vineppo.study_configs import ValueConfig
from vineppo.trainer import Trainer
from vineppo.transformer import Params
from vineppo.value_estimation import States

NUM_BINS = 4  # of step positions


class Judged(NamedTuple):
    """Values of the states of one snapshot, by estimator; `truth` among them."""

    values: dict[str, np.ndarray]  # [U]
    positions: np.ndarray  # [U]
    rankings: dict[str, dict[str, float]]


def judge_values(config: ValueConfig, trainer: Trainer) -> Findings:
    """Trains PPO and judges values along the way; once per call, whatever experiments ask for it.

    Metrics without an update in their name are of the last snapshot; those that end in
    `_over_training` are means over all snapshots.
    """
    result = comparisons.train_tuned(
        trainer, config.ppo, "ppo", config.learning_rates, config.tuning_seeds
    ).result
    known = (config, tuple(trainer.seeds))
    if known in trainer.judged:
        found: Findings = trainer.judged[known]
        return found
    problem = make_problem(config.ppo.initial)
    metrics: Metrics = {}
    rows: Rows = []
    template = [{"params": s.params, "critic": s.critic} for s in result.states]
    steps = [line["step"] for line in result.log]
    for step in steps:
        models = checkpoints.load_snapshot(result.path, step, template)
        for index, (seed, model) in enumerate(zip(trainer.seeds, models, strict=True)):
            key = jax.random.fold_in(jax.random.fold_in(jax.random.key(seed), step), 1)
            judged = judge(problem, config, model["params"], model["critic"].params, key)
            for name, value in summarised(judged, config.tolerance).items():
                metrics.setdefault(f"{name}_at_{step}", []).append(value)
            if index == 0:
                rows += _rows(judged, step, seed)
    metrics |= _over_training(metrics, steps)
    trainer.judged[known] = Findings(metrics, rows)
    return Findings(metrics, rows)


def judge(
    problem: Problem, config: ValueConfig, params: Params, critic: Params, key: Array
) -> Judged:
    """Values of states of one policy by all estimators; consumes the key."""
    state_key, truth_key, estimate_key, action_key = jax.random.split(key, 4)
    ppo = config.ppo
    sampler = problem.sampler(ppo.temperature, ppo.top_p)
    sample = value_accuracy.draw_states(
        problem, ppo, sampler, params, config.num_trajectories, config.num_states, state_key
    )

    def rewards(responses: Any, states: Any, number: int, key: Array) -> np.ndarray:
        return value_accuracy.rollout_rewards(
            problem, ppo, sampler, params, responses, states, number, key
        )

    truth = rewards(sample.responses, sample.states, config.num_truth_rollouts, truth_key)
    most = max(config.estimates)
    drawn = rewards(sample.responses, sample.states, most, estimate_key)
    values = {
        "truth": np.mean(truth, axis=1),
        "critic": value_accuracy.critic_at(problem, critic, sample.responses, sample.states),
        **{f"mc{number}": np.mean(drawn[:, :number], axis=1) for number in config.estimates},
    }
    rankings = _rank_actions(problem, config, params, critic, sample, rewards, action_key)
    return Judged(values, sample.positions, rankings)


def _rank_actions(
    problem: Problem,
    config: ValueConfig,
    params: Params,
    critic: Params,
    sample: value_accuracy.StateSample,
    rewards: Any,
    key: Array,
) -> dict[str, dict[str, float]]:
    """How critic and Monte Carlo rank next steps."""
    ppo = config.ppo
    step_key, truth_key, estimate_key = jax.random.split(key, 3)
    candidates, groups = value_accuracy.next_steps(
        problem,
        ppo,
        problem.sampler(ppo.temperature, ppo.top_p),
        params,
        sample,
        config.num_actions,
        config.num_action_states,
        step_key,
    )
    most = max(config.estimates)
    if not len(groups):
        nothing = value_accuracy.ranking(np.zeros(0), np.zeros(0), np.zeros(0))
        return {"critic": nothing, f"mc{most}": nothing}
    whole = States(np.arange(len(groups), dtype=np.int32), np.asarray(candidates.lengths), [])
    truth = np.mean(rewards(candidates, whole, config.num_truth_rollouts, truth_key), axis=1)
    drawn = np.mean(rewards(candidates, whole, most, estimate_key), axis=1)
    of_critic = value_accuracy.critic_at(problem, critic, candidates, whole)
    return {
        "critic": value_accuracy.ranking(of_critic, truth, groups),
        f"mc{most}": value_accuracy.ranking(drawn, truth, groups),
    }


def summarised(judged: Judged, tolerance: float) -> dict[str, float]:
    """Metrics of a snapshot: of each estimator over all states, by position, and of rankings."""
    truth, found = judged.values["truth"], {}
    constant = np.full_like(truth, np.mean(truth))
    estimators = {n: v for n, v in judged.values.items() if n != "truth"} | {"constant": constant}
    for name, values in estimators.items():
        for metric, value in value_accuracy.agreement(values, truth, tolerance).items():
            found[f"{name}_{metric}"] = value
        errors = np.abs(values - truth)
        for place, part in (
            ("first", judged.positions <= 1 / NUM_BINS),
            ("last", judged.positions > 1 - 1 / NUM_BINS),
        ):
            found[f"{name}_mae_{place}"] = float(np.mean(errors[part])) if np.any(part) else 0.0
        found[f"{name}_mae_rise"] = found[f"{name}_mae_last"] - found[f"{name}_mae_first"]
    for name, measured in judged.rankings.items():
        found |= {f"{name}_{metric}": value for metric, value in measured.items()}
    return found


def _over_training(metrics: Metrics, steps: list[int]) -> Metrics:
    """The last snapshot's metrics by their plain names, and means over all snapshots."""
    last = f"_at_{steps[-1]}"
    names = [name.removesuffix(last) for name in metrics if name.endswith(last)]
    plain = {name: metrics[f"{name}{last}"] for name in names}
    means = {
        f"{name}_over_training": np.mean(
            [metrics[f"{name}_at_{step}"] for step in steps], axis=0
        ).tolist()
        for name in names
    }
    most = max(
        int(n.removeprefix("mc").removesuffix("_mae"))
        for n in names
        if n.startswith("mc") and n.endswith("_mae")
    )
    for source in (plain, means):
        suffix = "" if source is plain else "_over_training"
        for metric in ("mae", "accuracy", "correlation", "top_action", "pairs"):
            pairs = zip(
                source[f"mc{most}_{metric}{suffix}"],
                source[f"critic_{metric}{suffix}"],
                strict=True,
            )
            source[f"mc_minus_critic_{metric}{suffix}"] = [a - b for a, b in pairs]
    return plain | means


def _rows(judged: Judged, step: int, seed: int) -> Rows:
    """A row per state: for scatter plots and errors by position."""
    return [
        {
            "update": step,
            "seed": seed,
            "position": float(position),
            **{name: float(values[index]) for name, values in judged.values.items()},
        }
        for index, position in enumerate(judged.positions)
    ]
