"""RestEM: rounds of sampling, keeping what is right, and imitation from the SFT model again."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from vineppo import policy, sft
from vineppo.config import RestEmConfig
from vineppo.evaluation.pass_rate import Evaluation, accuracy, evaluate_splits, evaluation_key
from vineppo.sft import Examples
from vineppo.tasks.setup import Setup
from vineppo.tasks.task import Responses
from vineppo.transformer import Params

Metrics = dict[str, float]


class RestEmState(NamedTuple):
    """State between two rounds."""

    params: Params  # of the sampler of the next round
    key: Array
    step: Array  # rounds done
    sampled_tokens: Array


class RestEmTraining(NamedTuple):
    """A run of RestEM."""

    config: RestEmConfig
    setup: Setup
    reference: Params

    def init(self, seed: int) -> RestEmState:
        """State before the first round, in which the SFT model samples."""
        zero = jnp.zeros((), jnp.int32)
        params = jax.tree.map(jnp.array, self.reference)
        return RestEmState(params, jax.random.key(seed), zero, jnp.zeros(()))

    @property
    def metric_names(self) -> tuple[str, ...]:
        """What `update` measures."""
        return ("reward", "sampled_tokens")

    def update(self, state: RestEmState) -> tuple[RestEmState, Metrics]:
        """One round: sample, keep, imitate, choose."""
        config, train = self.config, self.setup.task.train
        sample_key, choose_key, order_key = jax.random.split(
            jax.random.fold_in(state.key, state.step), 3
        )
        rng = np.random.default_rng(np.ravel(jax.random.key_data(order_key)))
        rows = rng.permutation(len(train.prompts))[: config.num_questions]
        sampler = self.setup.sampler(config.temperature, config.top_p)
        responses, num_tokens = policy.respond(
            self.setup.architecture,
            sampler,
            state.params,
            train,
            rows,
            config.num_responses,
            sample_key,
        )
        rewards = self.setup.task.grade(train, responses)
        kept = right_responses(rewards.reshape(-1, config.num_responses), config.max_kept, rng)
        params = self.reference
        if len(kept):
            params = self._imitate_and_choose(responses, kept, rng, choose_key)
        total = state.sampled_tokens + num_tokens
        state = RestEmState(params, state.key, state.step + 1, total)
        return state, {"reward": float(np.mean(rewards)), "sampled_tokens": float(total)}

    def _imitate_and_choose(
        self, responses: Responses, kept: np.ndarray, rng: np.random.Generator, key: Array
    ) -> Params:
        """Imitates from the SFT model on; keeps the first local maximum on validation."""
        config, architecture = self.config, self.setup.architecture
        chosen = jax.tree.map(lambda leaf: leaf[kept], responses)
        pad = self.setup.task.end_token
        examples = Examples(*policy.sequences_of(self.setup.task.train, chosen, pad))
        state = sft.begin(self.reference, config.learning_rate, config.num_batches)
        best, best_accuracy = self.reference, -1.0
        for _ in range(config.num_batches // config.choose_every_batches):
            shape = (config.choose_every_batches, config.batch_size)
            rows = rng.integers(len(kept), size=shape)
            batches = jax.tree.map(lambda leaf: leaf[rows], examples)  # noqa: B023 (called at once)
            state, _ = sft.imitate(
                architecture, config.learning_rate, config.num_batches, state, batches
            )
            params = jax.tree.map(jnp.array, state.params)
            accuracy = self._validate(params, key)
            if accuracy <= best_accuracy:
                break
            best, best_accuracy = params, accuracy
        return best

    def _validate(self, params: Params, key: Array) -> float:
        sampler = self.setup.sampler(self.config.eval_temperature, self.config.top_p)
        evaluation = Evaluation(self.setup, params, sampler, num_samples=1)
        return accuracy(evaluation, self.setup.task.validation, key)["accuracy"]

    def evaluate(self, state: RestEmState, between_batches: Callable[[], None]) -> Metrics:
        """Pass@1 on validation, test, and as many training questions."""
        key = evaluation_key(state.key, state.step)
        return evaluate_splits(self.setup, self.config, state.params, key, between_batches)


def right_responses(rewards: np.ndarray, max_kept: int, rng: np.random.Generator) -> np.ndarray:
    """Places, in the flat order of responses, of at most `max_kept` right ones per question.

    Args:
      rewards: [questions, G].
      max_kept: of a question.
      rng: chooses among more.
    """
    kept = []
    for question, row in enumerate(rewards):
        right = rng.permutation(np.flatnonzero(row > 0))[:max_kept]
        kept.append(question * rewards.shape[1] + right)
    return np.concatenate(kept)
