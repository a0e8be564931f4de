"""Networks: a tower of layers that may remember.

Shapes: T steps, E entries of an observation, H hidden units.
"""

from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array, lax

Params = dict[str, Any]  # "actor" and "critic", and "encoder" if they share one


class Tower(nn.Module):
    """Dense layers with relu, a GRU from a zero carry if it remembers, dense layers, a readout.

    The GRU is flax's: r, z = sigmoid, n = tanh(W_n x + b_n + r (U_n h + c)), h' = (1 - z) n + z h,
    with its three gates side by side in one matrix and flax's initialisation of each.

    Attributes:
      hidden_size: H of every layer.
      num_outputs: of the readout; 0 for none: the last hidden layer is the output.
      num_layers: before the GRU.
      is_recurrent: whether there is a GRU.
      num_head_layers: with relu, behind the GRU.
      is_last_linear: whether the last layer before the GRU has no activation, as LOQA's critic.
      readout_scale: factor of the readout's initial weights.
    """

    hidden_size: int
    num_outputs: int
    num_layers: int = 1
    is_recurrent: bool = True
    num_head_layers: int = 0
    is_last_linear: bool = False
    readout_scale: float = 1.0

    @nn.compact
    def __call__(self, carry: Array, inputs: Array) -> tuple[Array, Array]:
        """Maps carry [H] and inputs [E] to the next carry [H] and the outputs."""
        hidden = inputs
        for layer in range(self.num_layers):
            hidden = nn.Dense(self.hidden_size)(hidden)
            if not (self.is_last_linear and layer == self.num_layers - 1):
                hidden = nn.relu(hidden)
        if self.is_recurrent:
            carry = hidden = self._gru(carry, hidden)
        for _ in range(self.num_head_layers):
            hidden = nn.relu(nn.Dense(self.hidden_size)(hidden))
        if not self.num_outputs:
            return carry, hidden
        scale = nn.initializers.variance_scaling(
            self.readout_scale**2, "fan_in", "truncated_normal"
        )
        return carry, nn.Dense(self.num_outputs, kernel_init=scale, name="readout")(hidden)

    def _gru(self, carry: Array, inputs: Array) -> Array:
        size = self.hidden_size
        kernel = self.param("recurrent_kernel", _three_orthogonal, (size, 3 * size))
        candidate_bias = self.param("candidate_bias", nn.initializers.zeros, (size,))
        from_inputs = jnp.split(nn.Dense(3 * size, name="input_gates")(inputs), 3)
        from_carry = jnp.split(carry @ kernel, 3)
        reset, update = (
            nn.sigmoid(x + h) for x, h in zip(from_inputs[:2], from_carry, strict=False)
        )
        candidate = nn.tanh(from_inputs[2] + reset * (from_carry[2] + candidate_bias))
        return (1 - update) * candidate + update * carry

    def first_carry(self) -> Array:
        """The memory before the first observation. Shape [H], or [0] without a GRU."""
        return jnp.zeros(self.hidden_size if self.is_recurrent else 0)


def unroll(tower: Tower, params: Any, inputs: Array) -> Array:
    """Runs a tower along an episode: inputs [T, E] to outputs [T, ...].

    With a GRU every step is computed again on the way back instead of being stored: on CPU memory
    traffic, not arithmetic, is what the gradient of a long batch of episodes costs.
    """
    if not tower.is_recurrent:
        return jax.vmap(lambda seen: tower.apply(params, tower.first_carry(), seen)[1])(inputs)

    @jax.checkpoint
    def step(carry: Array, seen: Array) -> tuple[Array, Array]:
        carry, outputs = tower.apply(params, carry, seen)
        return carry, outputs

    return lax.scan(step, tower.first_carry(), inputs)[1]


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
