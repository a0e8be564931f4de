"""What the detective is told about the agent: answers to questions about the present state.

For each of its own actions b the detective asks what would come of it: the return of playing b now
and at random afterwards, against this agent, from this state,

    delta_b = E[ sum_{j < L} gamma^j r^2_{t+j} | s_t, h_t, b_t = b, b_{>t} ~ Uniform, a ~ pi_1 ] (4)

estimated by K roll-outs from a copy of the game, with new luck, in which the agent goes on from its
own memory. The detective thus knows the agent only by its behaviour, and because the estimate is
differentiable in the agent's parameters, so is the detective's policy:

    delta_b = 1/K sum_k sum_j gamma^j r_kj box( sum_{i <= j} log pi_1(a_ki) )                    (5)

with box(x) = exp(x - sg x). To first order this is the mean return, with the gradient

    1/K sum_k sum_i (G_ki - c_ki) grad log pi_1(a_ki)

where G_ki are the discounted rewards from i on, and c_ki their mean over all other roll-outs that
are asked for together, whatever their b: independent of a_ki, and there even if K = 1.

Shapes: A actions, K roll-outs, L steps, N = A K.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from brs.games import Rules
from brs.networks import Agent

AGENT, DETECTIVE = 0, 1  # seats

Params = Any


class Questions(NamedTuple):
    """How the detective asks.

    Attributes:
      kind: "returns", Eq. (4), or "policy_probs": how likely each action of the agent is after each
        of the detective's.
      num_roll_outs: K.
      num_steps: L; two at least, for the agent does not see b before it acts.
      discount: gamma, per step.
    """

    kind: str
    num_roll_outs: int
    num_steps: int
    discount: float


class Present(NamedTuple):
    """Where a question is asked."""

    state: Any  # of the game
    carry: Any  # of the agent, after it has seen the state
    logits: Array  # [A], of the agent's next action


class RollOut(NamedTuple):
    """What a roll-out saw."""

    rewards: Array  # [L], of the detective
    log_probs: Array  # [L], of the agent's actions, differentiable
    last_logits: Array  # [A], of the agent after the last step


def num_answers(rules: Rules, questions: Questions) -> int:
    """Number of entries that `answer` returns, Q."""
    return rules.num_actions + 1 if questions.kind == "returns" else rules.num_actions**2


def answer(
    rules: Rules, agent: Agent, actor: Params, questions: Questions, present: Present, key: Array
) -> Array:
    """Answers all questions about a state; the same key gives the same answers.

    Args:
      rules: of the game.
      agent: its networks.
      actor: its parameters, which the answers are differentiable in.
      questions: kind and sizes.
      present: where the game stands.
      key: consumed; never one that the episode itself uses, or the detective would foresee it.

    Returns:
      Of "returns": delta less its mean, then the mean, per step. Shape [A + 1]. Of "policy_probs":
      the agent's probabilities after each action. Shape [A A].
    """
    if questions.kind == "policy_probs":
        one = questions._replace(num_steps=1)
        ends = _roll_outs(rules, agent, actor, one, present, key).last_logits  # [A, K, A]
        return jnp.mean(jax.nn.softmax(ends), axis=1).reshape(-1)
    seen = _roll_outs(rules, agent, actor, questions, present, key)
    deltas = estimates(seen.rewards, seen.log_probs, questions.discount)
    return normalise(deltas, questions)


def normalise(deltas: Array, questions: Questions) -> Array:
    """Per step and apart: delta_b less their mean, and the mean. Shape [A] to [A + 1]."""
    steps = jnp.sum(questions.discount ** jnp.arange(questions.num_steps))
    mean = jnp.mean(deltas, keepdims=True)
    # What b changes is a matter of a few steps, not of the whole roll-out.
    return jnp.concatenate([deltas - mean, mean / steps])


def estimates(rewards: Array, log_probs: Array, discount: float) -> Array:
    """Mean returns, Eq. (5), with a leave-one-out baseline in their gradient.

    Args:
      rewards: of the detective. Shape [A, K, L].
      log_probs: of the agent's actions, differentiable. Shape [A, K, L].
      discount: gamma, per step.

    Returns:
      delta, whose value is the plain mean. Shape [A].
    """
    weights = discount ** jnp.arange(rewards.shape[2])
    discounted = rewards * weights[None, None]
    to_go = jnp.cumsum(discounted[..., ::-1], axis=2)[..., ::-1]  # [A, K, L]
    num_others = to_go.shape[0] * to_go.shape[1] - 1
    baselines = (jnp.sum(to_go, axis=(0, 1), keepdims=True) - to_go) / max(num_others, 1)
    scores = log_probs - lax.stop_gradient(log_probs)  # zero, but not their gradient
    credit = jnp.sum(scores * (to_go - baselines), axis=2)
    return jnp.mean(to_go[..., 0] + credit, axis=1)


def _roll_outs(
    rules: Rules, agent: Agent, actor: Params, questions: Questions, present: Present, key: Array
) -> RollOut:
    """K roll-outs for each action: leaves [A, K, ...]."""
    shape = (rules.num_actions, questions.num_roll_outs)
    keys = jax.random.split(key, shape)

    def one(first_action: Array, key: Array) -> RollOut:
        return _roll_out(rules, agent, actor, questions.num_steps, present, first_action, key)

    over_k = jax.vmap(one, in_axes=(None, 0))
    return jax.vmap(over_k)(jnp.arange(rules.num_actions), keys)


def _roll_out(
    rules: Rules,
    agent: Agent,
    actor: Params,
    num_steps: int,
    present: Present,
    first_action: Array,
    key: Array,
) -> RollOut:
    """Plays one roll-out in a copy of the game; consumes the key."""
    uniform_key, step_key = jax.random.split(key)
    uniforms = jax.random.uniform(uniform_key, (num_steps, 2))
    randoms = jnp.floor(rules.num_actions * uniforms[:, DETECTIVE]).astype(jnp.int32)
    actions = randoms.at[0].set(first_action)

    def one(
        place: Present, inputs: tuple[Array, Array, Array]
    ) -> tuple[Present, tuple[Array, Array]]:
        action, uniform, key = inputs
        log_policy = jax.nn.log_softmax(place.logits)
        reply = draw(lax.stop_gradient(log_policy), uniform)
        state, rewards = rules.step(place.state, jnp.stack([reply, action]), key)
        carry, logits, _ = agent.act(actor, place.carry, rules.observe(state)[AGENT])
        return Present(state, carry, logits), (rewards[DETECTIVE], log_policy[reply])

    keys = jax.random.split(step_key, num_steps)
    end, (rewards, log_probs) = lax.scan(one, present, (actions, uniforms[:, AGENT], keys))
    return RollOut(lax.stop_gradient(rewards), log_probs, end.logits)


def draw(log_policy: Array, uniform: Array) -> Array:
    """Draws an action by the inverse of its distribution [A]. Shape [], int32."""
    cumulative = jnp.cumsum(jnp.exp(log_policy[:-1]))
    return jnp.sum(uniform >= cumulative).astype(jnp.int32)
