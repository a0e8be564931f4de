"""The aligned advantage: our past advantages times the other's present one, the paper's idea.

    A*_t = A^i_t + beta C_t sum_{j != i} A^j_t,  C_t = gamma sum_{k<t} gamma^(t-k) A^i_k  (Eq. 10)

put in place of the advantage of any policy gradient. To use it with a PPO of your own, call
`align_advantages` on the advantages of all players along one trajectory (`vmap` over the batch),
after they were normalised and before the surrogate is formed:

    advantages = normalize(generalized_advantages(...))           # [B, T, P], of every player
    aligned = jax.vmap(partial(align_advantages, beta=1.0, discount=0.96))(advantages)

Nothing else changes. The rewards and values of the others are needed while training only.

Shapes: T steps of a trajectory, P players. The functions of one player take [T].
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import chex
import jax
import jax.numpy as jnp
from jax import Array, lax


class Quadrants(NamedTuple):
    """Which products of signs are kept: our past advantages C_t, the others' present one.

    Names are those of the paper's sign analysis.
    """

    cooperative: bool = True  # + +: it went well for us, the action is good for them: more of it
    empathetic: bool = True  # + -: it went well for us, the action hurts them: less of it
    vengeful: bool = True  # - +: it went badly for us, the action is good for them: less of it
    spiteful: bool = True  # - -: it went badly for us, the action hurts them: more of it


ALL_QUADRANTS = Quadrants()


def past_sums(advantages: Array, decay: float) -> Array:
    """Sums the strict past: S_t = sum_{k<t} decay^(t-k) A_k, with S_0 = 0.

    Args:
      advantages: A_t of one player. Shape [T].
      decay: per step, in [0, 1].

    Returns:
      S_t. Shape [T].
    """
    chex.assert_rank(advantages, 1)

    def add(past: Array, advantage: Array) -> tuple[Array, Array]:
        return decay * (past + advantage), past

    return lax.scan(add, jnp.zeros((), advantages.dtype), advantages)[1]


def discounted(advantages: Array, discount: float) -> Array:
    """Eq. 10, the paper's headline: C_t = gamma sum_{k<t} gamma^(t-k) A_k. Shape [T]."""
    return discount * past_sums(advantages, discount)


def outer_discounted(advantages: Array, discount: float) -> Array:
    """The derivation with its outer discount kept: C_t = gamma^t sum_{k<t} A_k. Shape [T]."""
    return discount ** jnp.arange(len(advantages)) * past_sums(advantages, 1.0)


def damped_mean(advantages: Array, discount: float) -> Array:
    """The appendix's regularisation, Eq. 59: C_t = 1 / (1 + t) sum_{k<t} A_k. Shape [T]."""
    del discount
    return past_sums(advantages, 1.0) / (1 + jnp.arange(len(advantages)))


def mean(advantages: Array, discount: float) -> Array:
    """What the released code computes: C_t = 1 / t sum_{k<t} A_k. Shape [T]."""
    del discount
    return past_sums(advantages, 1.0) / jnp.maximum(jnp.arange(len(advantages)), 1)


def dice(advantages: Array, discount: float, *, reach: float = 0.9) -> Array:
    """The Coin Game's code: C_t = gamma sum_{k<t} (reach gamma)^(t-k-1) A_k. Shape [T].

    It is the gradient of LOQA's loaded DiCE with the softmax's normaliser held constant.
    """
    return past_sums(advantages, reach * discount) / reach


WEIGHTINGS: Mapping[str, Callable[[Array, float], Array]] = {
    "discounted": discounted,
    "outer_discounted": outer_discounted,
    "damped_mean": damped_mean,
    "mean": mean,
    "dice": dice,
}


def align_advantages(
    advantages: Array,
    others: Array | None = None,
    *,
    beta: float,
    discount: float,
    weighting: str = "discounted",
    quadrants: Quadrants = ALL_QUADRANTS,
    past_factors: Array | None = None,
) -> Array:
    """Aligns the advantages of all players along one trajectory, Eqs. 10 and 68.

    A*^i_t = A^i_t + beta C^i_t sum_{j != i} A^j_t. The first step is never shaped: C_0 = 0.
    Everything is held constant: no gradient flows into the advantages.

    Args:
      advantages: A^i_t of every player, normalised by the caller if at all. Shape [T, P].
      others: estimates of the same that stand for the others' present advantages, if they are
        other ones than those whose past is summed. Shape [T, P].
      beta: weight of the alignment; 0 leaves the policy gradient.
      discount: gamma, per step.
      weighting: name of C in `WEIGHTINGS`.
      quadrants: which products of signs are kept.
      past_factors: LOQA weighs the past step k by 1 - pi_hat(b_k | s_k). Shape [T, P].

    Returns:
      A*^i_t. Shape [T, P].
    """
    chex.assert_rank(advantages, 2)
    others = advantages if others is None else others
    past = advantages if past_factors is None else past_factors * advantages
    chex.assert_equal_shape([advantages, others, past])
    weigh = WEIGHTINGS[weighting]
    weights = jax.vmap(lambda own: weigh(own, discount), 1, 1)(past)  # C, [T, P]
    present = jnp.sum(others, axis=1, keepdims=True) - others  # [T, P], of all but oneself
    kept = keeps(weights, present, quadrants)
    aligned = advantages + beta * weights * present * kept
    return lax.stop_gradient(aligned)


def keeps(weights: Array, present: Array, quadrants: Quadrants) -> Array:
    """Whether the quadrant of each product is kept; a factor of zero is in none. Shape as given."""
    is_well, is_good = weights > 0, present > 0
    return (
        (is_well & is_good & quadrants.cooperative)
        | (is_well & ~is_good & quadrants.empathetic)
        | (~is_well & is_good & quadrants.vengeful)
        | (~is_well & ~is_good & quadrants.spiteful)
    )


def td_errors(rewards: Array, values: Array, discount: float) -> Array:
    """One-step advantage: A_t = r_t + gamma V_{t+1} - V_t.

    Args:
      rewards: r_t. Shape [T].
      values: V_t for t = 0..T. Shape [T + 1].
      discount: gamma, per step.

    Returns:
      A_t. Shape [T].
    """
    chex.assert_shape(values, (rewards.shape[0] + 1,))
    return rewards + discount * values[1:] - values[:-1]


def discounted_sums(values: Array, discount: float) -> Array:
    """Sums everything from t on: y_t = x_t + discount y_{t+1}. Shape [T]."""
    chex.assert_rank(values, 1)

    def add(later: Array, value: Array) -> tuple[Array, Array]:
        total = value + discount * later
        return total, total

    return lax.scan(add, jnp.zeros((), values.dtype), values, reverse=True)[1]


def generalized_advantages(
    rewards: Array, values: Array, discount: float, gae_decay: float
) -> Array:
    """Generalised advantages (Schulman et al. 2016): A_t = delta_t + gamma lambda A_{t+1}.

    Args:
      rewards: r_t. Shape [T].
      values: V_t for t = 0..T. Shape [T + 1].
      discount: gamma, per step.
      gae_decay: lambda, per step; 0 is `td_errors`.

    Returns:
      A_t. Shape [T].
    """
    return discounted_sums(td_errors(rewards, values, discount), discount * gae_decay)


def return_advantages(rewards: Array, values: Array, discount: float) -> Array:
    """Monte Carlo advantage: A_t = sum_{k>=t} gamma^(k-t) r_k - V_t, truncated at T. Shape [T]."""
    chex.assert_shape(values, (rewards.shape[0] + 1,))
    return discounted_sums(rewards, discount) - values[:-1]


def normalize(advantages: Array) -> Array:
    """Gives all entries together mean zero and deviation one: over batch, time and players."""
    return (advantages - jnp.mean(advantages)) / (jnp.std(advantages) + 1e-8)
