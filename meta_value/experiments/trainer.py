"""What an experiment is handed to train with and to measure by."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from jax import Array

T = TypeVar("T")


class Trained(Protocol):
    """A finished training of S seeds.

    Attributes:
      params: of the learners that are evaluated; leading axis: seeds.
      metrics: of the last evaluation, a value per seed.
      log: lines of metrics with lists over seeds.
    """

    params: Any
    metrics: Mapping[str, list[float]]
    log: Sequence[Mapping[str, Any]]


class Trainer(Protocol):
    """Trains what an experiment needs, and lifts functions of one seed over all of its seeds."""

    seeds: Sequence[int]

    def train(self, config: Any, name: str = "") -> Trained:
        """Trains a setting under a name, once per call of the program."""

    def per_seed(self, function: Callable[[Any, Array], Any], params: Any) -> Any:
        """Applies a function of one seed's parameters and key to all seeds; [S, ...] in numpy.

        The function consumes its key, which is independent of those of training.
        """

    def once(self, what: Hashable, compute: Callable[[], T]) -> T:
        """Computes what several experiments need, once per call of the program and its seeds."""
