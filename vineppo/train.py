"""Reinforcement: PPO whose advantages come from Monte Carlo values, a critic, or a group.

One update is one iteration of the algorithm box of the paper; see `RlTraining.update`.
Shapes: n trajectories (questions x G responses), L tokens of prompt and response, N steps.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from vineppo import advantages, monitoring, policy, ppo, sharding
from vineppo.optimizers import make_optimizer
from vineppo.ppo import Batch, Critic
from vineppo.problem import Problem
from vineppo.tasks import Responses
from vineppo.training_configs import RlConfig
from vineppo.transformer import Params
from vineppo.vine import estimate_values

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
    problem: Problem
    reference: Params  # the initial policy, frozen

    def init(self, seed: int) -> RlState:
        """State before the first iteration, the policy being the reference."""
        config = self.config
        key = jax.random.key(seed)
        params = self._placed(jax.tree.map(jnp.array, self.reference))
        optimizer = make_optimizer(config.learning_rate, config.num_optimizer_steps)
        critic = None
        if config.method == "ppo":
            critic = ppo.init_critic(config, params, jax.random.fold_in(key, 2**31 - 1))
        zero = jnp.zeros((), jnp.int32)
        optimizer_state, critic = self._placed((optimizer.init(params), critic))
        return RlState(params, optimizer_state, critic, key, zero, jnp.zeros(()))

    def update(self, state: RlState) -> tuple[RlState, Metrics]:
        """One iteration: sample, grade, value and credit, update."""
        task = self.problem.task
        sample_key, value_key, order_key = jax.random.split(
            jax.random.fold_in(state.key, state.step), 3
        )
        responses, num_tokens = self.sample(state, sample_key)
        rewards = task.grade(task.train, responses)
        sequences, mask = policy.sequences_of(task.train, responses, task.end_token)
        credit, old_log_probs, old_values, num_rolled = self.assign_credit(
            state, responses, rewards, sequences, mask, value_key
        )
        batch = Batch(
            sequences=sequences,
            mask=mask,
            advantages=credit,
            old_log_probs=old_log_probs,
            reference_log_probs=self._log_probs(self._placed(self.reference), sequences),
            old_values=old_values,
            returns=credit + old_values,
        )
        params, optimizer_state, critic, metrics = ppo.update(
            self.problem.architecture, self.config, state, batch, order_key
        )
        total = state.sampled_tokens + num_tokens + num_rolled
        state = RlState(params, optimizer_state, critic, state.key, state.step + 1, total)
        found = {"reward": float(np.mean(rewards)), "sampled_tokens": float(total)}
        lengths = {"response_tokens": float(np.mean(responses.lengths))}
        return state, {**found, **lengths, **{name: float(x) for name, x in metrics.items()}}

    def sample(self, state: RlState, key: Array) -> tuple[Responses, int]:
        """G responses to each of some training questions; consumes the key."""
        config, train = self.config, self.problem.task.train
        seed = [int(word) for word in np.ravel(jax.random.key_data(state.key))]
        shuffled = np.random.default_rng([*seed, int(state.step)]).permutation(len(train.prompts))
        return policy.respond(
            self.problem.architecture,
            self.sampler,
            state.params,
            train,
            shuffled[: config.num_questions],
            config.num_responses,
            key,
        )

    @property
    def sampler(self) -> Any:
        """Of training."""
        return self.problem.sampler(self.config.temperature, self.config.top_p)

    def assign_credit(
        self,
        state: RlState,
        responses: Responses,
        rewards: np.ndarray,
        sequences: np.ndarray,
        mask: np.ndarray,
        key: Array,
    ) -> tuple[np.ndarray, Any, np.ndarray, int]:
        """Advantages of all tokens by the run's method.

        Returns:
          Advantages [n, L - 1], old log-probabilities [n, L - 1], values of the critic, which are 0
          without one, [n, L - 1], and the tokens sampled for it.
        """
        config = self.config
        no_values = np.zeros_like(mask)
        if config.method in ("vineppo", "shift"):
            boundaries = self.problem.task.segment(responses)
            estimate = estimate_values(
                self.problem, config, self.sampler, state.params, responses, boundaries, key
            )
            credit = vine_advantages(config, responses, rewards, boundaries, estimate.values)
            return (
                _at_tokens(credit, mask),
                estimate.log_probs,
                no_values,
                estimate.num_tokens,
            )
        log_probs = self._log_probs(state.params, sequences)
        if config.method == "ppo":
            assert state.critic is not None
            values = policy.score_values(
                self.problem.architecture,
                state.critic.params,
                sharding.beside(state.params, sequences),
            )
            values = sharding.fetch(values) * mask
            credit = critic_advantages(config.trace_decay, values, rewards, mask)
            return _at_tokens(credit, mask), log_probs, values, 0
        of_group = {"grpo": advantages.grpo, "rloo": advantages.rloo}[config.method]
        groups = rewards.reshape(-1, config.num_responses)
        flat = np.concatenate([of_group(group) for group in groups])
        return (flat[:, None] * mask).astype(np.float32), log_probs, no_values, 0

    def _placed(self, params: Any) -> Any:
        """Parameters, or what belongs to them, on the devices of the run."""
        shards = self.config.model_shards
        return sharding.place_params(params, sharding.make_mesh(shards)) if shards else params

    def _log_probs(self, params: Params, sequences: np.ndarray) -> np.ndarray:
        """Log-probabilities [n, L - 1], some trajectories at a time."""
        parts = [
            policy.score(
                self.problem.architecture,
                params,
                sharding.beside(params, sequences[part]),
                self.config.temperature,
            )[0]
            for part in policy.chunks(len(sequences), self.config.groups_at_once)
        ]
        return np.concatenate(sharding.fetch(parts))

    def evaluate(self, state: RlState) -> Metrics:
        """Pass@1 on validation, test, and as many training questions."""
        return monitoring.evaluate_splits(
            self.problem, self.config, state.params, state.key, state.step
        )

    def policy(self, state: RlState) -> Params:
        """Parameters of the policy."""
        return state.params


def vine_advantages(
    config: RlConfig,
    responses: Responses,
    rewards: np.ndarray,
    boundaries: list[np.ndarray],
    state_values: list[np.ndarray],
) -> list[np.ndarray]:
    """Token advantages from Monte Carlo values of the states in which steps begin."""
    credit = []
    for values, reward, cuts, length in zip(
        state_values, rewards, boundaries, responses.lengths, strict=True
    ):
        values = advantages.fill_missing_values(values, len(cuts), reward)
        if config.method == "shift":
            of_steps = np.full(len(cuts), reward - values[0])
        else:
            of_steps = advantages.lambda_step_advantages(values, reward, config.trace_decay)
        credit.append(advantages.token_advantages(of_steps, cuts, length))
    return credit


def critic_advantages(
    trace_decay: float, values: np.ndarray, rewards: np.ndarray, mask: np.ndarray
) -> list[np.ndarray]:
    """Token advantages from the critic's values before each token [n, L - 1]."""
    return [
        advantages.gae(row[own > 0], reward, trace_decay)
        for row, reward, own in zip(values, rewards, mask, strict=True)
    ]


def _at_tokens(of_responses: list[np.ndarray], mask: np.ndarray) -> np.ndarray:
    """Puts a list of token quantities where the mask is 1. Shape [n, L - 1]."""
    placed = np.zeros(mask.shape, np.float32)
    placed[mask > 0] = np.concatenate(of_responses)
    return placed
