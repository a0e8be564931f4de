"""State and functions of a training run of one seed, whatever is trained."""

from collections.abc import Callable
from typing import Any, NamedTuple

import optax
from jax import Array

Params = Any  # a tree of arrays
Metrics = dict[str, Array]


class TrainState(NamedTuple):
    """The whole state of a training run of one seed.

    Attributes:
      params: of the network or mixture.
      average: their moving average, which is evaluated.
      optimizer_state: Adam's.
      sampler_params: of the times' density.
      sampler_optimizer_state: Adam's, of the times' density.
      order: of a data set's points, by the seed: first those for training, then validation, then
        test. Shape [N]; N = 0 for a distribution.
      key: consumed by the next update.
      step: updates done.
    """

    params: Params
    average: Params
    optimizer_state: optax.OptState
    sampler_params: Params
    sampler_optimizer_state: optax.OptState
    order: Array
    key: Array
    step: Array


class Training(NamedTuple):
    """Functions of a training of one seed, and the parts that they are made of.

    Attributes:
      setup: of the model or mixture.
      init: consumes a key.
      update: state and number of updates since the last log point -> state and metrics.
      monitor: cheap, at every log point; consumes a key.
      evaluate: at the end; consumes a key.
    """

    setup: Any
    init: Callable[[Array], TrainState]
    update: Callable[[TrainState, Array], tuple[TrainState, Metrics]]
    monitor: Callable[[TrainState, Array], Metrics]
    evaluate: Callable[[TrainState, Array], Metrics]


class TrainedModel(NamedTuple):
    """The part of a diffusion model's training state that is measured; it has no random keys.

    Attributes:
      average: see `TrainState`.
      sampler_params: see `TrainState`.
      order: see `TrainState`.
    """

    average: Params
    sampler_params: Params
    order: Array


def trained_model(state: TrainState) -> TrainedModel:
    """Returns what is measured of a state."""
    return TrainedModel(state.average, state.sampler_params, state.order)
