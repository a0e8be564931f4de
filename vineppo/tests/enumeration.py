"""All sequences of a tiny model: exact values, the exact policy gradient, exact distributions.

The policy is a table of logits by position and previous token: V = 4 tokens, T = 6 positions, no
end token, 4^6 = 4096 responses. A response is right if its tokens sum to 0 modulo 3.
"""

from itertools import product

import numpy as np

NUM_TOKENS = 4
LENGTH = 6
BOUNDARIES = np.array([0, 2, 4])
SEQUENCES = np.array(list(product(range(NUM_TOKENS), repeat=LENGTH)))  # [4096, 6]
REWARDS = (SEQUENCES.sum(axis=1) % 3 == 0).astype(float)


def draw_logits(seed=0):
    """Logits [T, V (previous token; 0 at first), V]."""
    return np.random.default_rng(seed).normal(size=(LENGTH, NUM_TOKENS, NUM_TOKENS))


def token_probabilities(logits):
    """Probability of each token of each sequence, [4096, T], and of whole sequences, [4096]."""
    table = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    previous = np.concatenate([np.zeros((len(SEQUENCES), 1), int), SEQUENCES[:, :-1]], axis=1)
    chosen = table[np.arange(LENGTH), previous, SEQUENCES]
    return chosen, chosen.prod(axis=1)


def values(logits):
    """Exact V of each prefix of each sequence: E[R | first t tokens]. Shape [4096, T + 1]."""
    _, probability = token_probabilities(logits)
    found = np.zeros((len(SEQUENCES), LENGTH + 1))
    for t in range(LENGTH + 1):
        code = SEQUENCES[:, :t] @ NUM_TOKENS ** np.arange(t)
        mass = np.bincount(code, probability)
        found[:, t] = (np.bincount(code, probability * REWARDS) / np.maximum(mass, 1e-300))[code]
    return found


def scores(logits):
    """Gradient of each token's log-probability by the logits. Shape [4096, T, V, V] per token t.

    That of token t touches the row of position t and its previous token alone: returned dense in
    [4096, T, V * V].
    """
    table = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    previous = np.concatenate([np.zeros((len(SEQUENCES), 1), int), SEQUENCES[:, :-1]], axis=1)
    found = np.zeros((len(SEQUENCES), LENGTH, NUM_TOKENS, NUM_TOKENS))
    rows = np.arange(len(SEQUENCES))
    for t in range(LENGTH):
        found[rows, t, previous[:, t]] = -table[t, previous[:, t]]
        found[rows, t, previous[:, t], SEQUENCES[:, t]] += 1
    return found.reshape(len(SEQUENCES), LENGTH, -1)


def exact_gradient(logits):
    """d E[R] / d logits = sum_y p(y) R(y) sum_t score_t. Shape [T, V * V]."""
    _, probability = token_probabilities(logits)
    return np.einsum("y,ytk->tk", probability * REWARDS, scores(logits))


def mean_and_variance(logits, token_advantages, noise=None):
    """Mean of the estimate sum_t A_t score_t, [T, V * V], and its total variance.

    Args:
      logits: of the policy.
      token_advantages: expected A_t of each sequence, given it, [4096, T].
      noise: variance of A_t given the sequence, and covariances, [4096, T, T]; None for none.
    """
    _, probability = token_probabilities(logits)
    score = scores(logits)
    mean = np.einsum("y,yt,ytk->tk", probability, token_advantages, score)
    squared = np.einsum("yt,ytk->ytk", token_advantages, score) ** 2
    second = np.einsum("y,ytk->", probability, squared)
    if noise is not None:
        # The score of position t touches row t alone, so that only variances enter.
        own = np.diagonal(noise, axis1=1, axis2=2)
        second += np.einsum("y,yt,ytk->", probability, own, score**2)
    return mean, float(second - np.sum(mean**2))
