"""What the learners of a batch are trained on: aligned advantages, and the targets of the critic.

Here the networks meet the estimators: actor and critic of all players are evaluated along the
episodes, and `advantages` and `losses` get arrays. Shapes: B games, T steps, P players, L learners,
K past selves, N = B L episodes of learners.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from advantage_alignment import advantages, losses
from advantage_alignment.advantages import Quadrants
from advantage_alignment.agents import Agent, Evaluation
from advantage_alignment.config import TrainingConfig
from advantage_alignment.networks import Params
from advantage_alignment.rollout import Trajectory

Metrics = dict[str, Array]


class AlignedEpisodes(NamedTuple):
    """Episodes of the learners with what their losses need; constants of the losses."""

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


def align_batch(
    agent: Agent,
    params: Params,
    target_params: Params,
    others: Params | None,
    batch: Trajectory,
    config: TrainingConfig,
) -> tuple[AlignedEpisodes, Metrics]:
    """Evaluates all players of a batch, and aligns the advantages of its learners.

    Args:
      agent: networks.
      params: of the learners.
      target_params: of their slow copy.
      others: past selves that were met [K, ...], if any.
      batch: games [B, ...], learners in the first seats.
      config: estimators, weights and options.

    Returns:
      The N episodes of the learners, and metrics of the play.
    """
    rewards = _paid(batch.rewards, config)
    critic = target_params if config.baseline == "slow" else params
    evaluation = evaluate_players(agent, critic, others, batch, config.num_learners)
    own = estimate(config.own_advantage, rewards, evaluation.values, config)
    present = estimate(config.others_advantage, rewards, evaluation.values, config)
    if config.normalizes_advantages:
        own, present = advantages.normalize(own), advantages.normalize(present)
    aligned = align(own, present, evaluation, batch, config)

    learners = _first_seats(batch, config.num_learners)
    paid, own, aligned = (each[..., : config.num_learners] for each in (rewards, own, aligned))
    targets = _CRITIC_TARGETS[config.critic_targets](agent, target_params, learners, paid, config)
    episodes = AlignedEpisodes(
        _as_episodes(learners.observations),
        _as_episodes(learners.actions),
        _as_episodes(learners.log_probs),
        _as_episodes(aligned),
        _as_episodes(targets),
    )
    metrics = {
        "reward_per_step": jnp.mean(learners.rewards),
        "alignment_size": jnp.std(aligned - own),
        "advantage_size": jnp.std(own),
        "good_past": _share_of_good_past(own, config),
    }
    return episodes, metrics


def evaluate_players(
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

    def of_game(others: Params | None, observations: Array, actions: Array) -> Evaluation:
        if others is None:
            return _evaluate_seats(agent, params, observations, actions)
        ours = _evaluate_seats(
            agent, params, observations[:, :num_learners], actions[:, :num_learners]
        )
        theirs = _evaluate_seats(
            agent, others, observations[:, num_learners:], actions[:, num_learners:]
        )
        return jax.tree.map(lambda a, b: jnp.concatenate([a, b], axis=1), ours, theirs)

    evaluation: Evaluation = over_batch(of_game, others, batch.observations, batch.actions)
    return evaluation


def _evaluate_seats(
    agent: Agent, params: Params, observations: Array, actions: Array
) -> Evaluation:
    """Evaluates some seats of one game, [T, seats, ...], by one set of parameters."""
    return jax.vmap(partial(agent.evaluate, params), 1, 1)(observations, actions)


def estimate(kind: str, rewards: Array, values: Array, config: TrainingConfig) -> Array:
    """Advantages of every player [B, T, P] by one of the estimators; values [B, T + 1, P]."""
    estimators: Mapping[str, Callable[[Array, Array], Array]] = {
        "td": partial(_generalized(config), gae_decay=0.0),
        "gae": partial(_generalized(config), gae_decay=config.gae_decay),
        "returns": partial(advantages.return_advantages, discount=config.discount),
    }
    return _per_player(estimators[kind])(rewards, values)


def _generalized(config: TrainingConfig) -> Callable[..., Array]:
    return partial(advantages.generalized_advantages, discount=config.discount)


def align(
    own: Array, present: Array, evaluation: Evaluation, batch: Trajectory, config: TrainingConfig
) -> Array:
    """A* of every player. Shape [B, T, P]."""
    quadrants = Quadrants(
        config.keeps_cooperative,
        config.keeps_empathetic,
        config.keeps_vengeful,
        config.keeps_spiteful,
    )
    of_game = partial(
        advantages.align_advantages,
        beta=config.beta,
        discount=config.discount,
        weighting=config.weighting,
        quadrants=quadrants,
    )
    if config.shaping == "alignment":
        return jax.vmap(of_game)(own, present)
    factors = loqa_factors(evaluation, batch, config)
    return jax.vmap(lambda own, present, f: of_game(own, present, past_factors=f))(
        own, present, factors
    )


def loqa_factors(evaluation: Evaluation, batch: Trajectory, config: TrainingConfig) -> Array:
    """1 - pi_hat(b_t | h_t) of the other of two players, Theorem 2. Shape [B, T, P]."""

    def of_player(rewards: Array, q_values: Array, actions: Array) -> Array:
        returns = advantages.discounted_sums(rewards, config.discount)
        log_probs = losses.opponent_log_probs(
            returns, q_values, actions, stop_grad_normalizer=False
        )
        return 1 - jnp.exp(log_probs)

    assert evaluation.q_values is not None, "LOQA needs a critic of action values"
    factors = _per_player(of_player)(batch.rewards, evaluation.q_values, batch.actions)
    return jnp.flip(factors, axis=2)


def _return_targets(
    agent: Agent, params: Params, learners: Trajectory, rewards: Array, config: TrainingConfig
) -> Array:
    """The discounted returns of an episode that ends. Shape [B, T, L]."""
    del agent, params, learners
    return _per_player(partial(advantages.discounted_sums, discount=config.discount))(rewards)


def _one_step_targets(
    agent: Agent, params: Params, learners: Trajectory, rewards: Array, config: TrainingConfig
) -> Array:
    """One-step targets by the slow copy of the critic. Shape [B, T, L]."""
    slow = evaluate_players(agent, params, None, learners, config.num_learners)
    return _per_player(partial(losses.one_step_targets, discount=config.discount))(
        rewards, slow.predictions, slow.values[:, -1]
    )


_CRITIC_TARGETS = {"returns": _return_targets, "td": _one_step_targets}


def actor_loss(
    agent: Agent, params: Params, episode: AlignedEpisodes, config: TrainingConfig
) -> tuple[Array, Metrics]:
    """Aligned policy loss less the entropy bonus, of one episode; also its parts."""
    evaluation = agent.evaluate(params, episode.observations, episode.actions)
    if config.clip_epsilon:
        policy_loss = losses.proximal_alignment_loss(
            evaluation.log_probs,
            episode.log_probs,
            episode.aligned,
            clip_epsilon=config.clip_epsilon,
        )
    else:
        policy_loss = losses.alignment_loss(evaluation.log_probs, episode.aligned)
    entropy = jnp.mean(evaluation.entropies)
    loss = policy_loss - config.entropy_weight * entropy
    return loss, {"policy_loss": policy_loss, "entropy": entropy}


def _paid(rewards: Array, config: TrainingConfig) -> Array:
    """What every player is paid [B, T, P]: its own reward, or the sum of all."""
    if not config.sums_rewards:
        return rewards
    return jnp.broadcast_to(jnp.sum(rewards, axis=2, keepdims=True), rewards.shape)


def _share_of_good_past(own: Array, config: TrainingConfig) -> Array:
    """How often C_t is positive; near one, alignment is weighing in the others' rewards."""
    weigh = advantages.WEIGHTINGS[config.weighting]
    weights = _per_player(lambda each: weigh(each, config.discount))(own)
    return jnp.mean((weights[:, 1:] > 0).astype(jnp.float32))


def _first_seats(batch: Trajectory, number: int) -> Trajectory:
    """The play of the first seats of every game [B, T, P, ...]."""
    return jax.tree.map(lambda leaf: leaf[:, :, :number], batch)


def _per_player(function: Callable[..., Array]) -> Callable[..., Array]:
    """Lifts a function of one player's arrays over games and players: [B, T, P] or [B, P]."""

    def lifted(*arrays: Array) -> Array:
        axes = tuple(min(array.ndim - 2, 1) for array in arrays)  # of the players in a game
        return jax.vmap(jax.vmap(function, axes, 1))(*arrays)

    return lifted


def _as_episodes(leaf: Array) -> Array:
    """Arrays of players [B, T, P, ...] as episodes [B P, T, ...]."""
    moved = jnp.moveaxis(leaf, 2, 1)
    return moved.reshape(-1, *moved.shape[2:])
