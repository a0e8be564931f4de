"""A tournament of learners: two learn together from random policies, and what they get at the end.

Shapes: N trials of a pairing, P players, D parameters of a policy.
"""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from meta_value import learners
from meta_value.games import Game
from meta_value.learners import Field

NUM_STEPS = 300  # simultaneous updates, as published


class Learner(NamedTuple):
    """One kind of learner, able to sit in either seat.

    Attributes:
      field: what each player does if it is of this kind.
      step_sizes: its step in each seat; learned ones of M-MAML. Shape [P, 1].
      initial: its initial policy in each seat, M-MAML's, [P, D]; None: random ones.
    """

    field: Field
    step_sizes: Array
    initial: Array | None = None


def play(game: Game, first: Learner, second: Learner, starts: Array) -> Array:
    """Returns of final policies, of trials that start from the given random policies.

    Args:
      game: the game.
      first: in seat 0.
      second: in seat 1.
      starts: shape [N, P, D].

    Returns:
      Shape [N, P].
    """
    for seat, learner in enumerate((first, second)):
        if learner.initial is not None:
            starts = starts.at[:, seat].set(learner.initial[seat])
    field = learners.against(first.field, second.field)
    step_sizes = jnp.stack([first.step_sizes[0], second.step_sizes[1]])

    def trial(start: Array) -> Array:
        last, _ = learners.ascend(field, start, NUM_STEPS, step_sizes)
        return game.objectives(last)

    return jax.vmap(trial)(starts)


def untrained_learners(game: Game) -> dict[str, Learner]:
    """Naive learners and LOLA."""
    step_sizes = jnp.full((2, 1), game.step_size)
    fields: Mapping[str, Field] = {
        "naive": learners.naive(game.objectives),
        "lola": learners.lola(game.objectives, game.step_size),
    }
    return {name: Learner(field, step_sizes) for name, field in fields.items()}


def summaries(first: str, second: str, returns: Array) -> dict[str, Array]:
    """What a pairing's returns [N, P] amount to: mean, median and standard error over trials.

    Names are FIRST_vs_SECOND for what the first gets, and the other way round.
    """
    found = {}
    for seat, name in ((0, f"{first}_vs_{second}"), (1, f"{second}_vs_{first}")):
        if first == second and seat == 1:
            name = f"{second}_vs_{first}_second_seat"
        values = returns[:, seat]
        found[name] = jnp.mean(values)
        found[f"{name}_median"] = jnp.median(values)
        found[f"{name}_standard_error"] = jnp.std(values) / jnp.sqrt(len(values))
    return found
