"""Measures values of states against their truth, the mean reward of very many rollouts.

Shapes: U states, C candidate next steps of a state.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from vineppo import value_estimation
from vineppo.policy import Policy, respond, score_values, sequences_of
from vineppo.tasks.setup import Setup
from vineppo.tasks.task import Responses
from vineppo.transformer import Params
from vineppo.value_estimation import States
from vineppo.vine import roll_out


class StateSample(NamedTuple):
    """States that a policy came through."""

    responses: Responses  # trajectories they lie on
    states: States
    positions: np.ndarray  # [U], step number over the number of steps of its trajectory


def draw_states(policy: Policy, num_trajectories: int, num_states: int, key: Array) -> StateSample:
    """Distinct states at step boundaries of fresh trajectories, the prompts' own left out.

    Args:
      policy: that samples the trajectories, to training questions.
      num_trajectories: sampled.
      num_states: drawn of theirs, at most.
      key: consumed.
    """
    config, task = policy.config, policy.setup.task
    row_key, sample_key = jax.random.split(key)
    rng = np.random.default_rng(np.ravel(jax.random.key_data(row_key)))
    number = max(num_trajectories // config.num_responses, 1)
    rows = rng.permutation(len(task.train.prompts))[:number]
    responses, _ = respond(
        policy.setup.architecture,
        policy.sampler,
        policy.params,
        task.train,
        rows,
        config.num_responses,
        sample_key,
    )
    boundaries = task.segment(responses)
    found = value_estimation.distinct_states(responses, boundaries, config.max_states)
    chosen = np.sort(rng.permutation(np.flatnonzero(found.cuts > 0))[:num_states])
    states = States(found.owners[chosen], found.cuts[chosen], [])
    steps = [
        int(np.searchsorted(boundaries[owner], cut)) / len(boundaries[owner])
        for owner, cut in zip(states.owners, states.cuts, strict=True)
    ]
    return StateSample(responses, states, np.array(steps))


def rollout_rewards(
    policy: Policy, responses: Responses, states: States, num_rollouts: int, key: Array
) -> np.ndarray:
    """Rewards of fresh rollouts from every state; consumes the key. Shape [U, rollouts]."""
    task = policy.setup.task
    rollouts = roll_out(policy, responses, states, num_rollouts, key)
    order = np.argsort(rollouts.states, kind="stable")
    rewards = task.grade(task.train, rollouts.responses)
    return rewards[order].reshape(len(states.cuts), num_rollouts)


def critic_at(setup: Setup, critic: Params, responses: Responses, states: States) -> np.ndarray:
    """The critic's value at the last token of each state's prefix. Shape [U]."""
    train, task = setup.task.train, setup.task
    sequences, _ = sequences_of(train, responses, task.end_token)
    values = np.asarray(score_values(setup.architecture, critic, jnp.asarray(sequences)))
    last = train.prompt_lengths[responses.rows][states.owners] + states.cuts - 1
    found: np.ndarray = values[states.owners, last]
    return found


def next_steps(
    policy: Policy, sample: StateSample, num_actions: int, num_states: int, key: Array
) -> tuple[Responses, np.ndarray]:
    """Distinct next steps of states, of those that have three or more that are not the last.

    Args:
      policy: that takes the steps.
      sample: the states.
      num_actions: steps sampled of each.
      num_states: states that are kept, at most.
      key: consumed.

    Returns:
      A response per candidate, that ends with the step, and the state it follows. Shape [C total].
    """
    rollouts = roll_out(policy, sample.responses, sample.states, num_actions, key)
    whole = rollouts.responses
    ends = policy.setup.task.segment(whole)
    by_state: dict[int, dict[bytes, tuple[int, int]]] = {}
    for index, (state, cuts) in enumerate(zip(rollouts.states, ends, strict=True)):
        later = cuts[cuts > sample.states.cuts[state]]
        if len(later):
            step = whole.tokens[index, : later[0]].tobytes()
            by_state.setdefault(int(state), {})[step] = (index, int(later[0]))
    rich = [(state, steps) for state, steps in sorted(by_state.items()) if len(steps) >= 3]
    chosen = [(state, *place) for state, steps in rich[:num_states] for place in steps.values()]
    places = np.array(chosen, int).reshape(-1, 3)
    candidates = jax.tree.map(lambda leaf: leaf[places[:, 1]], whole)
    candidates = candidates._replace(lengths=places[:, 2].astype(np.int32))
    return candidates, places[:, 0]


def agreement(predicted: np.ndarray, truth: np.ndarray, tolerance: float) -> dict[str, float]:
    """Mean absolute error, share within a tolerance of the truth, and correlation."""
    error = np.abs(predicted - truth)
    is_constant = np.std(predicted) == 0 or np.std(truth) == 0
    return {
        "mae": float(np.mean(error)),
        "accuracy": float(np.mean(error <= tolerance)),
        "correlation": 0.0 if is_constant else float(np.corrcoef(predicted, truth)[0, 1]),
    }


def ranking(predicted: np.ndarray, truth: np.ndarray, groups: np.ndarray) -> dict[str, float]:
    """How well values rank the candidates of a state.

    Args:
      predicted: of all candidates.
      truth: of them.
      groups: state of each.

    Returns:
      `top_action`: share of states whose candidate of highest predicted value has the highest true
      value (a share of it where several are predicted equal); `pairs`: share of pairs with
      different true values that are ordered right, ties counting as wrong; `chance`: `top_action`
      of a guess.
    """
    top, chance, pairs = [], [], []
    for group in np.unique(groups):
        mine, true = predicted[groups == group], truth[groups == group]
        best, is_best = mine == np.max(mine), true == np.max(true)
        top.append(np.mean(is_best[best]))
        chance.append(np.mean(is_best))
        product = np.sign(mine[:, None] - mine) * np.sign(true[:, None] - true)
        differ = np.triu(true[:, None] != true, 1)
        pairs.extend(product[differ] > 0)
    return {
        "top_action": float(np.mean(top)) if top else 0.0,
        "pairs": float(np.mean(pairs)) if pairs else 0.0,
        "chance": float(np.mean(chance)) if chance else 0.0,
    }
