"""Monte Carlo values of reasoning steps: the paper's idea.

    V(S_i) = (1/K) sum_k R(x, prefix_i + continuation_k),   continuations from the sampling policy

States that are the same prefix of the same question are estimated once and share their rollouts:
all responses to a question share V(S_0), and those that begin alike share more.
Shapes: n trajectories, U distinct states, J jobs of a trajectory, K rollouts of a state.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vineppo.tasks.task import Responses


class States(NamedTuple):
    """Distinct states, and which of them each step of each trajectory begins in."""

    owners: np.ndarray  # [U], trajectory that a state's rollouts fork from
    cuts: np.ndarray  # [U], response tokens before the state
    of_steps: list[np.ndarray]  # by trajectory, state in which each estimated step begins


def distinct_states(
    responses: Responses, boundaries: Sequence[np.ndarray], max_states: int
) -> States:
    """Finds the states to estimate.

    A state that several trajectories pass is forked from the one with least to sample so far.

    Args:
      responses: of the trajectories.
      boundaries: token at which each step begins.
      max_states: states estimated of a trajectory at most; later ones get no rollouts. 0: all.
    """
    passing: dict[tuple[int, bytes], list[int]] = {}
    keys_of_steps = []
    for trajectory, cuts in enumerate(boundaries):
        row, tokens = int(responses.rows[trajectory]), responses.tokens[trajectory]
        keys = [(row, tokens[:cut].tobytes()) for cut in cuts[: max_states or None]]
        for key in keys:
            passing.setdefault(key, []).append(trajectory)
        keys_of_steps.append(keys)
    load = np.zeros(len(boundaries))
    owners: list[int] = []
    cuts_found: list[int] = []
    number: dict[tuple[int, bytes], int] = {}
    # Deep states have one owner to choose from, shallow ones many: these even out the load.
    for key, trajectories in sorted(passing.items(), key=lambda item: (len(item[1]), item[0])):
        owner = min(trajectories, key=lambda trajectory: load[trajectory])
        cut = len(key[1]) // responses.tokens.itemsize
        load[owner] += responses.lengths[owner] - cut + 1
        number[key] = len(owners)
        owners.append(owner)
        cuts_found.append(cut)
    return States(
        np.array(owners, np.int32),
        np.array(cuts_found, np.int32),
        [np.array([number[key] for key in keys]) for keys in keys_of_steps],
    )


class JobTable(NamedTuple):
    """Rollouts of all states by the trajectory that they fork from, the longest first."""

    states: np.ndarray  # [n, J], -1 where there is no job
    repeats: np.ndarray  # [n, J], which of a state's K rollouts it is


def job_table(states: States, num_trajectories: int, num_rollouts: int) -> JobTable:
    """Arranges K jobs per state; J is rounded up to a power of two of states times K."""
    by_owner: list[list[int]] = [[] for _ in range(num_trajectories)]
    for state in np.argsort(states.cuts, kind="stable"):
        by_owner[states.owners[state]].append(int(state))
    most = max(len(owned) for owned in by_owner)
    width = 1 << (most - 1).bit_length()
    table = np.full((num_trajectories, width), -1, np.int32)
    for row, owned in zip(table, by_owner, strict=True):
        row[: len(owned)] = owned
    return JobTable(
        np.repeat(table, num_rollouts, axis=1),
        np.tile(np.arange(num_rollouts, dtype=np.int32), (num_trajectories, width)),
    )


def joined(
    responses: Responses, states: States, which: np.ndarray, continuations: Responses
) -> Responses:
    """Whole responses of rollouts: the state's prefix, then what was sampled.

    Args:
      responses: of the trajectories.
      states: see `States`.
      which: state of each rollout. Shape [r].
      continuations: what was sampled. Shape [r, M].
    """
    cuts = states.cuts[which]
    prefixes = responses.tokens[states.owners[which]]
    width = int(np.max(cuts + continuations.lengths, initial=1))
    columns = np.arange(width)[None]
    before = np.take_along_axis(
        prefixes, np.minimum(columns, prefixes.shape[1] - 1).repeat(len(which), 0), axis=1
    )
    shifted = np.clip(columns - cuts[:, None], 0, continuations.tokens.shape[1] - 1)
    after = np.take_along_axis(continuations.tokens, shifted, axis=1)
    return Responses(
        rows=responses.rows[states.owners[which]],
        tokens=np.where(columns < cuts[:, None], before, after),
        lengths=cuts + continuations.lengths,
        is_finished=continuations.is_finished,
    )


def mean_rewards(which: np.ndarray, rewards: np.ndarray, num_states: int) -> np.ndarray:
    """V of each state, the mean reward of its rollouts. Shape [U]."""
    sums = np.bincount(which, weights=rewards, minlength=num_states)
    return sums / np.bincount(which, minlength=num_states)
