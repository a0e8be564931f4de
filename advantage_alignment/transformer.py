"""The agent with a memory of a window: a gated causal transformer, the paper's of Commons Harvest.

A window is the sequence of previous action and observation of each step, two tokens a step; what
came before it is forgotten. Shapes: T steps, E entries of an observation, D width, N = 2 (T + 1)
tokens.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from jax import Array

from advantage_alignment.agents import Agent, Evaluation, along_episode
from advantage_alignment.config import NUM_HEADS
from advantage_alignment.networks import Params, Tower
from advantage_alignment.policies import Policy

_NUM_BLOCKS, _MLP_FACTOR = 3, 4
_NUM_HEAD_LAYERS = 3  # of actor and critic


class Window(NamedTuple):
    """Memory of an agent: what it saw and did in the window so far."""

    observations: Array  # [T + 1, E], zeros where the future is
    last_actions: Array  # [T + 1] int32, before each observation
    time: Array  # [] int32, steps so far


class GatedBlock(nn.Module):
    """Attention and MLP, both behind gates: x <- (1 - z) x + z tanh(r y), with z, r of LN(x)."""

    width: int

    @nn.compact
    def __call__(self, tokens: Array) -> Array:
        """Maps tokens [N, D] to tokens [N, D]; none sees a later one."""
        normed = nn.LayerNorm()(tokens)
        mask = nn.make_causal_mask(jnp.ones(len(tokens)))
        attended = nn.MultiHeadDotProductAttention(NUM_HEADS)(normed, normed, mask=mask)
        gate, reset = (nn.sigmoid(nn.Dense(self.width)(normed)) for _ in range(2))
        tokens = (1 - gate) * tokens + gate * jnp.tanh(reset * attended)
        hidden = nn.gelu(nn.Dense(_MLP_FACTOR * self.width)(nn.LayerNorm()(tokens)))
        return (1 - gate) * tokens + gate * nn.Dense(self.width)(hidden)


class WindowEncoder(nn.Module):
    """Embeds a window and reads a code at every observation."""

    width: int
    num_actions: int

    @nn.compact
    def __call__(self, observations: Array, last_actions: Array) -> Array:
        """Maps observations [T + 1, E] and actions before them [T + 1] to codes [T + 1, D]."""
        shared = nn.Dense(self.width)
        seen = nn.relu(shared(nn.relu(nn.Dense(self.width)(observations))))
        done = nn.relu(shared(nn.Embed(self.num_actions, self.width)(last_actions)))
        tokens = jnp.stack([done, seen], axis=1).reshape(-1, self.width)  # [N, D]
        source = tokens * self.width**0.5 + _positions(len(tokens), self.width)
        tokens = source
        for _ in range(_NUM_BLOCKS):
            tokens = GatedBlock(self.width)(tokens) + source
        return nn.LayerNorm()(tokens)[1::2]


def transformer_agent(policy: Policy, width: int, observation_size: int, num_steps: int) -> Agent:
    """Builds the agent: actor and critic read one encoder of the window.

    Each move attends to the whole window anew; nothing of earlier moves is kept but what was seen.

    Args:
      policy: categorical.
      width: D.
      observation_size: E.
      num_steps: T of a window.
    """
    encoder = WindowEncoder(width, policy.num_outputs)
    actor, critic = (
        Tower(
            width,
            num_outputs,
            num_layers=0,
            is_recurrent=False,
            num_head_layers=_NUM_HEAD_LAYERS,
            readout_scale=scale,
        )
        for num_outputs, scale in ((policy.num_outputs, 0.01), (1, 1.0))
    )
    nothing = Window(
        jnp.zeros((num_steps + 1, observation_size)),
        jnp.zeros(num_steps + 1, jnp.int32),
        jnp.zeros((), jnp.int32),
    )

    def init(key: Array) -> Params:
        encoder_key, actor_key, critic_key = jax.random.split(key, 3)
        code = jnp.zeros(width)
        return {
            "encoder": encoder.init(encoder_key, nothing.observations, nothing.last_actions),
            "actor": actor.init(actor_key, actor.first_carry(), code),
            "critic": critic.init(critic_key, critic.first_carry(), code),
        }

    def head(tower: Tower, params: Any, code: Array) -> Array:
        outputs: Array = tower.apply(params, tower.first_carry(), code)[1]
        return outputs

    def act(params: Params, memory: Window, observation: Array) -> tuple[Window, Array]:
        observations = memory.observations.at[memory.time].set(observation)
        codes = encoder.apply(params["encoder"], observations, memory.last_actions)
        memory = memory._replace(observations=observations, time=memory.time + 1)
        return memory, head(actor, params["actor"], codes[memory.time - 1])

    def remember_action(memory: Window, action: Array) -> Window:
        return memory._replace(last_actions=memory.last_actions.at[memory.time].set(action))

    def evaluate(params: Params, observations: Array, actions: Array) -> Evaluation:
        last_actions = jnp.concatenate([jnp.zeros(1, jnp.int32), actions])
        codes = encoder.apply(params["encoder"], observations, last_actions)
        outputs = jax.vmap(lambda code: head(actor, params["actor"], code))(codes[:-1])
        values = jax.vmap(lambda code: head(critic, params["critic"], code))(codes)[:, 0]
        return Evaluation(*along_episode(policy, outputs, actions), values, values[:-1])

    return Agent(policy, init, lambda params: nothing, act, evaluate, remember_action)


def _positions(number: int, width: int) -> Array:
    """Sinusoidal positions. Shape [N, D]."""
    rates = 10000.0 ** (-np.arange(0, width, 2) / width)
    angles = np.arange(number)[:, None] * rates[None]
    return jnp.asarray(np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(number, width))
