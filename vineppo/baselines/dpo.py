"""DPO-Positive: pairs of a right and a wrong response of the SFT model, and its loss on them."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from vineppo import losses, policy
from vineppo.config import DpoConfig
from vineppo.evaluation.pass_rate import evaluate_splits, evaluation_key
from vineppo.optimizers import make_optimizer
from vineppo.tasks.setup import Setup
from vineppo.transformer import Params, TransformerConfig

Metrics = dict[str, float]


class Pairs(NamedTuple):
    """Right and wrong responses, with their log-probabilities under the reference."""

    sequences: Any  # [n, 2, L], the right one first
    mask: Any  # [n, 2, L - 1]
    reference: Any  # [n, 2]


class DpoState(NamedTuple):
    """State of a run; the pairs are drawn once, at its beginning."""

    params: Params
    optimizer_state: Any
    pairs: Pairs
    num_pairs: Array  # of the rows of `pairs`, the rest is padding
    key: Array
    step: Array
    sampled_tokens: Array


class DpoTraining(NamedTuple):
    """A run of DPO-Positive."""

    config: DpoConfig
    setup: Setup
    reference: Params

    def init(self, seed: int) -> DpoState:
        """Samples responses of the SFT model and pairs them."""
        config = self.config
        key = jax.random.key(seed)
        pairs, num_pairs, num_tokens = self._draw_pairs(jax.random.fold_in(key, 2**31 - 1), seed)
        params = jax.tree.map(jnp.array, self.reference)
        optimizer_state = make_optimizer(config.learning_rate, config.num_updates).init(params)
        zero = jnp.zeros((), jnp.int32)
        tokens = jnp.asarray(float(num_tokens))
        return DpoState(params, optimizer_state, pairs, jnp.asarray(num_pairs), key, zero, tokens)

    def _draw_pairs(self, key: Array, seed: int) -> tuple[Pairs, int, int]:
        config, train, setup = self.config, self.setup.task.train, self.setup
        rng = np.random.default_rng(seed)
        rows = rng.permutation(len(train.prompts))[: config.num_questions]
        sampler = setup.sampler(config.temperature, config.top_p)
        responses, num_tokens = policy.respond(
            setup.architecture, sampler, self.reference, train, rows, config.num_responses, key
        )
        rewards = setup.task.grade(train, responses).reshape(-1, config.num_responses)
        chosen = pair_up(rewards, config.max_pairs, rng)
        size = config.num_questions * config.max_pairs
        padded = np.zeros((size, 2), int)
        padded[: len(chosen)] = chosen
        flat = jax.tree.map(lambda leaf: leaf[padded.ravel()], responses)
        sequences, mask = policy.sequences_of(train, flat, setup.task.end_token)
        totals = [
            np.sum(np.asarray(_log_probs(setup.architecture, self.reference, s, m)), axis=1)
            for s, m in (
                (sequences[part], mask[part]) for part in policy.chunks(len(sequences), 512)
            )
        ]
        pairs = Pairs(
            sequences.reshape(size, 2, -1),
            mask.reshape(size, 2, -1),
            np.concatenate(totals).reshape(size, 2),
        )
        return jax.tree.map(jnp.asarray, pairs), max(len(chosen), 1), num_tokens

    @property
    def metric_names(self) -> tuple[str, ...]:
        """What `update` measures."""
        return ("loss", "sampled_tokens")

    def update(self, state: DpoState) -> tuple[DpoState, Metrics]:
        """One batch of pairs."""
        config = self.config
        params, optimizer_state, loss = _step(
            self.setup.architecture,
            (config.batch_size, config.num_updates, config.b, config.lam),
            jnp.asarray(config.learning_rate),
            state,
        )
        state = state._replace(params=params, optimizer_state=optimizer_state, step=state.step + 1)
        return state, {"loss": float(loss), "sampled_tokens": float(state.sampled_tokens)}

    def evaluate(self, state: DpoState, between_batches: Callable[[], None]) -> Metrics:
        """Pass@1 on validation, test, and as many training questions."""
        key = evaluation_key(state.key, state.step)
        return evaluate_splits(self.setup, self.config, state.params, key, between_batches)


def pair_up(rewards: np.ndarray, max_pairs: int, rng: np.random.Generator) -> np.ndarray:
    """Pairs of a right and a wrong response to the same question, drawn without replacement.

    Args:
      rewards: [questions, G].
      max_pairs: of a question.
      rng: draws.

    Returns:
      Places in the flat order of responses, [pairs, 2], the right one first.
    """
    pairs = [np.zeros((0, 2), int)]
    for question, row in enumerate(rewards):
        right, wrong = np.flatnonzero(row > 0.5), np.flatnonzero(row <= 0.5)
        every = np.stack(np.meshgrid(right, wrong, indexing="ij"), axis=-1).reshape(-1, 2)
        drawn = rng.permutation(every)[:max_pairs]
        pairs.append(question * rewards.shape[1] + drawn)
    return np.concatenate(pairs)


@partial(jax.jit, static_argnums=0)
def _log_probs(
    architecture: TransformerConfig, params: Params, sequences: Array, mask: Array
) -> Array:
    log_probs, _, _ = policy.log_probs_and_hidden(architecture, params, sequences, 1.0)
    return log_probs * mask


@partial(jax.jit, static_argnums=(0, 1))
def _step(
    architecture: TransformerConfig,
    sizes: tuple[int, int, float, float],
    learning_rate: Array,
    state: DpoState,
) -> tuple[Params, Any, Array]:
    batch_size, num_updates, b, lam = sizes
    order_key = jax.random.fold_in(state.key, state.step)
    rows = jax.random.randint(order_key, (batch_size,), 0, state.num_pairs)
    pairs = Pairs(*(each[rows] for each in state.pairs))

    def loss(params: Params) -> Array:
        sequences = pairs.sequences.reshape(-1, pairs.sequences.shape[-1])
        mask = pairs.mask.reshape(-1, pairs.mask.shape[-1])
        log_probs, _, _ = policy.log_probs_and_hidden(architecture, params, sequences, 1.0)
        totals = jnp.sum(log_probs * mask, axis=1).reshape(-1, 2)
        return losses.dpo_positive_loss(
            totals[:, 0],
            totals[:, 1],
            pairs.reference[:, 0],
            pairs.reference[:, 1],
            b,
            lam,
        )

    value, gradient = jax.value_and_grad(loss)(state.params)
    optimizer = make_optimizer(learning_rate, num_updates)
    updates, optimizer_state = optimizer.update(gradient, state.optimizer_state, state.params)
    return optax.apply_updates(state.params, updates), optimizer_state, value
