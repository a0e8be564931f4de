"""Families of policies: what the outputs of an actor mean, and how an action is drawn from them.

The noise that decides a draw is made for a whole episode at once, before it is played. Shapes: A
actions of a categorical policy, D dimensions of a continuous one.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array


class Policy(NamedTuple):
    """A family of distributions over actions.

    Attributes:
      num_outputs: of an actor.
      noise: key, shape of the draws -> noise [*shape, ...]. Consumes the key.
      draw: outputs, noise of one draw -> action.
      log_prob: outputs, action -> log pi(a), a scalar.
      entropy: outputs, action -> entropy, or an estimate of it from the action.
    """

    num_outputs: int
    noise: Callable[[Array, tuple[int, ...]], Array]
    draw: Callable[[Array, Array], Array]
    log_prob: Callable[[Array, Array], Array]
    entropy: Callable[[Array, Array], Array]


def uniform_noise(key: Array, shape: tuple[int, ...]) -> Array:
    """One number per draw, which decides a choice by the inverse of its distribution."""
    return jax.random.uniform(key, shape)


def choose(probs: Array, uniform: Array) -> Array:
    """The choice that a number in [0, 1) decides: probabilities [A] to an index, int32."""
    return jnp.sum(uniform >= jnp.cumsum(probs)[:-1]).astype(jnp.int32)


def categorical(num_actions: int) -> Policy:
    """A choice among A actions; the outputs are logits."""

    def log_prob(logits: Array, action: Array) -> Array:
        return jnp.sum(jax.nn.log_softmax(logits) * jax.nn.one_hot(action, num_actions))

    def entropy(logits: Array, action: Array) -> Array:
        del action
        log_probs = jax.nn.log_softmax(logits)
        return -jnp.sum(jnp.exp(log_probs) * log_probs)

    return Policy(
        num_actions,
        uniform_noise,
        lambda logits, uniform: choose(jax.nn.softmax(logits), uniform),
        log_prob,
        entropy,
    )


def independent_choices(num_choices: int, num_options: int) -> Policy:
    """Several choices at once, each among 0..num_options - 1; an action is [num_choices], float."""
    one = categorical(num_options)

    def parts(outputs: Array) -> Array:
        return outputs.reshape(num_choices, num_options)

    def total(function: Callable[[Array, Array], Array]) -> Callable[[Array, Array], Array]:
        return lambda outputs, actions: jnp.sum(
            jax.vmap(function)(parts(outputs), actions.astype(jnp.int32))
        )

    return Policy(
        num_choices * num_options,
        lambda key, shape: uniform_noise(key, (*shape, num_choices)),
        lambda outputs, noise: jax.vmap(one.draw)(parts(outputs), noise).astype(jnp.float32),
        total(one.log_prob),
        total(one.entropy),
    )


# The continuous policy of the Negotiation Game, as released: how near to the ends of its range an
# action is told apart, the least log-probability that a gradient sees, the bounds of the means.
_EDGE = 0.99
_LEAST_LOG_PROB = -10.0
_LARGEST_MEAN = 2.0
_LEAST_LOG_STD = -2.0


def squashed_gaussian(num_dimensions: int, largest: float) -> Policy:
    """Proposals in [0, largest]: x ~ N(2 tanh(m), s), action = largest / 2 (tanh(x) + 1).

    The outputs are m [D] and log s, which all dimensions share; it is kept above -2. The entropy
    is estimated by -log pi(a), as released, with the action held constant: right on average, but
    its gradient has mean zero, so that a bonus for it does nothing but add noise.
    """
    half = largest / 2

    def parts(outputs: Array) -> tuple[Array, Array]:
        means = _LARGEST_MEAN * jnp.tanh(outputs[:num_dimensions])
        return means, jnp.maximum(outputs[num_dimensions], _LEAST_LOG_STD)

    def draw(outputs: Array, noise: Array) -> Array:
        means, log_std = parts(outputs)
        return half * (jnp.tanh(means + jnp.exp(log_std) * noise) + 1)

    def log_prob(outputs: Array, action: Array) -> Array:
        means, log_std = parts(outputs)
        squashed = jnp.clip((action - half) / half, -_EDGE, _EDGE)
        distances = (jnp.arctanh(squashed) - means) / jnp.exp(log_std)
        gaussian = -0.5 * distances**2 - log_std - 0.5 * jnp.log(2 * jnp.pi)
        stretch = jnp.log(half * (1 - squashed**2) + 1e-6)
        return jnp.maximum(jnp.sum(gaussian - stretch), _LEAST_LOG_PROB)

    return Policy(
        num_dimensions + 1,
        lambda key, shape: jax.random.normal(key, (*shape, num_dimensions)),
        draw,
        log_prob,
        lambda outputs, action: -log_prob(outputs, action),
    )
