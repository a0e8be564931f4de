"""Credit assignment: where the advantages of an iteration come from, a function per method.

This is the only thing in which the methods differ. VinePPO takes values from rollouts, PPO from a
critic; GRPO and RLOO compare the responses of a group; `shift` is VinePPO without steps.
Shapes: n responses, L tokens of prompt and response, N steps, G responses of a group.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from jax import Array

from vineppo import advantages
from vineppo.model_files import sharding
from vineppo.policy import Policy, score_values, token_log_probs
from vineppo.tasks.task import Responses
from vineppo.transformer import Params
from vineppo.vine import estimate_values

StepRule = Callable[[np.ndarray, float], np.ndarray]  # V(S_0) .. V(S_{N-1}), R -> advantages [N]
GroupRule = Callable[[np.ndarray], np.ndarray]  # rewards [G] -> advantages [G]


class GradedResponses(NamedTuple):
    """Responses of an iteration, those to one question next to each other."""

    responses: Responses
    rewards: np.ndarray  # [n]
    sequences: np.ndarray  # [n, L], prompt and response
    mask: np.ndarray  # [n, L - 1], 1 where a token of the response is predicted


class Credit(NamedTuple):
    """Advantages of all tokens, and what finding them gave."""

    advantages: np.ndarray  # [n, L - 1]
    old_log_probs: np.ndarray  # [n, L - 1], under the policy that sampled the responses
    old_values: np.ndarray  # [n, L - 1], of the critic; 0 without one
    num_tokens: int  # sampled for it


def assign_credit(
    policy: Policy, critic: Params | None, graded: GradedResponses, key: Array
) -> Credit:
    """Advantages of an iteration by the method of the policy's settings.

    Args:
      policy: that sampled the responses.
      critic: parameters of the value network; None for methods without one.
      graded: the responses.
      key: of rollouts; consumed.
    """
    return METHODS[policy.config.method](policy, critic, graded, key)


def from_rollouts(
    policy: Policy, critic: Params | None, graded: GradedResponses, key: Array
) -> Credit:
    """VinePPO: what each step changed in the mean reward of K rollouts."""
    del critic
    rule = partial(advantages.lambda_step_advantages, trace_decay=policy.config.trace_decay)
    return _by_steps(policy, graded, key, rule)


def from_first_rollouts(
    policy: Policy, critic: Params | None, graded: GradedResponses, key: Array
) -> Credit:
    """The control without credit by step: R - V(S_0), from rollouts, on every token."""
    del critic
    return _by_steps(policy, graded, key, advantages.reward_minus_first_value)


def from_critic(
    policy: Policy, critic: Params | None, graded: GradedResponses, key: Array
) -> Credit:
    """PPO: generalised advantage estimation from the critic's values."""
    del key
    assert critic is not None
    log_probs = token_log_probs(policy, graded.sequences)
    placed = sharding.beside(policy.params, graded.sequences)
    values = sharding.fetch(score_values(policy.setup.architecture, critic, placed)) * graded.mask
    of_responses = [
        advantages.gae(row[own > 0], reward, policy.config.trace_decay)
        for row, reward, own in zip(values, graded.rewards, graded.mask, strict=True)
    ]
    return Credit(_at_tokens(of_responses, graded.mask), log_probs, values, 0)


def from_group(
    rule: GroupRule, policy: Policy, critic: Params | None, graded: GradedResponses, key: Array
) -> Credit:
    """GRPO and RLOO: each response against the others to its question, the same on all tokens."""
    del critic, key
    groups = graded.rewards.reshape(-1, policy.config.num_responses)
    of_responses = np.concatenate([rule(group) for group in groups])
    return Credit(
        (of_responses[:, None] * graded.mask).astype(np.float32),
        token_log_probs(policy, graded.sequences),
        np.zeros_like(graded.mask),
        0,
    )


METHODS: dict[str, Callable[[Policy, Params | None, GradedResponses, Array], Credit]] = {
    "vineppo": from_rollouts,
    "shift": from_first_rollouts,
    "ppo": from_critic,
    "grpo": partial(from_group, advantages.grpo),
    "rloo": partial(from_group, advantages.rloo),
}


def _by_steps(policy: Policy, graded: GradedResponses, key: Array, rule: StepRule) -> Credit:
    boundaries = policy.setup.task.segment(graded.responses)
    estimate = estimate_values(policy, graded.responses, boundaries, key)
    of_responses = step_credit(graded, boundaries, estimate.values, rule)
    return Credit(
        _at_tokens(of_responses, graded.mask),
        estimate.log_probs,
        np.zeros_like(graded.mask),
        estimate.num_tokens,
    )


def step_credit(
    graded: GradedResponses,
    boundaries: list[np.ndarray],
    state_values: list[np.ndarray],
    rule: StepRule,
) -> list[np.ndarray]:
    """Token advantages of each response from values of the states in which its steps begin.

    Args:
      graded: the responses.
      boundaries: token at which each step of each begins.
      state_values: V of the first states of each.
      rule: advantages of the steps of one response.
    """
    credit = []
    for values, reward, cuts, length in zip(
        state_values, graded.rewards, boundaries, graded.responses.lengths, strict=True
    ):
        filled = advantages.fill_missing_values(values, len(cuts), reward)
        credit.append(advantages.token_advantages(rule(filled, reward), cuts, length))
    return credit


def _at_tokens(of_responses: list[np.ndarray], mask: np.ndarray) -> np.ndarray:
    """Puts a list of token quantities where the mask is 1. Shape [n, L - 1]."""
    placed = np.zeros(mask.shape, np.float32)
    placed[mask > 0] = np.concatenate(of_responses)
    return placed
