"""State and functions of a training of one seed, whatever is trained."""

from collections.abc import Callable
from typing import NamedTuple

import optax
from jax import Array

from meta_value.networks import Params

Metrics = dict[str, Array]


class TrainState(NamedTuple):
    """The whole state of a training of one seed.

    Attributes:
      params: of the network; with noisy parameters their means and log standard deviations.
      target_params: of the network that is evaluated, and that targets may bootstrap from.
      optimizer_state: Adam's.
      key: consumed by the next update.
      step: updates done.
    """

    params: Params
    target_params: Params
    optimizer_state: optax.OptState
    key: Array
    step: Array


class Training(NamedTuple):
    """The functions of a training of one seed.

    Attributes:
      init: key -> initial state; consumes the key.
      update: state -> state after one update, and the update's metrics.
      evaluate: state and key -> metrics; consumes the key.
      evaluated_params: state -> parameters of the learners that are evaluated.
    """

    init: Callable[[Array], TrainState]
    update: Callable[[TrainState], tuple[TrainState, Metrics]]
    evaluate: Callable[[TrainState, Array], Metrics]
    evaluated_params: Callable[[TrainState], Params]
