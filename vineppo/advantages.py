"""Advantages of a response's tokens: VinePPO's, and those it is compared with.

Everything here is for one response, or one group of responses to a prompt; gamma is 1, the reward
comes with the last token. Shapes: N reasoning steps, T tokens, G responses of a group.
"""

import numpy as np


def step_advantages(state_values: np.ndarray, reward: float | np.ndarray) -> np.ndarray:
    """VinePPO: what each step changed, A_i = r_i + V(S_{i+1}) - V(S_i).

    The reward is paid once, r_{N-1} = R, and the terminal state has V(S_N) = 0, so that
    A_i = V(S_{i+1}) - V(S_i) before the last step, whose A_{N-1} = R - V(S_{N-1}).
    Their sum is R - V(S_0).

    Args:
      state_values: V(S_0) .. V(S_{N-1}). Shape [N].
      reward: R.

    Returns:
      A_0 .. A_{N-1}. Shape [N].
    """
    following = np.concatenate([state_values[1:], np.asarray(reward)[None]])
    return following - state_values


def lambda_step_advantages(
    state_values: np.ndarray, reward: float | np.ndarray, trace_decay: float
) -> np.ndarray:
    """Sums of later step advantages, A_i = sum_{l >= i} lambda^(l - i) delta_l.

    lambda = 0 is VinePPO; lambda = 1 is R - V(S_i), the return with a baseline. Shape [N].
    """
    deltas = step_advantages(state_values, reward)
    advantage, found = np.zeros_like(deltas[0]), []
    for delta in deltas[::-1]:
        advantage = delta + trace_decay * advantage
        found.append(advantage)
    return np.array(found[::-1])


def reward_minus_first_value(state_values: np.ndarray, reward: float | np.ndarray) -> np.ndarray:
    """The control without credit by step: R - V(S_0) for every step. Shape [N]."""
    return np.full(len(state_values), reward - state_values[0])


def fill_missing_values(state_values: np.ndarray, num_steps: int, reward: float) -> np.ndarray:
    """Values of all N states, when only the first were estimated.

    The others are filled in from the end, V(S_i) = r_i + V(S_{i+1}) = R: steps between them get
    advantage 0, and the step that leaves the last estimated state gets R - V.
    """
    missing = np.full(max(num_steps - len(state_values), 0), reward)
    return np.concatenate([state_values[:num_steps], missing])


def token_advantages(of_steps: np.ndarray, boundaries: np.ndarray, num_tokens: int) -> np.ndarray:
    """Spreads step advantages over tokens: a token has that of the step in which it begins.

    Args:
      of_steps: Shape [N].
      boundaries: token at which each step begins, the first 0. Shape [N].
      num_tokens: T; the end token has the advantage of the last step.
    """
    return of_steps[np.searchsorted(boundaries, np.arange(num_tokens), side="right") - 1]


def gae(values: np.ndarray, reward: float | np.ndarray, trace_decay: float) -> np.ndarray:
    """Generalised advantage estimation, A_t = sum_{l >= t} lambda^(l - t) delta_l.

    delta_t = r_t + V(s_{t+1}) - V(s_t), the value after the last token being 0; with lambda = 1,
    as published, A_t = R - V(s_t).

    Args:
      values: of the critic, before each token. Shape [T].
      reward: R.
      trace_decay: lambda.
    """
    return lambda_step_advantages(values, reward, trace_decay)


def grpo(rewards: np.ndarray) -> np.ndarray:
    """Group-relative: (R - mean) / (std + 1e-8), deviation of the population. Shape [G]."""
    centred = rewards - np.mean(rewards)
    return centred / (np.std(rewards) + 1e-8)


def rloo(rewards: np.ndarray) -> np.ndarray:
    """Leave one out: each reward minus the mean of the others. Shape [G]."""
    group = np.asarray(rewards, float)
    others = (np.sum(group) - group) / (len(group) - 1)
    return group - others
