"""The gradient of POLA-DiCE: a player's loss through its opponent's look-ahead.

Both take their steps on episodes that they play from seat 0, so that one loss serves either.
Shapes: B episodes, T steps, P = 2 players, A actions, E entries of an observation.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array, lax

from loqa.networks import Params
from loqa.pola import losses
from loqa.pola.config import PolaConfig
from loqa.rollout import Trajectory

Metrics = dict[str, Array]
Actor = Any  # parameters of a policy
Critic = Any  # parameters of a value function


class Setup(NamedTuple):
    """What a configuration means: the constants of its updates."""

    config: PolaConfig
    init_params: Callable[[Array], Params]  # of one player; consumes the key
    play: Callable[[Params, Params, Array], Trajectory]  # seats 0 and 1 -> [B, ...]; consumes it
    log_policy: Callable[[Actor, Array], Array]  # observations [T, E] -> [T, A], normalised
    values: Callable[[Critic, Array], Array]  # observations [T + 1, E] -> [T + 1]


class Batch(NamedTuple):
    """Episodes, and what of them is constant to the player in seat 0 that learns from them."""

    trajectory: Trajectory  # [B, ...]
    advantages: Array  # [B, T]
    anchor_log_policy: Array  # [B, T, A], of the policy that it shall stay close to


def outer_gradient(
    setup: Setup, own: Params, other: Params, anchor: Actor, key: Array
) -> tuple[Params, Metrics]:
    """Gradient of a player's loss through the opponent's look-ahead.

    Args:
      setup: constants of the run.
      own: of the player, differentiated.
      other: of the opponent before the look-ahead.
      anchor: policy that the player shall stay close to.
      key: consumed.

    Returns:
      The gradient, in the player's actor and critic, and metrics.
    """
    look_key, play_key = jax.random.split(key)

    def loss(actor: Actor) -> tuple[Array, tuple[Critic, Metrics]]:
        opponent = look_ahead(setup, other, {**own, "actor": actor}, look_key)
        batch, critic_gradient, metrics = sample(
            setup, {**own, "actor": actor}, opponent, anchor, play_key
        )
        total, divergence = policy_loss(
            setup, actor, opponent["actor"], batch, setup.config.outer_penalty
        )
        return total, (critic_gradient, {**metrics, "divergence": divergence})

    gradient, (critic_gradient, metrics) = jax.grad(loss, has_aux=True)(own["actor"])
    metrics["actor_grad_norm"] = optax.tree.norm(gradient)
    return {"actor": gradient, "critic": critic_gradient}, metrics


def look_ahead(setup: Setup, start: Params, learner: Params, key: Array) -> Params:
    """The opponent after its proximal steps, as a differentiable function of the learner's policy.

    Args:
      setup: constants of the run.
      start: of the opponent before the first step; the anchor of its penalty.
      learner: whom it plays; only its actor counts.
      key: consumed.
    """
    config = setup.config

    def step(opponent: Params, key: Array) -> tuple[Params, None]:
        batch, critic_gradient, _ = sample(setup, opponent, learner, start["actor"], key)
        actor = proximal_step(setup, opponent["actor"], learner["actor"], batch)
        critic = _descend(opponent["critic"], critic_gradient, config.value_learning_rate)
        return {"actor": actor, "critic": critic}, None

    keys = jax.random.split(key, config.num_inner_steps)
    return lax.scan(step, start, keys)[0]


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def proximal_step(setup: Setup, own: Actor, other: Actor, batch: Batch) -> Actor:
    """One step of an inner loop: own - rate g, where g = d policy_loss / d own.

    It is differentiable in both policies, by hand: backwards, a cotangent v becomes v - rate d g.v
    in each of the two, and all of these products with second derivatives come out of one forward
    derivative of the gradient, in the direction v. That needs less time and memory than going back
    through the steps of the gradient, and gives the same.

    Args:
      setup: constants of the run.
      own: actor of seat 0, that steps.
      other: actor of seat 1.
      batch: episodes that the two have played; constant.
    """
    gradient = jax.grad(policy_loss, argnums=1, has_aux=True)(
        setup, own, other, batch, setup.config.inner_penalty
    )[0]
    return _descend(own, gradient, setup.config.inner_learning_rate)


def _proximal_step_forward(
    setup: Setup, own: Actor, other: Actor, batch: Batch
) -> tuple[Actor, tuple[Actor, Actor, Batch]]:
    return proximal_step(setup, own, other, batch), (own, other, batch)


def _proximal_step_backward(
    setup: Setup, residuals: tuple[Actor, Actor, Batch], cotangent: Actor
) -> tuple[Actor, Actor, None]:
    own, other, batch = residuals
    rate, penalty = setup.config.inner_learning_rate, setup.config.inner_penalty

    def gradients(own: Actor) -> tuple[Actor, Actor]:
        return jax.grad(policy_loss, argnums=(1, 2), has_aux=True)(
            setup, own, other, batch, penalty
        )[0]

    _, (by_own, by_other) = jax.jvp(gradients, (own,), (cotangent,))
    nothing = jax.tree.map(jnp.zeros_like, other)
    return _descend(cotangent, by_own, rate), _descend(nothing, by_other, rate), None


proximal_step.defvjp(_proximal_step_forward, _proximal_step_backward)


def sample(
    setup: Setup, own: Params, other: Params, anchor: Actor, key: Array
) -> tuple[Batch, Critic, Metrics]:
    """Plays a batch of episodes and evaluates it; nothing of it is differentiable.

    Args:
      setup: constants of the run.
      own: of the player in seat 0, that learns.
      other: of the player in seat 1.
      anchor: policy that the player in seat 0 shall stay close to.
      key: consumed.

    Returns:
      The batch, the gradient of the value loss in the player's critic, and metrics.
    """
    config = setup.config
    own, other, anchor = lax.stop_gradient((own, other, anchor))
    trajectory = setup.play(own, other, key)
    observations, rewards = trajectory.observations[:, :, 0], trajectory.rewards[:, :, 0]

    def loss(critic: Critic) -> tuple[Array, Array]:
        values = jax.vmap(partial(setup.values, critic))(observations)  # [B, T + 1]
        per_episode = partial(losses.value_loss, discount=config.discount)
        return jnp.mean(jax.vmap(per_episode)(rewards, values)), values

    (critic_loss, values), gradient = jax.value_and_grad(loss, has_aux=True)(own["critic"])
    advantages = jax.vmap(
        partial(losses.gae_advantages, discount=config.discount, gae_discount=config.gae_discount)
    )(rewards, values)
    anchor_log_policy = jax.vmap(partial(setup.log_policy, anchor))(observations[:, :-1])
    metrics = {"critic_loss": critic_loss, "reward_per_step": jnp.mean(rewards)}
    return Batch(trajectory, advantages, anchor_log_policy), gradient, metrics


def policy_loss(
    setup: Setup, own: Actor, other: Actor, batch: Batch, penalty: float
) -> tuple[Array, Array]:
    """Loss of the player in seat 0: -J + penalty KL(anchor || own), means over the episodes.

    Args:
      setup: constants of the run.
      own: actor of seat 0, differentiable.
      other: actor of seat 1, differentiable.
      batch: episodes that the two have played.
      penalty: weight of the divergence.

    Returns:
      The loss, and the divergence.
    """

    def one(episode: Batch) -> tuple[Array, Array]:
        seen, actions = episode.trajectory.observations[:-1], episode.trajectory.actions
        own_log_policy = setup.log_policy(own, seen[:, 0])
        log_policies = jnp.stack([own_log_policy, setup.log_policy(other, seen[:, 1])], axis=1)
        log_probs = jnp.take_along_axis(log_policies, actions[..., None], axis=2)[..., 0]
        objective = losses.dice_objective(
            log_probs, episode.advantages, discount=setup.config.discount
        )
        return objective, losses.divergence(episode.anchor_log_policy, own_log_policy)

    objective, away = jax.tree.map(jnp.mean, jax.vmap(one)(batch))
    return -objective + penalty * away, away


def _descend(params: Any, gradient: Any, rate: float) -> Any:
    return jax.tree.map(lambda leaf, slope: leaf - rate * slope, params, gradient)
