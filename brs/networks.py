"""Networks of agent and detective. Whatever plays is a tuple of pure functions over one step.

Agents: a table of the five memory-one states of the prisoner's dilemma, or dense, relu, GRU and a
linear layer (the Coin Game; `coin_table` has another). The detective: the same without its last
layer, then, with the answers to its questions beside it, dense, relu, linear. Critics look at what
the actor remembers, held constant, and at the share of the episode that has passed.

Shapes: E entries of an observation, H hidden units, A actions, Q answers.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import chex
import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array

Params = dict[str, Any]

NUM_STATES = 5  # START, CC, CD, DC, DD of the prisoner's dilemma, each from the player's own view


class Agent(NamedTuple):
    """An agent: an actor, and critics named after whom it meets.

    Attributes:
      init: key -> {"actor", "critics": {"detective", "self_play"}}. Consumes the key.
      start: carry before the first observation.
      act: actor's parameters, carry, observation [E] -> next carry, logits [A], features [H].
      value: a critic's parameters, features [H], share of time passed -> value per step left.
    """

    init: Callable[[Array], Params]
    start: Any
    act: Callable[[Any, Any, Array], tuple[Any, Array, Array]]
    value: Callable[[Any, Array, Array], Array]


class Detective(NamedTuple):
    """The detective: an opponent that is told about the agent.

    Attributes:
      init: key -> {"actor": ..., "critic": ...}. Consumes the key.
      start: carry before the first observation.
      act: actor's parameters, carry, observation [E], answers [Q] -> next carry, logits [A],
        features [H + Q].
      value: critic's parameters, features, share of time passed -> value per step left.
    """

    init: Callable[[Array], Params]
    start: Any
    act: Callable[[Any, Any, Array, Array], tuple[Any, Array, Array]]
    value: Callable[[Any, Array, Array], Array]


class GruLayer(nn.Module):
    """Dense, relu, GRU: carry [H] and inputs [E] to the next carry [H].

    The recurrent matrices are initialised orthogonal, by Gram-Schmidt: LAPACK's QR can hang on CPU
    when many are drawn at once.
    """

    hidden_size: int

    @nn.compact
    def __call__(self, carry: Array, inputs: Array) -> Array:
        """Maps carry [H] and inputs [E] to the next carry [H]."""
        size = self.hidden_size
        hidden = nn.relu(nn.Dense(size)(inputs))
        recurrent = self.param("recurrent", _three_orthogonal, (size, 3 * size))
        from_inputs = jnp.split(nn.Dense(3 * size, name="gates")(hidden), 3)
        from_carry = jnp.split(carry @ recurrent, 3)
        reset = nn.sigmoid(from_inputs[0] + from_carry[0])
        update = nn.sigmoid(from_inputs[1] + from_carry[1])
        candidate = nn.tanh(from_inputs[2] + reset * from_carry[2])
        return (1 - update) * candidate + update * carry


class Critic(nn.Module):
    """Dense, relu, linear on features and time."""

    hidden_size: int

    @nn.compact
    def __call__(self, features: Array, time: Array) -> Array:
        """Maps features [H] and a share of time [] to a value []."""
        inputs = jnp.append(features, time)
        return nn.Dense(1)(nn.relu(nn.Dense(self.hidden_size)(inputs)))[0]


class Head(nn.Module):
    """Dense, relu, linear: what the detective makes of its memory and the answers."""

    hidden_size: int
    num_actions: int

    @nn.compact
    def __call__(self, features: Array) -> Array:
        """Maps features to logits [A]."""
        return nn.Dense(self.num_actions)(nn.relu(nn.Dense(self.hidden_size)(features)))


def table_agent(hidden_size: int, init_scale: float = 1.0) -> Agent:
    """An agent of the prisoner's dilemma with five parameters: logits of cooperating."""
    critic = Critic(hidden_size)

    def init_actor(key: Array) -> Array:
        return init_scale * jax.random.normal(key, (NUM_STATES,))

    def act(actor: Array, carry: Any, observation: Array) -> tuple[Any, Array, Array]:
        features = memory_one_state(observation)
        logit = jnp.sum(actor * features)
        return carry, jnp.stack([logit, jnp.zeros(())]), features

    return Agent(with_critics(init_actor, critic, NUM_STATES), (), act, value_of(critic))


def gru_agent(observation_size: int, num_actions: int, hidden_size: int) -> Agent:
    """A recurrent agent."""
    layer, readout, critic = GruLayer(hidden_size), nn.Dense(num_actions), Critic(hidden_size)

    def init_actor(key: Array) -> Params:
        layer_key, readout_key = jax.random.split(key)
        carry = jnp.zeros(hidden_size)
        return {
            "layer": layer.init(layer_key, carry, jnp.zeros(observation_size)),
            "readout": readout.init(readout_key, carry),
        }

    def act(actor: Params, carry: Array, observation: Array) -> tuple[Array, Array, Array]:
        carry = layer.apply(actor["layer"], carry, observation)
        return carry, readout.apply(actor["readout"], carry), carry

    start = jnp.zeros(hidden_size)
    return Agent(with_critics(init_actor, critic, hidden_size), start, act, value_of(critic))


def memory_one_detective(num_answers: int, num_actions: int, hidden_size: int) -> Detective:
    """A detective of the prisoner's dilemma: it sees the memory-one state and the answers."""
    return _detective(
        lambda key: (),
        lambda layer, carry, observation: (carry, memory_one_state(observation)),
        (),
        (NUM_STATES, num_answers, num_actions, hidden_size),
    )


def gru_detective(
    observation_size: int, num_answers: int, num_actions: int, hidden_size: int
) -> Detective:
    """A detective with a memory of what it has seen itself."""
    layer = GruLayer(hidden_size)

    def remember(params: Params, carry: Array, observation: Array) -> tuple[Array, Array]:
        carry = layer.apply(params, carry, observation)
        return carry, carry

    start = jnp.zeros(hidden_size)
    return _detective(
        lambda key: layer.init(key, start, jnp.zeros(observation_size)),
        remember,
        start,
        (hidden_size, num_answers, num_actions, hidden_size),
    )


def memory_one_state(observation: Array) -> Array:
    """One of START, CC, CD, DC, DD from [I cooperated, I defected, other ..., other ...]. [5]."""
    chex.assert_shape(observation, (4,))
    mine, other = observation[:2], observation[2:]
    joint = (mine[:, None] * other[None]).reshape(-1)
    return jnp.concatenate([1 - jnp.sum(joint, keepdims=True), joint])


def _detective(
    init_layer: Callable[[Array], Any],
    remember: Callable[[Any, Any, Array], tuple[Any, Array]],
    start: Any,
    sizes: tuple[int, int, int, int],
) -> Detective:
    """A detective of a memory; sizes of its features, answers, actions and hidden layers."""
    num_features, num_answers, num_actions, hidden_size = sizes
    head, critic = Head(hidden_size, num_actions), Critic(hidden_size)
    example = jnp.zeros(num_features + num_answers)

    def init(key: Array) -> Params:
        layer_key, head_key, critic_key = jax.random.split(key, 3)
        return {
            "actor": {"layer": init_layer(layer_key), "head": head.init(head_key, example)},
            "critic": critic.init(critic_key, example, jnp.zeros(())),
        }

    def act(
        actor: Params, carry: Any, observation: Array, answers: Array
    ) -> tuple[Any, Array, Array]:
        carry, remembered = remember(actor["layer"], carry, observation)
        features = jnp.concatenate([remembered, answers])
        return carry, head.apply(actor["head"], features), features

    return Detective(init, start, act, value_of(critic))


def with_critics(
    init_actor: Callable[[Array], Any], critic: Critic, num_features: int
) -> Callable[[Array], Params]:
    """The `init` of an agent, from that of its actor and the critic's features [H]."""

    def init(key: Array) -> Params:
        actor_key, *critic_keys = jax.random.split(key, 3)
        example = (jnp.zeros(num_features), jnp.zeros(()))
        names = ("detective", "self_play")
        return {
            "actor": init_actor(actor_key),
            "critics": {
                name: critic.init(key, *example)
                for name, key in zip(names, critic_keys, strict=True)
            },
        }

    return init


def value_of(critic: Critic) -> Callable[[Any, Array, Array], Array]:
    """The `value` of an agent or a detective: nothing flows from the critic into the actor."""

    def value(params: Any, features: Array, time: Array) -> Array:
        output: Array = critic.apply(params, jax.lax.stop_gradient(features), time)
        return output

    return value


def _three_orthogonal(key: Array, shape: tuple[int, int]) -> Array:
    """Three orthogonal matrices side by side. Shape [H, 3 H]."""
    size = shape[0]
    columns = jax.random.normal(key, (3, size, size))

    def orthonormalise(matrix: Array) -> Array:
        def add(index: Array, found: Array) -> Array:
            column = matrix[index]
            for _ in range(2):  # twice is enough
                column = column - found.T @ (found @ column)
            return found.at[index].set(column / jnp.linalg.norm(column))

        return jax.lax.fori_loop(0, size, add, jnp.zeros_like(matrix))

    return jnp.concatenate(list(jax.vmap(orthonormalise)(columns)), axis=1)
