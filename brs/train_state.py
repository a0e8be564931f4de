"""State and functions of a training run of one seed, whatever is trained."""

from collections.abc import Callable
from typing import Any, NamedTuple

from jax import Array

Params = Any  # a tree of arrays
Metrics = dict[str, Array]


class TrainState(NamedTuple):
    """The whole state of a training run of one seed.

    Attributes:
      params: of the agent and, where it is learned, of the detective.
      optimizer_states: one for each of the updates that the method has.
      buffer: past agents; empty where there is no buffer.
      key: consumed by the next update.
      step: updates done.
    """

    params: Params
    optimizer_states: Any
    buffer: Params
    key: Array
    step: Array


class Training(NamedTuple):
    """Functions of a training run of one seed."""

    init: Callable[[Array], TrainState]  # consumes the key
    update: Callable[[TrainState], tuple[TrainState, Metrics]]
    evaluate: Callable[[TrainState, Array], Metrics]  # consumes the key
    learner: Callable[[TrainState], Params]  # parameters of the agent
