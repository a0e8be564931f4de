"""What an agent is: an actor and a critic as pure functions, whatever network they are.

Shapes: T steps of an episode, E entries of an observation, A actions.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import chex
import jax
import jax.numpy as jnp
from jax import Array

from advantage_alignment import networks
from advantage_alignment.networks import Params, Tower
from advantage_alignment.policies import Policy
from advantage_alignment.rollout import Player, PlayerInput


class Evaluation(NamedTuple):
    """Actor and critic along one episode."""

    log_probs: Array  # [T], of the actions taken
    entropies: Array  # [T]
    values: Array  # [T + 1], V(h_t), the last observation included
    predictions: Array  # [T], what the critic is fitted by: V(h_t) or Q(h_t, a_t)
    q_values: Array | None = None  # [T, A], of a critic of action values


class Agent(NamedTuple):
    """An actor and a critic as pure functions.

    Attributes:
      policy: family of its policy.
      init: key -> parameters. Consumes the key.
      initial_memory: parameters -> memory of the actor before its first observation.
      act: parameters, memory, observation -> next memory, outputs of the actor.
      evaluate: parameters, observations [T + 1, ...], actions [T, ...] -> `Evaluation`.
      remember_action: memory, action -> memory, of an agent that looks back at its own actions.
    """

    policy: Policy
    init: Callable[[Array], Params]
    initial_memory: Callable[[Params], Any]
    act: Callable[[Params, Any, Array], tuple[Any, Array]]
    evaluate: Callable[[Params, Array, Array], Evaluation]
    remember_action: Callable[[Any, Array], Any] = lambda memory, action: memory


def sampling_player(agent: Agent) -> Player:
    """The player that draws its moves from an agent's actor."""

    def act(params: Params, memory: Any, seen: PlayerInput, noise: Array) -> tuple:
        memory, outputs = agent.act(params, memory, seen.observation)
        action = agent.policy.draw(outputs, noise)
        memory = agent.remember_action(memory, action)
        return memory, action, agent.policy.log_prob(outputs, jax.lax.stop_gradient(action))

    return Player(agent.initial_memory, agent.policy.noise, act)


def greedy_player(agent: Agent) -> Player:
    """The player that takes the likeliest move of an agent's actor, of a categorical policy."""

    def act(params: Params, memory: Any, seen: PlayerInput, noise: Array) -> tuple:
        del noise
        memory, logits = agent.act(params, memory, seen.observation)
        action = jnp.argmax(logits).astype(jnp.int32)
        return agent.remember_action(memory, action), action, jnp.zeros(())

    return Player(agent.initial_memory, agent.policy.noise, act)


def along_episode(policy: Policy, outputs: Array, actions: Array) -> tuple[Array, Array]:
    """Log-probabilities and entropies along an episode. Shapes [T]."""
    return jax.vmap(policy.log_prob)(outputs, actions), jax.vmap(policy.entropy)(outputs, actions)


def two_tower_agent(
    policy: Policy,
    actor: Tower,
    critic: Tower,
    observation_size: int,
    *,
    sees_time: bool = False,
) -> Agent:
    """An agent of two separate towers.

    Args:
      policy: family of the actor's outputs.
      actor: observation to outputs.
      critic: observation to a value (one output), or to the values of the A actions.
      observation_size: E.
      sees_time: whether the critic also sees the raw step index, 0 to T, as in the Coin Game.
    """

    def init(key: Array) -> Params:
        actor_key, critic_key = jax.random.split(key)
        observation = jnp.zeros(observation_size)
        seen = jnp.zeros(observation_size + sees_time)
        return {
            "actor": actor.init(actor_key, actor.first_carry(), observation),
            "critic": critic.init(critic_key, critic.first_carry(), seen),
        }

    def evaluate(params: Params, observations: Array, actions: Array) -> Evaluation:
        chex.assert_rank(observations, 2)
        outputs = networks.unroll(actor, params["actor"], observations)
        seen = _with_time(observations) if sees_time else observations
        critic_outputs = networks.unroll(critic, params["critic"], seen)
        along = along_episode(policy, outputs[:-1], actions)
        if critic.num_outputs == 1:
            return Evaluation(*along, critic_outputs[:, 0], critic_outputs[:-1, 0])
        values = jnp.sum(jax.nn.softmax(outputs) * critic_outputs, axis=1)
        taken = jax.nn.one_hot(actions, critic.num_outputs)
        return Evaluation(
            *along, values, jnp.sum(critic_outputs[:-1] * taken, axis=1), critic_outputs[:-1]
        )

    return Agent(
        policy,
        init,
        lambda params: actor.first_carry(),
        lambda params, memory, observation: actor.apply(params["actor"], memory, observation),
        evaluate,
    )


def shared_encoder_agent(
    policy: Policy,
    encoder: Tower,
    actor: Tower,
    critic: Tower,
    observation_size: int,
    *,
    sees_time: bool = False,
) -> Agent:
    """An agent whose actor and critic, both without memory, read one encoder.

    If `sees_time`, the critic is also told the step, over ten, which it needs if it is fitted to
    the returns of an episode that ends.

    A policy with one output more than its actor gets a learned constant for it: the Negotiation
    Game's logarithm of the deviation.
    """
    num_constants = policy.num_outputs - actor.num_outputs

    def init(key: Array) -> Params:
        encoder_key, actor_key, critic_key = jax.random.split(key, 3)
        code = jnp.zeros(encoder.hidden_size)
        return {
            "encoder": encoder.init(
                encoder_key, encoder.first_carry(), jnp.zeros(observation_size)
            ),
            "actor": {
                "head": actor.init(actor_key, actor.first_carry(), code),
                "constants": jnp.zeros(num_constants),
            },
            "critic": critic.init(
                critic_key, critic.first_carry(), jnp.zeros(encoder.hidden_size + sees_time)
            ),
        }

    def decode(params: Params, code: Array) -> Array:
        _, outputs = actor.apply(params["actor"]["head"], actor.first_carry(), code)
        return jnp.concatenate([outputs, params["actor"]["constants"]])

    def act(params: Params, memory: Array, observation: Array) -> tuple[Array, Array]:
        memory, code = encoder.apply(params["encoder"], memory, observation)
        return memory, decode(params, code)

    def evaluate(params: Params, observations: Array, actions: Array) -> Evaluation:
        codes = networks.unroll(encoder, params["encoder"], observations)
        outputs = jax.vmap(lambda code: decode(params, code))(codes[:-1])
        read = _with_time(codes, unit=10.0) if sees_time else codes
        values = networks.unroll(critic, params["critic"], read)[:, 0]
        return Evaluation(*along_episode(policy, outputs, actions), values, values[:-1])

    return Agent(policy, init, lambda params: encoder.first_carry(), act, evaluate)


def _with_time(rows: Array, unit: float = 1.0) -> Array:
    """Adds the index of the step, in some unit, to every row of an episode [T + 1, E]."""
    times = jnp.arange(len(rows), dtype=rows.dtype)[:, None] / unit
    return jnp.concatenate([rows, times], axis=1)
