"""What a batch teaches: advantages of every player, aligned, and the targets of the critic.

Here the networks meet the estimators: the functions judge all players along the episodes and hand
arrays to `advantages` and `losses`. Shapes: B games, T steps, P players, L learners, K past
selves, N = B L episodes that teach.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from advantage_alignment import advantages, losses
from advantage_alignment.advantages import Quadrants
from advantage_alignment.agents import Agent, Evaluation
from advantage_alignment.networks import Params
from advantage_alignment.rollout import Trajectory
from advantage_alignment.training_configs import TrainingConfig

Metrics = dict[str, Array]


class Lessons(NamedTuple):
    """What the learners' episodes teach; constants of the losses."""

    observations: Array  # [N, T + 1, ...]
    actions: Array  # [N, T, ...]
    log_probs: Array  # [N, T], of the actions when they were played
    aligned: Array  # [N, T], A*
    targets: Array  # [N, T], what the critic fits


def over_batch(function: Callable[..., Any], others: Params | None, *batch: Any) -> Any:
    """Lifts a function of one game, and of who was met in it, over a batch [B, ...].

    Args:
      function: of past selves (None if there are none) and of each of `batch`.
      others: K past selves, each met in B / K games that follow each other; or None.
      *batch: trees of [B, ...].
    """
    if others is None:
        return jax.vmap(partial(function, None))(*batch)
    num_opponents = jax.tree.leaves(others)[0].shape[0]
    grouped = jax.tree.map(lambda leaf: leaf.reshape(num_opponents, -1, *leaf.shape[1:]), batch)
    in_axes = (None, *[0] * len(batch))
    results = jax.vmap(jax.vmap(function, in_axes))(others, *grouped)
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), results)


def make_lessons(
    agent: Agent,
    params: Params,
    target_params: Params,
    others: Params | None,
    batch: Trajectory,
    config: TrainingConfig,
) -> tuple[Lessons, Metrics]:
    """Computes what a batch of games teaches the learners.

    Args:
      agent: networks.
      params: of the learners.
      target_params: of their slow copy.
      others: past selves that were met [K, ...], if any.
      batch: games [B, ...], learners in the first seats.
      config: estimators, weights and options.

    Returns:
      Lessons of the N episodes, and metrics of the play.
    """
    rewards = batch.rewards  # [B, T, P]
    if config.sums_rewards:
        rewards = jnp.broadcast_to(jnp.sum(rewards, axis=2, keepdims=True), rewards.shape)
    critic = target_params if config.baseline == "slow" else params
    judged = judge(agent, critic, others, batch, config.num_learners)
    own = estimate(config.own_advantage, rewards, judged.values, config)
    present = estimate(config.others_advantage, rewards, judged.values, config)
    if config.normalizes_advantages:
        own, present = advantages.normalize(own), advantages.normalize(present)
    aligned = align(own, present, judged, batch, config)

    learner_rewards = rewards[..., : config.num_learners]
    if config.critic_targets == "returns":
        targets = _each(partial(advantages.discounted_sums, discount=config.discount))(
            learner_rewards
        )
    else:
        learners = jax.tree.map(
            lambda leaf: leaf[:, :, : config.num_learners], (batch.observations, batch.actions)
        )
        slow = over_batch(_judged_by(agent, target_params), None, *learners)
        targets = _each(partial(losses.one_step_targets, discount=config.discount))(
            learner_rewards, slow.predictions, slow.values[:, -1]
        )
    observations, actions, log_probs = (
        _episodes(leaf[:, :, : config.num_learners])
        for leaf in (batch.observations, batch.actions, batch.log_probs)
    )
    aligned = aligned[..., : config.num_learners]
    lessons = Lessons(observations, actions, log_probs, _episodes(aligned), _episodes(targets))
    metrics = {
        "reward_per_step": jnp.mean(batch.rewards[..., : config.num_learners]),
        "alignment_size": jnp.std(aligned - own[..., : config.num_learners]),
        "advantage_size": jnp.std(own[..., : config.num_learners]),
        "good_past": _share_of_good_past(own[..., : config.num_learners], config),
    }
    return lessons, metrics


def _share_of_good_past(own: Array, config: TrainingConfig) -> Array:
    """How often C_t is positive; near one, alignment is weighing in the others' rewards."""
    weigh = advantages.WEIGHTINGS[config.weighting]
    weights = _each(lambda each: weigh(each, config.discount))(own)
    return jnp.mean((weights[:, 1:] > 0).astype(jnp.float32))


def judge(
    agent: Agent, params: Params, others: Params | None, batch: Trajectory, num_learners: int
) -> Evaluation:
    """Actor and critic of all players along every game; leaves [B, T, P, ...].

    Args:
      agent: networks.
      params: of the learners in the first seats.
      others: past selves that were met [K, ...], in the other seats, if any.
      batch: games [B, ...].
      num_learners: L.
    """
    by_us = _judged_by(agent, params)

    def one(others: Params | None, seen: Array, actions: Array) -> Evaluation:
        if others is None:
            return by_us(None, seen, actions)
        ours = by_us(None, seen[:, :num_learners], actions[:, :num_learners])
        by_them = _judged_by(agent, others)
        theirs = by_them(None, seen[:, num_learners:], actions[:, num_learners:])
        return jax.tree.map(lambda a, b: jnp.concatenate([a, b], axis=1), ours, theirs)

    evaluation: Evaluation = over_batch(one, others, batch.observations, batch.actions)
    return evaluation


def _judged_by(agent: Agent, params: Params) -> Callable[[None, Array, Array], Evaluation]:
    """Judges some seats of one game, [T, seats, ...], by one set of parameters."""

    def judged(others: None, seen: Array, actions: Array) -> Evaluation:
        del others
        return jax.vmap(partial(agent.evaluate, params), 1, 1)(seen, actions)

    return judged


def estimate(kind: str, rewards: Array, values: Array, config: TrainingConfig) -> Array:
    """Advantages of every player [B, T, P] by one of the estimators; values [B, T + 1, P]."""
    if kind == "returns":
        one = partial(advantages.return_advantages, discount=config.discount)
    else:
        gae_decay = config.gae_decay if kind == "gae" else 0.0
        one = partial(
            advantages.generalized_advantages, discount=config.discount, gae_decay=gae_decay
        )
    return _each(one)(rewards, values)


def align(
    own: Array, present: Array, judged: Evaluation, batch: Trajectory, config: TrainingConfig
) -> Array:
    """A* of every player. Shape [B, T, P]."""
    quadrants = Quadrants(
        config.keeps_cooperative,
        config.keeps_empathetic,
        config.keeps_vengeful,
        config.keeps_spiteful,
    )
    factors = loqa_factors(judged, batch, config) if config.shaping == "loqa" else None
    one = partial(
        advantages.align_advantages,
        beta=config.beta,
        discount=config.discount,
        weighting=config.weighting,
        quadrants=quadrants,
    )
    if factors is None:
        return jax.vmap(one)(own, present)
    return jax.vmap(lambda own, present, f: one(own, present, past_factors=f))(
        own, present, factors
    )


def loqa_factors(judged: Evaluation, batch: Trajectory, config: TrainingConfig) -> Array:
    """1 - pi_hat(b_t | h_t) of the other of two players, Theorem 2. Shape [B, T, P]."""

    def of_player(rewards: Array, q_values: Array, actions: Array) -> Array:
        returns = advantages.discounted_sums(rewards, config.discount)
        log_probs = losses.opponent_log_probs(
            returns, q_values, actions, stop_grad_normalizer=False
        )
        return 1 - jnp.exp(log_probs)

    assert judged.q_values is not None, "LOQA needs a critic of action values"
    factors = _each(of_player)(batch.rewards, judged.q_values, batch.actions)
    return jnp.flip(factors, axis=2)


def actor_loss(
    agent: Agent, params: Params, lesson: Lessons, config: TrainingConfig
) -> tuple[Array, Metrics]:
    """Aligned policy loss less the entropy bonus, of one episode; also its parts."""
    acted = agent.evaluate(params, lesson.observations, lesson.actions)
    if config.clip_epsilon:
        policy_loss = losses.proximal_alignment_loss(
            acted.log_probs, lesson.log_probs, lesson.aligned, clip_epsilon=config.clip_epsilon
        )
    else:
        policy_loss = losses.alignment_loss(acted.log_probs, lesson.aligned)
    entropy = jnp.mean(acted.entropies)
    loss = policy_loss - config.entropy_weight * entropy
    return loss, {"policy_loss": policy_loss, "entropy": entropy}


def _each(function: Callable[..., Array]) -> Callable[..., Array]:
    """Lifts a function of one player's arrays over games and players: [B, T, P] or [B, P]."""

    def lifted(*arrays: Array) -> Array:
        axes = tuple(min(array.ndim - 2, 1) for array in arrays)  # of the players in a game
        return jax.vmap(jax.vmap(function, axes, 1))(*arrays)

    return lifted


def _episodes(leaf: Array) -> Array:
    """Arrays of players [B, T, P, ...] as episodes [B P, T, ...]."""
    moved = jnp.moveaxis(leaf, 2, 1)
    return moved.reshape(-1, *moved.shape[2:])
