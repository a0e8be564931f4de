"""LOQA's shaping gradient in the iterated game without sampling: what its estimator aims at.

With memory-one policies and T steps every expectation in LOQA is a sum over five states, four joint
actions and T times. That gives perfect critics and the exact gradient of

  L_op = - 1/T sum_t E_{s_t, b_t} [ A_t(s_t, b_t) log pi_hat(b_t | s_t) ],
  pi_hat(. | s) = softmax(Q_opponent(s, .) / tau),

in which the opponent's action value is an expectation where the estimator has one sampled return.
All else is as in the estimator: returns end at T, lambda limits the reach of our actions, states
and actions are drawn with exploration and scores are of the policy without it.

States are named from the agent's view. Shapes: T steps, S = 5 states, A = 2 actions, P = 2 players.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from common import ipd
from loqa.config import IpdConfig
from loqa.rollout import behaviour_probs

_NEXT_STATE = np.array([[ipd.CC, ipd.CD], [ipd.DC, ipd.DD]], np.int32)  # [A, A]
_OTHER_VIEW = np.array([ipd.START, ipd.CC, ipd.DC, ipd.CD, ipd.DD], np.int32)
_REWARDS = np.array(ipd.PRISONERS_DILEMMA, dtype=np.float32).reshape(2, 2, 2)  # [A, A, P]


class SelfPlay(NamedTuple):
    """A policy playing itself: what the two players do in each state, and the exact returns."""

    own: Array  # [S, A] behaviour of the agent, exploration included
    other: Array  # [S, A] behaviour of the opponent
    joint_values: Array  # [T, A, A, P] expected return after our a and the opponent's b
    state_probs: Array  # [T, S]


def self_play(logits: Array, config: IpdConfig) -> SelfPlay:
    """Solves a policy's play against itself.

    Args:
      logits: of the policy, each player's own view. Shape [S, A].
      config: episode length, discount and exploration.

    Returns:
      Behaviour, expected returns truncated at T (backward induction) and state distribution.
    """
    own = behaviour_probs(jax.nn.softmax(logits), config.exploration)
    other = own[_OTHER_VIEW]
    joint = own[:, :, None] * other[:, None, :]  # [S, A, A]

    def backward(later: Array, _: None) -> tuple[Array, Array]:
        values = jnp.asarray(_REWARDS) + config.discount * later[_NEXT_STATE]  # [A, A, P]
        return jnp.einsum("sab,abp->sp", joint, values), values

    def forward(probs: Array, _: None) -> tuple[Array, Array]:
        played = jnp.einsum("s,sab->ab", probs, joint)
        return jnp.concatenate([jnp.zeros(1), played.reshape(4)]), probs

    start = jax.nn.one_hot(ipd.START, 5)
    length = config.episode_length
    _, joint_values = lax.scan(backward, jnp.zeros((5, 2)), None, length=length, reverse=True)
    _, state_probs = lax.scan(forward, start, None, length=length)
    return SelfPlay(own, other, joint_values, state_probs)


def exact_critic(play: SelfPlay) -> Array:
    """Q(s, a) of a player in its own view, at t = 0..T, zero at T. Shape [T + 1, S, A]."""
    q_values = jnp.einsum("sb,tab->tsa", play.other, play.joint_values[..., 0])
    return jnp.concatenate([q_values, jnp.zeros_like(q_values[:1])])


def exact_shaping_loss(logits: Array, play: SelfPlay, config: IpdConfig) -> Array:
    """A scalar whose gradient at the policy that plays is the exact shaping gradient.

    Args:
      logits: of the agent, differentiated. Shape [S, A].
      play: `self_play` of the same logits, constant.
      config: discounts and temperature.

    Returns:
      L_op of the module's docstring, with the gradient in the opponent's action values only.
    """
    play = lax.stop_gradient(play)
    critic = exact_critic(play)
    values = jnp.sum(
        lax.stop_gradient(jax.nn.softmax(logits))[None] * critic, axis=-1
    )  # [T + 1, S]
    q_opponent = critic[:-1, _OTHER_VIEW]  # [T, S, A], agent's view of the state

    # Advantage of the joint move, then its mean over our simultaneous action: A_t(s, b).
    joint_returns = (
        _REWARDS[None, ..., 0] + config.discount * values[1:][:, _NEXT_STATE]
    )  # [T, A, A]
    advantages = jnp.einsum("sa,tab->tsb", play.own, joint_returns) - values[:-1, :, None]

    later = _dice_values(logits, play, values[:-1, _OTHER_VIEW], config)  # [T, S]
    later = jnp.concatenate([later[1:], jnp.zeros_like(later[:1])])
    # What our later play adds to the opponent's value of b: zero, but with a gradient.
    added = config.discount * jnp.einsum("sa,tab->tsb", play.own, later[:, _NEXT_STATE])
    pi_hat = jax.nn.softmax(q_opponent / config.softmax_temperature)
    log_pi_hat = jnp.log(pi_hat) + (1 - pi_hat) / config.softmax_temperature * added
    per_step = jnp.einsum("ts,sb,tsb->t", play.state_probs, play.other, advantages * log_pi_hat)
    return -jnp.mean(per_step)


def _dice_values(logits: Array, play: SelfPlay, baselines: Array, config: IpdConfig) -> Array:
    """Expected loaded-DiCE term Z_t(s) of the opponent's return: value zero, exact gradient.

    Z_t(s) = E_a[(U_t(s, a) - V_t(s)) (log pi(a | s) - sg)] + gamma lambda E[Z_{t+1}], with U the
    opponent's return after our action a. Shape [T, S].
    """
    log_policy = jax.nn.log_softmax(logits)
    dice = play.own * (log_policy - lax.stop_gradient(log_policy))  # [S, A]
    joint = play.own[:, :, None] * play.other[:, None, :]
    returns = jnp.einsum("sb,tab->tsa", play.other, play.joint_values[..., 1])  # [T, S, A]
    direct = jnp.sum(dice[None] * (returns - baselines[..., None]), axis=-1)  # [T, S]

    def backward(later: Array, direct: Array) -> tuple[Array, Array]:
        reached = jnp.einsum("sab,ab->s", joint, later[_NEXT_STATE])
        total = direct + config.discount * config.dice_discount * reached
        return total, total

    return lax.scan(backward, jnp.zeros(5), direct, reverse=True)[1]
