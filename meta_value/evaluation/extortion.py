"""What a learner's policies force on opponents: the line along which both players' payoffs lie.

Payoffs of a memory-one policy against all others fill a polygon; those of an extortionate one lie
on a line along which every gain of the opponent is a larger gain of its own.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from meta_value.meta_game import Setup, learn
from meta_value.networks import Params

LARGEST_LOGIT = 5.0  # of random opponents


def payoffs_while_learning(
    setup: Setup,
    params: Params,
    key: Array,
    *,
    discount: float,
    times: tuple[int, ...],
    num_opponents: int,
) -> dict[str, Array]:
    """Payoffs of MeVa's policy at some times of its learning; consumes the key.

    Args:
      setup: of the training, which decides who learns along with it.
      params: of the network of one seed.
      key: of the start and of the random opponents.
      discount: gamma of the meta-value learner.
      times: steps of learning after which its policy is looked at.
      num_opponents: N random memory-one opponents, the same at all times.

    Returns:
      `random`: against random opponents, [time, N, P]. `pair`: against the player that it learns
      with, [time, P].
    """
    start_key, opponent_key = jax.random.split(key)
    field = setup.meta_value.field(params, jnp.full(2, discount))
    last, earlier = learn(setup, field, setup.game.draw(start_key), max(times))
    path = jnp.concatenate([earlier, last[None]])[jnp.array(times)]  # [time, P, D]
    shape = (num_opponents, path.shape[-1])
    opponents = jax.random.uniform(opponent_key, shape, minval=-LARGEST_LOGIT, maxval=LARGEST_LOGIT)

    def against_random(policies: Array) -> Array:
        return jax.vmap(lambda other: setup.game.objectives(policies.at[1].set(other)))(opponents)

    return {
        "random": jax.vmap(against_random)(path),
        "pair": jax.vmap(setup.game.objectives)(path),
    }


def line_of_payoffs(payoffs: np.ndarray) -> tuple[float, float]:
    """Angle of the line along which payoffs lie, and the share of their variance along it.

    The line is the first principal axis; its angle, from 0 to 180 degrees, is that with the axis of
    the second player's payoff. At 45 degrees both gain alike, at 90 only the first does, beyond the
    second loses. Unlike the slope it is continuous where the line is vertical.

    Args:
      payoffs: of both players against N opponents. Shape [N, P].
    """
    eigenvalues, eigenvectors = np.linalg.eigh(np.cov(payoffs.T))
    own, others = eigenvectors[:, -1]
    angle = np.degrees(np.arctan2(own, others)) % 180
    return float(angle), float(eigenvalues[-1] / np.sum(eigenvalues))
