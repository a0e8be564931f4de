"""What a finished training leaves to those who measure it."""

from pathlib import Path
from typing import Any, NamedTuple


class TrainingResult(NamedTuple):
    """A finished training of S seeds, in memory; the rest is in its folder.

    Attributes:
      states: training states, one per seed.
      metrics: of the last evaluation, a value per seed.
      log: lines of metrics.jsonl, {"step", metric: a value per seed}.
      origin: provenance of the run's first start.
      seconds_per_update: of the processor, for one seed; 0 if no update was left to do.
      path: the run folder.
    """

    states: list[Any]
    metrics: dict[str, list[float]]
    log: list[dict[str, Any]]
    origin: dict[str, Any]
    seconds_per_update: float
    path: Path
