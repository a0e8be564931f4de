"""What an agent is: an actor and a critic; and agents of the iterated game with memory one.

An agent is a tuple of pure functions, so that losses and rollout do not know which kind they use.
Shapes: T steps of an episode, E entries of an observation, A = 2 actions, S = 5 memory-one states,
N distinct inputs at which the networks are evaluated.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import chex
import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array

Params = dict[str, Any]  # "actor" and "critic"

NUM_STATES = 5  # START, CC, CD, DC, DD, each from the player's own view
NUM_ACTIONS = 2

# What a player sees in each state: I cooperated, I defected, other cooperated, other defected.
STATE_OBSERVATIONS = (
    (0.0, 0.0, 0.0, 0.0),
    (1.0, 0.0, 1.0, 0.0),
    (1.0, 0.0, 0.0, 1.0),
    (0.0, 1.0, 1.0, 0.0),
    (0.0, 1.0, 0.0, 1.0),
)


class Evaluation(NamedTuple):
    """Actor and critic along one episode, at its distinct inputs.

    A network that sees the last joint action and the time has 5 (T + 1) inputs in all, however many
    episodes are played. Whatever is a function of the input alone is computed once per input, and
    `inputs` says which input each step of the episode has. A GRU has an input per step.
    """

    log_policy: Array  # [N, A], normalised
    q_values: Array  # [N, A]
    inputs: Array  # [T + 1] int32, input at each time, the last observation included


class Agent(NamedTuple):
    """An actor and a critic as pure functions.

    Attributes:
      init: key -> parameters. Consumes the key.
      start: parameters -> memory of the actor before its first observation.
      act: parameters, memory, observation [E] -> next memory, action probabilities [A].
      evaluate: parameters, observations [T + 1, E] -> `Evaluation` of the episode. What the actor
        was seen to play, log-probabilities [T + 1, A], can be given to spare its evaluation.
    """

    init: Callable[[Array], Params]
    start: Callable[[Params], Any]
    act: Callable[[Params, Any, Array], tuple[Any, Array]]
    evaluate: Callable[..., Evaluation]


class Mlp(nn.Module):
    """Two hidden layers with relu, then a linear layer."""

    hidden_size: int

    @nn.compact
    def __call__(self, inputs: Array) -> Array:
        """Maps inputs [..., E] to outputs [..., A]."""
        hidden = nn.relu(nn.Dense(self.hidden_size)(inputs))
        hidden = nn.relu(nn.Dense(self.hidden_size)(hidden))
        return nn.Dense(NUM_ACTIONS)(hidden)


def state_index(observation: Array) -> Array:
    """Index of the memory-one state that an observation [..., 4] shows: START, CC, CD, DC, DD."""
    own_defected, other_defected = observation[..., 1], observation[..., 3]
    has_played = observation[..., 0] + own_defected
    return (has_played * (1 + 2 * own_defected + other_defected)).astype(jnp.int32)


def memory_one_agent(
    kind: str, actor_hidden_size: int, critic_hidden_size: int, num_steps: int
) -> Agent:
    """Builds an agent of the iterated game that sees the last joint action only.

    Args:
      kind: of the actor: "tabular" (five states by two logits, zero at the start) or "mlp", both
        with an MLP critic.
      actor_hidden_size: width of the actor's layers; unused by the table.
      critic_hidden_size: width of the critic's layers.
      num_steps: T. The critic also sees the raw step index, 0 to T, as published.

    Returns:
      The agent, for observations of E = 4 entries.
    """
    states = jnp.array(STATE_OBSERVATIONS)
    if kind == "mlp":
        mlp = Mlp(actor_hidden_size)
        return _with_mlp_critic(
            lambda key: mlp.init(key, states),
            lambda params: mlp.apply(params, states),
            critic_hidden_size,
            num_steps,
        )
    return _with_mlp_critic(
        lambda key: jnp.zeros((NUM_STATES, NUM_ACTIONS)),
        lambda table: table,
        critic_hidden_size,
        num_steps,
    )


def _with_mlp_critic(
    init_actor: Callable[[Array], Any],
    state_logits: Callable[[Any], Array],
    critic_hidden_size: int,
    num_steps: int,
) -> Agent:
    """An actor given by its logits in the five states, and an MLP critic of state and time."""
    mlp = Mlp(critic_hidden_size)
    states = jnp.array(STATE_OBSERVATIONS)
    num_times = num_steps + 1
    times = jnp.arange(num_times, dtype=float)[:, None, None]
    critic_inputs = jnp.concatenate(  # [T + 1, S, E + 1]
        [
            jnp.broadcast_to(states, (num_times, *states.shape)),
            jnp.broadcast_to(times, (num_times, NUM_STATES, 1)),
        ],
        axis=-1,
    )

    def init(key: Array) -> Params:
        actor_key, critic_key = jax.random.split(key)
        return {"actor": init_actor(actor_key), "critic": mlp.init(critic_key, critic_inputs)}

    def start(params: Params) -> Array:
        return jax.nn.softmax(state_logits(params["actor"]))

    def act(params: Params, memory: Array, observation: Array) -> tuple[Array, Array]:
        del params  # the memory of an episode is the table itself: it is computed once
        return memory, memory[state_index(observation)]

    def evaluate(
        params: Params, observations: Array, log_policy: Array | None = None
    ) -> Evaluation:
        chex.assert_shape(observations, (num_times, 4))
        del log_policy  # a table has it at once
        log_policy = jax.nn.log_softmax(state_logits(params["actor"]))
        log_policy = jnp.broadcast_to(log_policy, (num_times, NUM_STATES, NUM_ACTIONS))
        q_values = mlp.apply(params["critic"], critic_inputs)  # [T + 1, S, A]
        inputs = NUM_STATES * jnp.arange(num_times) + state_index(observations)
        return Evaluation(
            log_policy.reshape(-1, NUM_ACTIONS), q_values.reshape(-1, NUM_ACTIONS), inputs
        )

    return Agent(init, start, act, evaluate)
