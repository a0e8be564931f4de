"""Reinforcement: PPO whose advantages come from Monte Carlo values, a critic, or a group.

One update is one iteration of the algorithm box of the paper; see `RlTraining.update`.
Shapes: n trajectories (questions x G responses), L tokens of prompt and response, N steps.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from vineppo import ppo
from vineppo.config import RlConfig
from vineppo.credit import GradedResponses, assign_credit
from vineppo.evaluation.pass_rate import evaluate_splits, evaluation_key
from vineppo.model_files import sharding
from vineppo.optimizers import make_optimizer
from vineppo.policy import Policy, respond, sequences_of, token_log_probs
from vineppo.ppo import Batch, Critic
from vineppo.tasks.setup import Setup
from vineppo.tasks.task import Responses
from vineppo.transformer import Params

Metrics = dict[str, float]


class RlState(NamedTuple):
    """The whole state of a run of one seed.

    Attributes:
      params: of the policy.
      optimizer_state: of the policy.
      critic: value network and its optimiser; None for methods without one.
      key: of the run; every iteration folds its number into it.
      step: iterations done.
      sampled_tokens: by the model so far, in trajectories and rollouts.
    """

    params: Params
    optimizer_state: Any
    critic: Critic | None
    key: Array
    step: Array
    sampled_tokens: Array


class RlTraining(NamedTuple):
    """A run of PPO, with advantages of any kind."""

    config: RlConfig
    setup: Setup
    reference: Params  # the initial policy, frozen

    def init(self, seed: int) -> RlState:
        """State before the first iteration, the policy being the reference."""
        config = self.config
        key = jax.random.key(seed)
        params = self._placed(jax.tree.map(jnp.array, self.reference))
        optimizer = make_optimizer(config.learning_rate, config.num_optimizer_steps)
        critic = None
        if config.has_critic:
            critic = ppo.init_critic(config, params, jax.random.fold_in(key, 2**31 - 1))
        zero = jnp.zeros((), jnp.int32)
        optimizer_state, critic = self._placed((optimizer.init(params), critic))
        return RlState(params, optimizer_state, critic, key, zero, jnp.zeros(()))

    @property
    def metric_names(self) -> tuple[str, ...]:
        """What `update` measures, in the order in which it is logged."""
        losses = ("gradient_norm", "kl", "policy_loss")
        of_critic = ("value_loss",) if self.config.has_critic else ()
        return ("reward", "sampled_tokens", "response_tokens", *losses, *of_critic)

    def update(self, state: RlState) -> tuple[RlState, Metrics]:
        """One iteration: sample, grade, credit, update."""
        sample_key, value_key, order_key = jax.random.split(
            jax.random.fold_in(state.key, state.step), 3
        )
        responses, num_sampled = self.sample(state, sample_key)
        graded = self.grade(responses)
        critic = None if state.critic is None else state.critic.params
        credit = assign_credit(self.policy(state.params), critic, graded, value_key)
        reference = self.policy(self._placed(self.reference))
        batch = Batch(
            sequences=graded.sequences,
            mask=graded.mask,
            advantages=credit.advantages,
            old_log_probs=credit.old_log_probs,
            reference_log_probs=token_log_probs(reference, graded.sequences),
            old_values=credit.old_values,
            returns=credit.advantages + credit.old_values,
        )
        params, optimizer_state, moved_critic, metrics = ppo.update(
            self.setup.architecture, self.config, state, batch, order_key
        )
        total = state.sampled_tokens + num_sampled + credit.num_tokens
        state = RlState(params, optimizer_state, moved_critic, state.key, state.step + 1, total)
        found = {
            "reward": float(np.mean(graded.rewards)),
            "sampled_tokens": float(total),
            "response_tokens": float(np.mean(responses.lengths)),
        }
        return state, found | {name: float(x) for name, x in metrics.items()}

    def sample(self, state: RlState, key: Array) -> tuple[Responses, int]:
        """G responses to each of some training questions, and the tokens sampled.

        Consumes the key.
        """
        config, train = self.config, self.setup.task.train
        seed = [int(word) for word in np.ravel(jax.random.key_data(state.key))]
        shuffled = np.random.default_rng([*seed, int(state.step)]).permutation(len(train.prompts))
        return respond(
            self.setup.architecture,
            self.policy(state.params).sampler,
            state.params,
            train,
            shuffled[: config.num_questions],
            config.num_responses,
            key,
        )

    def grade(self, responses: Responses) -> GradedResponses:
        """Rewards of responses, and the responses laid out as sequences."""
        task = self.setup.task
        rewards = task.grade(task.train, responses)
        return GradedResponses(
            responses, rewards, *sequences_of(task.train, responses, task.end_token)
        )

    def policy(self, params: Params) -> Policy:
        """Parameters with what sampling from them needs."""
        return Policy(self.setup, self.config, params)

    def _placed(self, params: Any) -> Any:
        """Parameters, or what belongs to them, on the devices of the run."""
        shards = self.config.model_shards
        return sharding.place_params(params, sharding.make_mesh(shards)) if shards else params

    def evaluate(self, state: RlState, between_batches: Callable[[], None]) -> Metrics:
        """Pass@1 on validation, test, and as many training questions."""
        key = evaluation_key(state.key, state.step)
        return evaluate_splits(self.setup, self.config, state.params, key, between_batches)
