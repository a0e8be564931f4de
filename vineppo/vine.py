"""The vine sampler: rollouts from every step boundary of trajectories that are already read.

The pass over the trajectories that gives the old log-probabilities leaves their caches; rollouts
fork from these, and no prefix is ever read again.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from vineppo import policy, sharding, value_estimation
from vineppo.problem import Problem
from vineppo.sampling import Jobs, Rollouts, Sampler
from vineppo.tasks import Responses, Split
from vineppo.training_configs import RlConfig
from vineppo.transformer import Params
from vineppo.value_estimation import JobTable, States


class ValueEstimate(NamedTuple):
    """Monte Carlo values of trajectories' states.

    Attributes:
      values: V of the states in which steps begin, by trajectory; later than the cap: left out.
      log_probs: of the trajectories' tokens. Shape [n, L - 1].
      num_states: distinct ones.
      num_tokens: read in sampling the rollouts.
      num_steps: decoding steps it took.
    """

    values: list[np.ndarray]
    log_probs: np.ndarray
    num_states: int
    num_tokens: int
    num_steps: int


def estimate_values(
    problem: Problem,
    config: RlConfig,
    sampler: Sampler,
    params: Params,
    responses: Responses,
    boundaries: list[np.ndarray],
    key: Array,
) -> ValueEstimate:
    """Values of all steps of trajectories on training questions, from K rollouts each.

    Args:
      problem: task and model.
      config: K, the cap of states, slots and trajectories at once.
      sampler: that of the trajectories.
      params: of the policy that sampled the trajectories.
      responses: the trajectories.
      boundaries: token at which each of their steps begins.
      key: consumed; not the trajectories'.
    """
    split = problem.task.train
    states = value_estimation.distinct_states(responses, boundaries, config.max_states)
    table = value_estimation.job_table(states, len(responses.rows), config.num_rollouts)
    rollouts, log_probs, counts = roll_out(
        problem, config, sampler, params, split, responses, states, table, key
    )
    rewards = problem.task.grade(split, rollouts)
    which = table.states[table.states >= 0]
    values = value_estimation.mean_rewards(which, rewards, len(states.cuts))
    return ValueEstimate(
        [values[of_trajectory] for of_trajectory in states.of_steps],
        log_probs,
        len(states.cuts),
        *counts,
    )


def roll_out(
    problem: Problem,
    config: RlConfig,
    sampler: Sampler,
    params: Params,
    split: Split,
    responses: Responses,
    states: States,
    table: JobTable,
    key: Array,
) -> tuple[Responses, np.ndarray, tuple[int, int]]:
    """Reads the trajectories and samples all rollouts of a job table.

    Returns:
      Whole responses in the order of the table's jobs, log-probabilities of the trajectories, and
      tokens and steps of the rollouts.
    """
    sequences, _ = policy.sequences_of(split, responses, problem.task.end_token)
    before = split.prompt_lengths[responses.rows]
    is_job = table.states >= 0
    starts = np.where(is_job, before[:, None] + states.cuts[table.states], 0).astype(np.int32)
    keys = _job_keys(key, table)
    log_probs, sampled, tokens, steps = [], [], 0, 0
    for part in policy.chunks(len(sequences), config.groups_at_once):
        here = sharding.beside(params, sequences[part])
        read, cache = policy.score(problem.architecture, params, here, sampler.temperature)
        rollouts: Rollouts = policy.continue_sequences(
            problem.architecture,
            sampler,
            params,
            here,
            cache,
            Jobs(sharding.beside(params, starts[part]), keys[part]),
            config.num_slots,
        )
        log_probs.append(read)
        sampled.append((rollouts.tokens, rollouts.lengths, rollouts.is_finished))
        tokens += int(rollouts.num_tokens)
        steps += int(rollouts.steps)
    new, lengths, is_finished = (
        np.concatenate(each)[is_job] for each in zip(*sharding.fetch(sampled), strict=True)
    )
    which = table.states[is_job]
    continuations = Responses(responses.rows[states.owners[which]], new, lengths, is_finished)
    whole = value_estimation.joined(responses, states, which, continuations)
    return whole, np.concatenate(sharding.fetch(log_probs)), (tokens, steps)


@jax.jit
def _job_keys(key: Array, table: JobTable) -> Array:
    """A key per job, of its state and repeat: where a state is sampled changes nothing. [n, J]."""

    def of_job(state: Array, repeat: Array) -> Array:
        return jax.random.fold_in(jax.random.fold_in(key, state), repeat)

    return jax.vmap(jax.vmap(of_job))(jnp.asarray(table.states), jnp.asarray(table.repeats))
