"""Networks of the meta-value, one for the Logistic Game and one for repeated games.

Both are equivariant: the same weights serve both players, and player i's output is computed from
its own features with those of the other beside them. Where the game or the learners are not
symmetric, that would make both players' values the same function: marks then tell them apart.
Shapes: P = 2 players, D parameters of a
policy, H hidden units, Q quantiles.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array, lax

Params = Any


@partial(jax.jit, static_argnames=("network", "freezes_others"))
def apply(
    network: "LogisticNetwork | MatrixNetwork",
    params: Params,
    policies: Array,
    conditions: Array,
    sign_flips: Array | None = None,
    freezes_others: bool = False,
) -> Array:
    """The outputs of a network, [P, Q]: see `LogisticNetwork`.

    Whatever is built around networks, Python runs through one of them once per shape.
    """
    return network.apply(params, policies, conditions, sign_flips, freezes_others)


class LogisticNetwork(nn.Module):
    """Meta-value of the Logistic Game; also COLA's gradient, with Q = 1.

    Attributes:
      hidden_size: H.
      num_outputs: Q.
      tells_players_apart: whether a learned scale and offset of the features differ by player, as
        is needed where the game or the learners do.
    """

    hidden_size: int
    num_outputs: int
    tells_players_apart: bool = False

    @nn.compact
    def __call__(
        self,
        policies: Array,
        conditions: Array,
        sign_flips: Array | None = None,
        freezes_others: bool = False,
    ) -> Array:
        """Maps both policies to outputs of both players.

        Args:
          policies: x. Shape [P, 1].
          conditions: gamma of each player (COLA: its look-ahead). Shape [P].
          sign_flips: 1 or -1 for every unit of the last layer; None for none. Shape [P, H].
          freezes_others: whether output i is a function of x_i alone, the other's features being
            constants: its gradient is then that of a player's own parameters.

        Returns:
          Outputs. Shape [P, Q].
        """
        size = self.hidden_size
        inputs = jnp.concatenate([policies / 10, conditions[:, None]], axis=1)
        own = nn.gelu(nn.Dense(size)(inputs))
        own = nn.gelu(nn.Dense(size)(GatedResidual()(own)))
        if self.tells_players_apart:
            own = PlayerMarks(offset_spread=0.3)(own)
        hidden = nn.gelu(nn.Dense(size)(_with_others(own, freezes_others)))
        hidden = nn.tanh(nn.Dense(size)(GatedResidual()(hidden)))
        return nn.Dense(self.num_outputs)(_flipped(hidden, sign_flips))


class MatrixNetwork(nn.Module):
    """Meta-value of repeated games between memory-one policies.

    Attributes:
      hidden_size: H.
      num_outputs: Q.
      tells_players_apart: see `LogisticNetwork`.
    """

    hidden_size: int
    num_outputs: int
    tells_players_apart: bool = False

    @nn.compact
    def __call__(
        self,
        policies: Array,
        conditions: Array,
        sign_flips: Array | None = None,
        freezes_others: bool = False,
    ) -> Array:
        """Maps both policies, logits of shape [P, D], to outputs [P, Q]: see `LogisticNetwork`."""
        size = self.hidden_size
        own = NormalisedDense(size)(nn.gelu(nn.Dense(size)(nn.sigmoid(policies))))
        discounting = nn.gelu(nn.Dense(size)(conditions[:, None]))
        features = jnp.concatenate([nn.gelu(own), discounting], axis=1)  # [P, 2 H]
        if self.tells_players_apart:
            features = PlayerMarks()(features)
        features = nn.gelu(NormalisedDense(size)(features))
        hidden = nn.gelu(NormalisedDense(size)(_with_others(features, freezes_others)))
        hidden = nn.tanh(NormalisedDense(size)(hidden))
        return nn.Dense(self.num_outputs)(_flipped(hidden, sign_flips))


class PlayerMarks(nn.Module):
    """A learned scale and offset of every feature of each player.

    Attributes:
      offset_spread: standard deviation of the initial offsets. As published it is 0: the network is
        symmetric at first, in a zero-sum game a saddle point that some seeds leave late.
    """

    offset_spread: float = 0.0

    @nn.compact
    def __call__(self, features: Array) -> Array:
        """Maps [P, H] to [P, H]."""
        scale = self.param("scale", nn.initializers.ones, features.shape)
        initial = nn.initializers.normal(self.offset_spread)
        return features * scale + self.param("offset", initial, features.shape)


class GatedResidual(nn.Module):
    """g x + (1 - g) W2 gelu(W1 x), with a learned gate g per unit that starts at one half."""

    @nn.compact
    def __call__(self, inputs: Array) -> Array:
        """Maps [P, H] to [P, H]."""
        size = inputs.shape[-1]
        branch = nn.Dense(size)(nn.gelu(nn.Dense(size)(inputs)))
        gate = nn.sigmoid(self.param("gate", nn.initializers.zeros, (1, size)))
        return gate * inputs + (1 - gate) * branch


class NormalisedDense(nn.Module):
    """An orthogonal matrix without offset, then layer normalisation.

    Attributes:
      size: number of outputs, at most that of the inputs.
    """

    size: int

    @nn.compact
    def __call__(self, inputs: Array) -> Array:
        """Maps [P, N] to [P, size]."""
        shape = (inputs.shape[-1], self.size)
        return nn.LayerNorm()(inputs @ self.param("kernel", orthogonal_columns, shape))


def orthogonal_columns(key: Array, shape: tuple[int, int]) -> Array:
    """A random matrix whose columns are orthonormal; consumes the key.

    Gram-Schmidt on Gaussian columns, each done twice for accuracy. Not LAPACK's QR: of that,
    several calls at a time can wait for each other for ever on CPU.
    """
    num_rows, num_columns = shape
    if num_columns > num_rows:
        raise ValueError(f"{num_columns} columns of {num_rows} entries cannot be orthogonal")

    def orthogonalise(index: Array, columns: Array) -> Array:
        is_before = (jnp.arange(num_columns) < index)[:, None]
        before, candidate = jnp.where(is_before, columns, 0.0), columns[index]
        for _ in range(2):
            candidate = candidate - (before @ candidate) @ before
        return columns.at[index].set(candidate / jnp.linalg.norm(candidate))

    gaussian = jax.random.normal(key, (num_columns, num_rows))
    return lax.fori_loop(0, num_columns, orthogonalise, gaussian).T


def _with_others(features: Array, freezes_others: bool) -> Array:
    """Puts the other player's features [P, H] beside each player's own. Shape [P, 2 H]."""
    others = features[::-1]
    return jnp.concatenate(
        [features, lax.stop_gradient(others) if freezes_others else others], axis=1
    )


def _flipped(hidden: Array, sign_flips: Array | None) -> Array:
    return hidden if sign_flips is None else hidden * sign_flips
