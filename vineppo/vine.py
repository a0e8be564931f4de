"""The vine sampler: rollouts from every step boundary of trajectories that are already read.

The pass over the trajectories that gives the old log-probabilities leaves their caches; rollouts
fork from these, and no prefix is ever read again.
Shapes: n trajectories, L tokens, U distinct states, J jobs of a trajectory, r rollouts in all.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from vineppo import value_estimation
from vineppo.model_files import sharding
from vineppo.policy import Policy, chunks, continue_sequences, score, sequences_of
from vineppo.sampling import Jobs, Rollouts
from vineppo.tasks.task import Responses
from vineppo.value_estimation import JobTable, States


class ValueEstimate(NamedTuple):
    """Monte Carlo values of trajectories' states.

    Attributes:
      values: V of the states in which steps begin, by trajectory; later than the cap: left out.
      log_probs: of the trajectories' tokens. Shape [n, L - 1].
      num_tokens: read in sampling the rollouts.
    """

    values: list[np.ndarray]
    log_probs: np.ndarray
    num_tokens: int


class StateRollouts(NamedTuple):
    """Rollouts of states, K each, and what reading their trajectories gave."""

    responses: Responses  # [r], each with the prefix that it continues
    states: np.ndarray  # [r], the state that each continues
    log_probs: np.ndarray  # [n, L - 1], of the trajectories' tokens
    num_tokens: int  # read in sampling the rollouts


def estimate_values(
    policy: Policy, responses: Responses, boundaries: list[np.ndarray], key: Array
) -> ValueEstimate:
    """Values of all steps of trajectories on training questions, from K rollouts each.

    Args:
      policy: that sampled the trajectories; its settings give K, the cap of states, slots and
        trajectories at once.
      responses: the trajectories.
      boundaries: token at which each of their steps begins.
      key: consumed; not the trajectories'.
    """
    task, config = policy.setup.task, policy.config
    states = value_estimation.distinct_states(responses, boundaries, config.max_states)
    rollouts = roll_out(policy, responses, states, config.num_rollouts, key)
    rewards = task.grade(task.train, rollouts.responses)
    values = value_estimation.mean_rewards(rollouts.states, rewards, len(states.cuts))
    return ValueEstimate(
        [values[of_trajectory] for of_trajectory in states.of_steps],
        rollouts.log_probs,
        rollouts.num_tokens,
    )


def roll_out(
    policy: Policy, responses: Responses, states: States, num_rollouts: int, key: Array
) -> StateRollouts:
    """Reads trajectories on training questions and continues their states.

    Args:
      policy: that continues them.
      responses: the trajectories.
      states: on them.
      num_rollouts: K, of every state.
      key: consumed.
    """
    table = value_estimation.job_table(states, len(responses.rows), num_rollouts)
    split = policy.setup.task.train
    sequences, _ = sequences_of(split, responses, policy.setup.task.end_token)
    before = split.prompt_lengths[responses.rows]
    is_job = table.states >= 0
    starts = np.where(is_job, before[:, None] + states.cuts[table.states], 0).astype(np.int32)
    keys = _job_keys(key, table)
    log_probs, sampled, num_tokens = [], [], 0
    for part in chunks(len(sequences), policy.config.groups_at_once):
        here = sharding.beside(policy.params, sequences[part])
        jobs = Jobs(sharding.beside(policy.params, starts[part]), keys[part])
        read, rollouts = _read_and_continue(policy, here, jobs)
        log_probs.append(read)
        sampled.append((rollouts.tokens, rollouts.lengths, rollouts.is_finished))
        num_tokens += int(rollouts.num_tokens)
    new, lengths, is_finished = (
        np.concatenate(each)[is_job] for each in zip(*sharding.fetch(sampled), strict=True)
    )
    which = table.states[is_job]
    continuations = Responses(responses.rows[states.owners[which]], new, lengths, is_finished)
    whole = value_estimation.joined(responses, states, which, continuations)
    read_log_probs = np.concatenate(sharding.fetch(log_probs))
    return StateRollouts(whole, which, read_log_probs, num_tokens)


def _read_and_continue(policy: Policy, sequences: Array, jobs: Jobs) -> tuple[Array, Rollouts]:
    """Log-probabilities of sequences, and rollouts that fork from the caches it leaves."""
    architecture, sampler = policy.setup.architecture, policy.sampler
    log_probs, cache = score(architecture, policy.params, sequences, sampler.temperature)
    num_slots = policy.config.num_slots
    return log_probs, continue_sequences(
        architecture, sampler, policy.params, sequences, cache, jobs, num_slots
    )


@jax.jit
def _job_keys(key: Array, table: JobTable) -> Array:
    """A key per job, of its state and repeat: where a state is sampled changes nothing. [n, J]."""

    def of_job(state: Array, repeat: Array) -> Array:
        return jax.random.fold_in(jax.random.fold_in(key, state), repeat)

    return jax.vmap(jax.vmap(of_job))(jnp.asarray(table.states), jnp.asarray(table.repeats))
