"""Imitation of demonstrations: the initial policy, and the fine-tuning inside RestEM."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array, lax

from vineppo import losses, policy
from vineppo.config import SftConfig
from vineppo.evaluation.pass_rate import Evaluation, accuracy
from vineppo.optimizers import make_optimizer
from vineppo.tasks.setup import Setup, first_params
from vineppo.tasks.task import Responses, Split
from vineppo.transformer import Params, TransformerConfig

Metrics = dict[str, float]


class ImitationState(NamedTuple):
    """State of imitation."""

    params: Params
    optimizer_state: Any
    step: Array  # batches done


class Examples(NamedTuple):
    """Responses to imitate."""

    sequences: np.ndarray | Array  # [n, L]
    mask: np.ndarray | Array  # [n, L - 1]


def demonstrations(split: Split, rows: np.ndarray, pad: int) -> Examples:
    """Demonstrations of some questions as examples."""
    whole = Responses(
        rows=rows,
        tokens=split.demonstrations[rows],
        lengths=split.demonstration_lengths[rows],
        is_finished=np.ones(len(rows), bool),
    )
    return Examples(*policy.sequences_of(split, whole, pad))


@partial(jax.jit, static_argnums=(0, 2), donate_argnums=3)
def imitate(
    architecture: TransformerConfig,
    learning_rate: float | Array,
    num_steps: int,
    state: ImitationState,
    batches: Examples,
) -> tuple[ImitationState, Array]:
    """Does a gradient step on each of several batches.

    Args:
      architecture: of the model.
      learning_rate: at its highest.
      num_steps: of the whole training, which the schedule spans.
      state: donated.
      batches: [steps, B, ...].

    Returns:
      The state and the loss of each batch. Shape [steps].
    """
    optimizer = make_optimizer(learning_rate, num_steps)

    def step(state: ImitationState, batch: Examples) -> tuple[ImitationState, Array]:
        def loss(params: Params) -> Array:
            log_probs, _, _ = policy.log_probs_and_hidden(
                architecture, params, jnp.asarray(batch.sequences), 1.0
            )
            return losses.imitation_loss(log_probs, jnp.asarray(batch.mask))

        value, gradient = jax.value_and_grad(loss)(state.params)
        updates, optimizer_state = optimizer.update(gradient, state.optimizer_state, state.params)
        params = optax.apply_updates(state.params, updates)
        return ImitationState(params, optimizer_state, state.step + 1), value

    return lax.scan(step, state, batches)


def begin(params: Params, learning_rate: float, num_steps: int) -> ImitationState:
    """State before the first batch; the parameters are copied, for `imitate` donates."""
    params = jax.tree.map(jnp.array, params)
    optimizer_state = make_optimizer(learning_rate, num_steps).init(params)
    return ImitationState(params, optimizer_state, jnp.zeros((), jnp.int32))


class SftTraining(NamedTuple):
    """Training of the initial policy."""

    config: SftConfig
    setup: Setup
    reference: Params | None = None  # not used: imitation begins with the setup's first parameters

    def init(self, seed: int) -> ImitationState:
        """State before the first batch; the seed of the run is not used: the settings have one."""
        del seed
        first = first_params(self.setup)
        return begin(first, self.config.learning_rate, self.config.num_updates)

    @property
    def metric_names(self) -> tuple[str, ...]:
        """What `advance` measures of each batch."""
        return ("loss",)

    def advance(
        self, state: ImitationState, num_updates: int
    ) -> tuple[ImitationState, dict[str, np.ndarray]]:
        """Some batches, each question once before any comes twice; metrics [num_updates]."""
        config, train = self.config, self.setup.task.train
        first, size, number = int(state.step), config.batch_size, len(train.prompts)
        places = np.arange(first * size, (first + num_updates) * size)
        rows = np.empty(len(places), np.int64)
        for epoch in np.unique(places // number):
            order = np.random.default_rng([config.seed, int(epoch)]).permutation(number)
            here = places // number == epoch
            rows[here] = order[places[here] % number]
        examples = demonstrations(train, rows, self.setup.task.end_token)
        batches = Examples(*(each.reshape(num_updates, size, -1) for each in examples))
        state, losses = imitate(
            self.setup.architecture, config.learning_rate, config.num_updates, state, batches
        )
        return state, {"loss": np.asarray(losses)}

    def evaluate(self, state: ImitationState, between_batches: Callable[[], None]) -> Metrics:
        """Pass@1 on validation and test at temperature 1."""
        task, config = self.setup.task, self.config
        key = jax.random.fold_in(jax.random.key(config.seed), 1)
        sampler = self.setup.sampler(temperature=1.0)
        evaluation = Evaluation(
            self.setup, state.params, sampler, config.eval_samples, between_batches
        )
        validation = accuracy(evaluation, task.validation, key)
        test = accuracy(evaluation, task.test, jax.random.fold_in(key, 1))
        return {"validation_accuracy": validation["accuracy"], "test_accuracy": test["accuracy"]}
