"""Recurrent agents: the GRU tower of POLA and LOQA, and an actor and a critic made of one each.

Shapes: T steps, E entries of an observation, H hidden units, A actions.
"""

from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array, lax

from loqa.networks import Agent, Evaluation, Params


class GruTower(nn.Module):
    """Dense, relu, (Dense,) GRU from a zero carry, Dense.

    The GRU is flax's: r, z = sigmoid, n = tanh(W_n x + b_n + r (U_n h + c)), h' = (1 - z) n + z h,
    with its three gates side by side in one matrix and flax's initialisation of each.

    Attributes:
      hidden_size: H of every layer.
      num_outputs: of the last layer.
      num_layers: before the GRU: 1 (POLA), or 2 (LOQA), of which the second has no activation.
    """

    hidden_size: int
    num_outputs: int
    num_layers: int = 2

    @nn.compact
    def __call__(self, carry: Array, inputs: Array) -> tuple[Array, Array]:
        """Maps carry [H] and inputs [E] to the next carry [H] and the outputs."""
        size = self.hidden_size
        hidden = nn.relu(nn.Dense(size)(inputs))
        for _ in range(self.num_layers - 1):
            hidden = nn.Dense(size)(hidden)
        recurrent_kernel = self.param("recurrent_kernel", _three_orthogonal, (size, 3 * size))
        candidate_bias = self.param("candidate_bias", nn.initializers.zeros, (size,))

        from_inputs = jnp.split(nn.Dense(3 * size, name="input_gates")(hidden), 3)
        from_carry = jnp.split(carry @ recurrent_kernel, 3)
        reset, update = (
            nn.sigmoid(x + h) for x, h in zip(from_inputs[:2], from_carry, strict=False)
        )
        candidate = nn.tanh(from_inputs[2] + reset * (from_carry[2] + candidate_bias))
        carry = (1 - update) * candidate + update * carry
        return carry, nn.Dense(self.num_outputs, name="readout")(carry)


def unroll(tower: GruTower, params: Any, inputs: Array) -> Array:
    """Runs a tower along an episode: inputs [T, E] to outputs [T, ...].

    Every step is computed again on the way back instead of being stored: on CPU memory traffic, not
    arithmetic, is what the gradient of a long batch of episodes costs. For the same reason the
    layers before the GRU are not lifted out of the scan into one product over all steps.
    """

    @jax.checkpoint
    def step(carry: Array, seen: Array) -> tuple[Array, Array]:
        carry, outputs = tower.apply(params, carry, seen)
        return carry, outputs

    return lax.scan(step, jnp.zeros(tower.hidden_size), inputs)[1]


def recurrent_agent(actor: GruTower, critic: GruTower, observation_size: int) -> Agent:
    """Builds an agent of two separate towers.

    Args:
      actor: observation to logits.
      critic: observation and raw step index, 0 to T as published, to action values.
      observation_size: E.
    """

    def init(key: Array) -> Params:
        actor_key, critic_key = jax.random.split(key)
        observation = jnp.zeros(observation_size)
        return {
            "actor": actor.init(actor_key, jnp.zeros(actor.hidden_size), observation),
            "critic": critic.init(
                critic_key, jnp.zeros(critic.hidden_size), jnp.append(observation, 0.0)
            ),
        }

    def start(params: Params) -> Array:
        del params
        return jnp.zeros(actor.hidden_size)

    def act(params: Params, carry: Array, observation: Array) -> tuple[Array, Array]:
        carry, logits = actor.apply(params["actor"], carry, observation)
        return carry, jax.nn.softmax(logits)

    def evaluate(
        params: Params, observations: Array, log_policy: Array | None = None
    ) -> Evaluation:
        if log_policy is None:
            log_policy = jax.nn.log_softmax(unroll(actor, params["actor"], observations))
        times = jnp.arange(len(observations), dtype=observations.dtype)[:, None]
        q_values = unroll(critic, params["critic"], jnp.concatenate([observations, times], axis=1))
        return Evaluation(log_policy, q_values, jnp.arange(len(observations)))

    return Agent(init, start, act, evaluate)


def _three_orthogonal(key: Array, shape: tuple[int, int]) -> Array:
    """A random orthogonal matrix for each gate, side by side; consumes the key."""
    gaussian = jax.random.normal(key, (3, shape[0], shape[0]))
    return jnp.concatenate(jax.vmap(_orthogonalised)(gaussian), axis=1)


def _orthogonalised(matrix: Array) -> Array:
    """Gram-Schmidt on the rows [H, H], each done twice for accuracy; of a Gaussian: Haar's law.

    Not by LAPACK's QR: of that, several calls at a time can wait for each other for ever on CPU.
    """

    def orthogonalise_row(row: Array, rows: Array) -> Array:
        is_before = (jnp.arange(len(rows)) < row)[:, None]
        before, candidate = jnp.where(is_before, rows, 0.0), rows[row]
        for _ in range(2):
            candidate = candidate - (before @ candidate) @ before
        return rows.at[row].set(candidate / jnp.linalg.norm(candidate))

    return lax.fori_loop(0, len(matrix), orthogonalise_row, matrix)
