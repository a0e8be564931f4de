"""A tournament of learners: two learn together from random policies, and what they get at the end.

Shapes: K pairings, N trials of each, P players, D parameters of a policy.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

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


def play(game: Game, pairings: Sequence[tuple[Learner, Learner]], starts: Array) -> Array:
    """Returns of final policies, in trials that start from the same random policies.

    All pairings go through one scan, which chooses their field by an index: each kind of learner is
    compiled once, whomever it meets.

    Args:
      game: the game.
      pairings: K learners in seat 0, each with one in seat 1.
      starts: shape [N, P, D].

    Returns:
      Shape [K, N, P].
    """
    kinds = list(dict.fromkeys((first.field, second.field) for first, second in pairings))
    fields = [learners.against(*kind) for kind in kinds]
    kind_of = jnp.array([kinds.index((first.field, second.field)) for first, second in pairings])
    step_sizes = jnp.stack(
        [jnp.stack([first.step_sizes[0], second.step_sizes[1]]) for first, second in pairings]
    )

    def trials(pairing: tuple[Array, Array, Array]) -> Array:
        kind, step_sizes, starts = pairing

        def trial(start: Array) -> Array:
            field = lambda policies: lax.switch(kind, fields, policies)  # noqa: E731
            last, _ = learners.ascend(field, start, NUM_STEPS, step_sizes)
            return game.objectives(last)

        return jax.vmap(trial)(starts)

    seated = jnp.stack([_seated(pair, starts) for pair in pairings])
    return lax.map(trials, (kind_of, step_sizes, seated))


def _seated(pair: tuple[Learner, Learner], starts: Array) -> Array:
    """Starts [N, P, D] with the initial policies of those learners that have their own."""
    for seat, learner in enumerate(pair):
        if learner.initial is not None:
            starts = starts.at[:, seat].set(learner.initial[seat])
    return starts


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
