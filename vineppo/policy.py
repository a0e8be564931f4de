"""What trainers ask of a language model, compiled: log-probabilities, values, responses, rollouts.

Shapes: n sequences of L tokens, prompt and response from position 0; quantities of a token stand at
the position before it, [n, L - 1], where the model predicts it.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from vineppo import sampling, transformer
from vineppo.config import RlConfig
from vineppo.model_files import sharding
from vineppo.sampling import Jobs, Rollouts, Sampler
from vineppo.tasks.setup import Setup
from vineppo.tasks.task import Responses, Split
from vineppo.transformer import Cache, Params, TransformerConfig

LOGIT_BLOCK = 256  # positions whose logits are held at a time, where there are more


class Policy(NamedTuple):
    """A policy in training: its task and model, how it is sampled, and its parameters."""

    setup: Setup
    config: RlConfig
    params: Params

    @property
    def sampler(self) -> Sampler:
        """Draws tokens as in training."""
        return self.setup.sampler(self.config.temperature, self.config.top_p)


def log_probs_and_hidden(
    architecture: TransformerConfig, params: Params, sequences: Array, temperature: float
) -> tuple[Array, Array, Cache]:
    """Log-probabilities [n, L - 1] of the tokens after the first, of the full softmax.

    Returns them with the hidden states [n, L - 1, E] that predict them, and the cache.
    """
    hidden, cache = transformer.forward(architecture, params, sequences)
    hidden, targets = hidden[:, :-1], sequences[:, 1:]

    @jax.checkpoint
    def of_block(hidden: Array, targets: Array) -> Array:
        logits = transformer.logits(params, hidden) / temperature
        chosen = jnp.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]
        return chosen - jax.nn.logsumexp(logits, axis=-1)

    cuts = list(range(LOGIT_BLOCK, hidden.shape[1], LOGIT_BLOCK))
    blocks = zip(jnp.split(hidden, cuts, 1), jnp.split(targets, cuts, 1), strict=True)
    return jnp.concatenate([of_block(*block) for block in blocks], axis=1), hidden, cache


def critic_values(architecture: TransformerConfig, critic: Params, sequences: Array) -> Array:
    """V before each token after the first, float32. Shape [n, L - 1]."""
    hidden, _ = transformer.forward(architecture, critic["model"], sequences)
    head = critic["head"].astype(jnp.float32)
    return hidden[:, :-1].astype(jnp.float32) @ head + critic["bias"]


@partial(jax.jit, static_argnums=(0, 3))
def score(
    architecture: TransformerConfig, params: Params, sequences: Array, temperature: float
) -> tuple[Array, Cache]:
    """Log-probabilities of tokens, and the cache that rollouts fork from."""
    log_probs, _, cache = log_probs_and_hidden(architecture, params, sequences, temperature)
    return log_probs, cache


score_values = jax.jit(critic_values, static_argnums=0)


def token_log_probs(policy: Policy, sequences: np.ndarray) -> np.ndarray:
    """Log-probabilities [n, L - 1] of sequences, as many at a time as the settings allow."""
    parts = [
        score(
            policy.setup.architecture,
            policy.params,
            sharding.beside(policy.params, sequences[part]),
            policy.config.temperature,
        )[0]
        for part in chunks(len(sequences), policy.config.groups_at_once)
    ]
    return np.concatenate(sharding.fetch(parts))


@partial(jax.jit, static_argnums=(0, 1, 6))
def continue_sequences(
    architecture: TransformerConfig,
    sampler: Sampler,
    params: Params,
    sequences: Array,
    cache: Cache,
    jobs: Jobs,
    num_slots: int,
) -> Rollouts:
    """Samples rollouts that fork from sequences already read."""
    return sampling.sample(architecture, sampler, params, sequences, cache, jobs, num_slots)


@partial(jax.jit, static_argnums=(0, 1, 6))
def answer_prompts(
    architecture: TransformerConfig,
    sampler: Sampler,
    params: Params,
    prompts: Array,
    lengths: Array,
    key: Array,
    num_responses: int,
) -> Rollouts:
    """Samples responses to every prompt: rollouts that fork at its end; consumes the key."""
    _, cache = transformer.forward(architecture, params, prompts)
    keys = jax.random.split(key, (prompts.shape[0], num_responses))
    starts = jnp.broadcast_to(lengths[:, None], keys.shape)
    jobs = Jobs(starts, keys)
    return sampling.sample(architecture, sampler, params, prompts, cache, jobs, num_responses)


def respond(
    architecture: TransformerConfig,
    sampler: Sampler,
    params: Params,
    split: Split,
    rows: np.ndarray,
    num_responses: int,
    key: Array,
) -> tuple[Responses, int]:
    """Samples responses to questions, those to one question next to each other.

    Args:
      architecture: of the model.
      sampler: how tokens are drawn.
      params: of the model.
      split: where the questions are from.
      rows: the questions.
      num_responses: to each (G).
      key: consumed.

    Returns:
      Responses to rows x G, and the tokens sampled.
    """
    lengths = split.prompt_lengths[rows]
    prompts = split.prompts[rows][:, : _rounded(int(lengths.max()))]
    prompts, lengths = (sharding.beside(params, each) for each in (prompts, lengths))
    rollouts = answer_prompts(architecture, sampler, params, prompts, lengths, key, num_responses)
    tokens, ends, is_finished, num_tokens = sharding.fetch(
        (rollouts.tokens, rollouts.lengths, rollouts.is_finished, rollouts.num_tokens)
    )
    flat = (-1, tokens.shape[-1])
    responses = Responses(
        rows=np.repeat(rows, num_responses),
        tokens=tokens.reshape(flat),
        lengths=ends.ravel(),
        is_finished=is_finished.ravel(),
    )
    return responses, int(num_tokens)


def sequences_of(split: Split, responses: Responses, pad: int) -> tuple[np.ndarray, np.ndarray]:
    """Prompt and response of each as one row, and the mask of response tokens.

    Returns:
      Sequences [n, L], and the mask [n, L - 1], which stands like quantities of a token.
    """
    prompts, before = split.prompts[responses.rows], split.prompt_lengths[responses.rows]
    width = _rounded(int(before.max())) + responses.tokens.shape[1]
    columns = np.arange(width)[None]
    own = np.clip(columns - before[:, None], 0, responses.tokens.shape[1] - 1)
    sequences = np.where(
        columns < before[:, None],
        np.take_along_axis(
            prompts, np.minimum(columns, prompts.shape[1] - 1).repeat(len(before), 0), axis=1
        ),
        np.take_along_axis(responses.tokens, own, axis=1),
    )
    ends = (before + responses.lengths)[:, None]
    sequences = np.where(columns < ends, sequences, pad).astype(np.int32)
    mask = (columns >= before[:, None]) & (columns < ends)
    return sequences, mask[:, 1:].astype(np.float32)


def chunks(number: int, size: int) -> Iterator[slice]:
    """Slices of at most `size` that cover a number of rows; all at once if it is 0."""
    step = size or number
    return (slice(begin, begin + step) for begin in range(0, number, step))


def _rounded(length: int, multiple: int = 32) -> int:
    """Lengths up to a multiple, so that few programs are compiled; short ones stay as they are."""
    return length if length <= multiple else -(-length // multiple) * multiple
