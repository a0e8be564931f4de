"""The network of the variational field: an MLP on the ambient point and the time.

No time embedding and no skip connections, as published; layers start as PyTorch's do.
"""

import math
from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import Array

Params = Any  # a tree of arrays
ACTIVATIONS: dict[str, Callable[[Array], Array]] = {"sin": jnp.sin, "swish": nn.swish}
SMALLEST_SCALE = 1e-3


class VectorField(nn.Module):
    """Field a(y, s): ambient point [E] and time [] to an ambient vector [E].

    Attributes:
      hidden_sizes: units of the hidden layers.
      activation: name of the nonlinearity.
      first_frequency: factor on what the first nonlinearity sees.
      normalises_input: whether inputs are shifted and scaled first, by learned numbers that
        `input_statistics` initialises.
    """

    hidden_sizes: tuple[int, ...]
    activation: str = "sin"
    first_frequency: float = 1.0
    normalises_input: bool = False

    @nn.compact
    def __call__(self, point: Array, time: Array) -> Array:
        """Returns a(y, s); its normal part is free, and never used."""
        hidden = jnp.append(point, time)
        if self.normalises_input:
            shape = hidden.shape
            shift = self.param("shift", nn.initializers.zeros, shape)
            log_scale = self.param("log_scale", nn.initializers.zeros, shape)
            hidden = (hidden + shift) * (jnp.exp(log_scale) + SMALLEST_SCALE)
        nonlinearity = ACTIVATIONS[self.activation]
        for index, size in enumerate(self.hidden_sizes):
            hidden = _dense(size, len(hidden))(hidden)
            hidden = nonlinearity(hidden * self.first_frequency if index == 0 else hidden)
        return _dense(len(point), len(hidden))(hidden)


def _dense(size: int, fan_in: int) -> nn.Dense:
    """A layer whose weights and biases start uniform in +-1 / sqrt(fan in)."""
    bound = 1 / math.sqrt(fan_in)

    def uniform(key: Array, shape: Any, dtype: Any = jnp.float32) -> Array:
        return jax.random.uniform(key, shape, dtype, -bound, bound)

    return nn.Dense(size, kernel_init=uniform, bias_init=uniform)


def with_input_statistics(params: Params, inputs: Array) -> Params:
    """Sets shift and scale so that a batch of inputs [B, E + 1] gets mean 0 and deviation 1."""
    deviation = jnp.maximum(jnp.std(inputs, axis=0), 1e-6)
    inner = {**params["params"], "shift": -jnp.mean(inputs, axis=0)}
    inner["log_scale"] = jnp.log(jnp.maximum(1 / deviation - SMALLEST_SCALE, SMALLEST_SCALE))
    return {"params": inner}
