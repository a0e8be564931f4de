"""The meta-value: what a player gets over all the learning to come, and the learner it makes.

    V(x) = (1 - gamma) f(x) + gamma V(x + alpha gbar V(x))                 (Bellman's equation)

Two forms of it are learned. In the V form the network is V. In the U form, the published one for
repeated games, it is the meta-value U of the next iterate, and the game itself stays exact in

    V(x) = (1 - gamma) f(x) + gamma U(x),    U(x) = V(x + alpha gbar V(x)).

gamma is a vector, one per player, and an input of the network: gamma_i = 0 is a naive learner.
"""

from functools import partial
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from meta_value import learners, networks
from meta_value.games import Objectives
from meta_value.learners import Field
from meta_value.networks import LogisticNetwork, MatrixNetwork, Params

Form = Literal["U", "V"]


class MetaValue(NamedTuple):
    """A learned meta-value.

    Attributes:
      network: maps policies and discounts to quantiles [P, Q].
      objectives: f of the game.
      form: what the network is, "V" or "U".
    """

    network: LogisticNetwork | MatrixNetwork
    objectives: Objectives
    form: Form

    def quantiles(self, params: Params, policies: Array, discounts: Array) -> Array:
        """The network's output at joint policies [..., P, D] and gammas [P]. Shape [..., P, Q]."""
        apply = partial(networks.apply, self.network)
        for _ in range(policies.ndim - 2):
            apply = jax.vmap(apply, (None, 0, None))
        return apply(params, policies, discounts)

    def values(self, params: Params, policies: Array, discounts: Array) -> Array:
        """V of both players at a joint policy [P, D]. Shape [P]."""
        outputs = jnp.mean(networks.apply(self.network, params, policies, discounts), axis=-1)
        if self.form == "V":
            return outputs
        return (1 - discounts) * self.objectives(policies) + discounts * outputs

    def field(self, params: Params, discounts: Array) -> Field:
        """Meta-value learners: each climbs its own V."""
        learned = self.output_field(params, discounts)
        if self.form == "V":
            return learned
        game = learners.own_gradients(self.objectives)
        gamma = discounts[:, None]
        return lambda policies: (1 - gamma) * game(policies) + gamma * learned(policies)

    def output_field(
        self, params: Params, discounts: Array, sign_flips: Array | None = None
    ) -> Field:
        """Learners that climb the network's own output, whatever its form.

        One backward pass serves both players: with the other's features frozen, the sum of both
        outputs has the own gradients as its gradient.
        """

        def total(policies: Array) -> Array:
            outputs = networks.apply(
                self.network, params, policies, discounts, sign_flips, freezes_others=True
            )
            return jnp.sum(jnp.mean(outputs, axis=-1))

        return jax.grad(total)

    def rewards(self, path: Array) -> Array:
        """Rewards of a path's steps: f where the step ends (U) or starts (V).

        Args:
          path: x_0 ... x_T. Shape [T + 1, P, D].

        Returns:
          Shape [T, P].
        """
        return jax.vmap(self.objectives)(path[1:] if self.form == "U" else path[:-1])


def arcsine_discounts(key: Array) -> Array:
    """Gamma of both players from Beta(1/2, 1/2), most often near 0 and 1; consumes the key. [P]."""
    return jnp.sin(0.5 * jnp.pi * jax.random.uniform(key, (2,))) ** 2
