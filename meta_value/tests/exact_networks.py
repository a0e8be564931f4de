"""Networks without weights that hold an exact meta-value, to be used like learned ones.

In quadratic games V_i(x) = x' A_i x / 2 with A a function of the gammas (`quadratic_meta_value`).
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import Array, lax

from meta_value.evaluation.exact_meta_value import quadratic_meta_value
from meta_value.games import Forms
from meta_value.meta_value import Form

NUM_QUANTILES = 3


class ExactNetwork(NamedTuple):
    """V of a quadratic game, or U(x) = V(x + alpha gbar V(x)); every quantile is the value."""

    forms: Forms
    step_size: float
    form: Form

    def apply(
        self,
        params: Any,
        policies: Array,
        discounts: Array,
        sign_flips: None = None,
        freezes_others: bool = False,
    ) -> Array:
        """As of a network: policies [P, 1], gammas [P] to quantiles [P, Q]."""
        del params, sign_flips
        values = quadratic_meta_value(jnp.array(self.forms), discounts, self.step_size)
        rows = []
        for player in (0, 1):
            x = policies[:, 0]
            if freezes_others:
                x = lax.stop_gradient(x).at[player].set(x[player])
            if self.form == "U":
                x = x + self.step_size * jnp.stack([values[i, i] @ x for i in (0, 1)])
            rows.append(jnp.full(NUM_QUANTILES, 0.5 * x @ values[player] @ x))
        return jnp.stack(rows)
