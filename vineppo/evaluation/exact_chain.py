"""Exact chains: how noisy step credit and response credit are, without any model.

A chain of N independent steps is right if all are; step i succeeds with probability q_i, and its
policy has one logit with score 1 - q_i on success and -q_i on failure. After a failure the value is
0: steps still to come are sampled, but nothing depends on them. All moments are closed forms.
"""

from typing import NamedTuple

import numpy as np


class Moments(NamedTuple):
    """Mean and variance of the gradient estimate of each step's logit, from one trajectory. [N]."""

    mean: np.ndarray
    variance: np.ndarray

    def signal_to_noise(self) -> float:
        """Squared norm of the mean over the total variance."""
        return float(np.sum(self.mean**2) / np.sum(self.variance))


def values_after(right: np.ndarray) -> np.ndarray:
    """V(S_1) .. V(S_N) while all steps so far were right; the last is 1. Shape [N]."""
    remaining = np.cumprod(right[::-1])[::-1]
    return np.append(remaining[1:], 1.0)


def vine_moments(right: np.ndarray, num_rollouts: int) -> Moments:
    """Of VinePPO's estimate, A_i = Vhat(S_{i+1}) - Vhat(S_i), K rollouts each.

    On success E A = V' - V with V' = V(S_{i+1}), V = q V'; on failure E A = -V. Rollouts add
    V'(1 - V')/K and V(1 - V)/K; the last step's reward is exact.
    """
    after = values_after(right)
    before = right * after
    reached = np.append(1.0, np.cumprod(right)[:-1])
    noise_before = before * (1 - before) / num_rollouts
    noise_after = after * (1 - after) / num_rollouts
    noise_after[-1] = 0.0
    on_success = (1 - right) ** 2 * ((after - before) ** 2 + noise_before + noise_after)
    on_failure = right**2 * (before**2 + noise_before)
    mean = reached * right * (1 - right) * after
    second = reached * (right * on_success + (1 - right) * on_failure)
    return Moments(mean, second - mean**2)


def rloo_moments(right: np.ndarray, group_size: int) -> Moments:
    """Of RLOO's estimate, A = R - mean of the G - 1 other rewards, on every step.

    The baseline has mean p = V(S_0) and variance p (1 - p) / (G - 1), independent of R. Steps after
    a failure add noise, A = -baseline; VinePPO gives them exactly 0.
    """
    after = values_after(right)
    reached = np.append(1.0, np.cumprod(right)[:-1])
    total = float(np.prod(right))
    baseline_second = total**2 + total * (1 - total) / (group_size - 1)
    # On success R is 1 with probability V', on failure 0.
    on_success = (1 - right) ** 2 * (after * (1 - 2 * total) + baseline_second)
    on_failure = right**2 * baseline_second
    mean = reached * right * (1 - right) * after
    second = reached * (right * on_success + (1 - right) * on_failure)
    second += (1 - reached) * right * (1 - right) * baseline_second
    return Moments(mean, second - mean**2)


def advantage_in_signal(right: np.ndarray, num_rollouts: int, group_size: int) -> float:
    """VinePPO's signal-to-noise over RLOO's, for as many trajectories."""
    vine = vine_moments(right, num_rollouts).signal_to_noise()
    return vine / rloo_moments(right, group_size).signal_to_noise()


def chain_of(length: int, share: float, critical: float, routine: float) -> np.ndarray:
    """Success probabilities of a chain whose critical steps are spread evenly. Shape [N]."""
    number = max(round(share * length), 1)
    right = np.full(length, routine)
    right[np.linspace(0, length - 1, number).round().astype(int)] = critical
    return right
